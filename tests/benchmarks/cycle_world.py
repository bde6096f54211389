"""Centres with a year each for `make bench name=cycle`: facts as pages of the feeds, and panels.

Facts stand ready as the bytes that the registry and the ledger would send, page by page; what
making them costs those services is not measured here. Everything else is a row of a real database.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import httpx
from sqlalchemy import update
from sqlmodel import col

from evaluation.cycles.clients import PAGE
from evaluation.cycles.rules import CycleKind, CycleState
from evaluation.cycles.tables import EvaluationCase, EvaluationCycle
from evaluation.duties.rules import SubjectType
from evaluation.experts.rules import ExpertField
from evaluation.experts.tables import Expert
from evaluation.panels.tables import Panel, PanelSeat
from evaluation.reports.rules import ReportState
from evaluation.reports.tables import AnnualReport
from evaluation.sheets.rules import State
from evaluation.sheets.tables import ScoreItem, ScoreSheet
from shared.client import ServiceClient
from shared.database import Database, new_id
from shared.directory import DirectoryCenter, DirectoryOrganization, DirectoryPolicy
from shared.settings import Settings
from tests.evaluation.results import vector
from tests.evaluation.results.year import ACCOUNTS
from tests.evaluation.reviewing import CLAUSES, EXPERTS, PARAMETERS, SEVEN

NOW: Final = datetime(2028, 2, 1, tzinfo=UTC)
WEIGHTS: Final = {code: str(weight) for code, weight in vector.PROFILES["default"].items()}
LEDGER: Final = frozenset({"asset", "contribution", "tech_contract"})


def facts_of(center: int, count: int) -> Iterator[dict[str, Any]]:
    """Make a centre's year: the vector's records in proportion, each with figures of its own."""
    chance = random.Random(center)
    shapes = [*vector.registry_facts(), *vector.ledger_facts()]
    for number in range(count):
        one = json.loads(json.dumps(chance.choice(shapes)))
        day = f"2027-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
        one |= {"id": f"{center:06x}{number:010x}", "occurred_on": day}
        payload = one["payload"]
        if "client_uscc" in payload:
            payload["client_uscc"] = f"9131{chance.randint(0, 400):04d}"
        if "registration_no" in payload:
            payload["registration_no"] = f"2731{center:06d}{number:06d}"
        if "amount" in payload:
            payload["amount"] = vector.money(chance.randint(1_000, 90_000))
        for name in ("granted_on", "filed_on", "signed_on", "registered_on"):
            if payload.get(name):
                payload[name] = day
        yield one


def _pages(facts: Sequence[dict[str, Any]]) -> list[bytes]:
    """Give the bodies of a feed's pages; the cursor is the next page's number."""
    bodies = []
    for at in range(0, max(len(facts), 1), PAGE):
        more = str(at // PAGE + 1) if at + PAGE < len(facts) else None
        body = {"items": facts[at : at + PAGE], "next_cursor": more}
        bodies.append(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
    return bodies


@dataclass(slots=True)
class Neighbours:
    """The registry, the ledger and the gateway, as far as a cycle asks them."""

    pages: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)

    def client(self) -> ServiceClient:
        """Give the product's own client, without a network between."""
        return ServiceClient(
            Settings(client_id="evaluation", client_secret="x"),
            httpx.MockTransport(self._answer),
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path, asked = request.url.path, request.url.params
        if path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        if path.endswith("/events"):
            return httpx.Response(200, json={"items": [], "last_position": 41})
        if path.endswith("/plan-targets"):
            return httpx.Response(200, json=_plan())
        pages = self.pages[path.split("/")[2], asked["center_id"]]
        body = pages[int(asked.get("cursor", "0"))]
        return httpx.Response(200, content=body, headers={"content-type": "application/json"})


def _plan() -> dict[str, Any]:
    targets = [
        {"part": 1, "metric_code": code, "unit": unit, "year": 2027, "value": value}
        for code, unit, value in vector.TARGETS
    ]
    return {"plan_version": 1, "filed_at": "2027-01-01T00:00:00Z", "targets": targets}


async def peopled(database: Database) -> dict[str, Expert]:
    """Put the policy in force, and seven experts into the pool."""
    parameters = {
        **PARAMETERS, "A128": {"due_month": 3, "due_day": 31, "grace_days": 30},
    }  # fmt: skip
    async with database.sessions.begin() as session:
        session.add(
            DirectoryPolicy(
                version="2026.1", effective_from=date(2016, 1, 1), parameters=parameters,
                clauses={**CLAUSES, "A128": "四(四)"},
            )
        )  # fmt: skip
    return await experts_in(database)


async def experts_in(database: Database) -> dict[str, Expert]:
    """Put seven experts into the pool."""
    experts = {
        code: Expert(
            person_id=new_id(), field=ExpertField(EXPERTS[code][0]), title="教授",
            registered_at=NOW,
        )
        for code in SEVEN
    }  # fmt: skip
    async with database.sessions.begin() as session:
        session.add_all(experts.values())
    return experts


async def cycle_of(
    database: Database,
    neighbours: Neighbours,
    experts: dict[str, Expert],
    centers: int,
    facts: int,
) -> tuple[EvaluationCycle, list[EvaluationCase]]:
    """Make a cycle whose cases have a report, a panel and seven sheets that are in."""
    cycle = EvaluationCycle(
        kind=CycleKind.ANNUAL_EVALUATION, year=2027, scheme_id=UUID(vector.DATA["scheme"]["id"]),
        weight_profile="default", period_from=date(2027, 1, 1), period_until=date(2027, 12, 31),
        due_on=date(2028, 3, 31), grace_days=30, min_months_listed=12, state=CycleState.OPEN,
        created_at=NOW, opened_at=NOW,
    )  # fmt: skip
    owner = new_id()
    async with database.sessions.begin() as session:
        session.add(cycle)
        session.add(
            DirectoryOrganization(
                id=owner, uscc=f"9131{owner.hex[-14:].upper()}", name="单位", position=1,
                org_type="enterprise", legal_person_kind="independent", region_code="310115",
                is_sme=False,
            )
        )  # fmt: skip
        await session.flush()
        cases = [_case(cycle) for _ in range(centers)]
        session.add_all(cases)
        session.add_all(_center(case, owner) for case in cases)
        await session.flush()
        session.add_all(_report(case) for case in cases)
        panels = [_panel(case) for case in cases]
        session.add_all(panels)
        await session.flush()
        seats = [_seat(panel, one) for panel in panels for one in experts.values()]
        session.add_all(seats)
        await session.flush()
        session.add_all(
            ScoreSheet(id=seat.id, state=State.DRAFTING, conflict=False, declared_at=NOW)
            for seat in seats
        )
        await session.flush()
        session.add_all(
            ScoreItem(sheet_id=seat.id, indicator=leaf, score=Decimal(given[at % len(SEVEN)]))
            for at, seat in enumerate(seats)
            for leaf, given in vector.SCORES.items()
        )
        await session.flush()
        await session.execute(
            update(ScoreSheet)
            .where(col(ScoreSheet.state) == State.DRAFTING)
            .values(state=State.SUBMITTED, submitted_at=NOW)
        )
    for at, case in enumerate(cases):
        told = list(facts_of(at, facts))
        center = str(case.center_id)
        neighbours.pages["registry", center] = _pages(
            [one for one in told if one["kind"] not in LEDGER]
        )
        neighbours.pages["ip-ledger", center] = _pages(
            [one for one in told if one["kind"] in LEDGER]
        )
    return cycle, cases


def _case(cycle: EvaluationCycle) -> EvaluationCase:
    return EvaluationCase(
        cycle_id=cycle.id, center_id=new_id(), kind=cycle.kind, year=cycle.year,
        scheme_id=cycle.scheme_id, profile="default", weights=WEIGHTS, created_at=NOW,
    )  # fmt: skip


def _center(case: EvaluationCase, owner: UUID) -> DirectoryCenter:
    return DirectoryCenter(
        id=case.center_id, name="中心", stage="pilot", model_type="enterprise",
        applicant_form="legal_entity", legal_entity_id=owner, lead_sponsor_id=owner, position=1,
        listed_on=date(2026, 1, 1),
    )  # fmt: skip


def _report(case: EvaluationCase) -> AnnualReport:
    accounts: Any = ACCOUNTS
    return AnnualReport(
        case_id=case.id, center_id=case.center_id, state=ReportState.SUBMITTED,
        rd_cost_fen=accounts["rd_cost"]["amount"], total_cost_fen=accounts["total_cost"]["amount"],
        income_fen=accounts["income"]["amount"], rd_staff=46, staff=100,
        narrative={"summary": "全年"}, first_submitted_on=date(2028, 1, 31), submitted_at=NOW,
        updated_at=NOW,
    )  # fmt: skip


def _panel(case: EvaluationCase) -> Panel:
    return Panel(
        subject_type=SubjectType.CASE, subject_id=case.id, round=1, center_id=case.center_id,
        indicators=sorted(vector.SCORES), formed_on=NOW.date(), until_on=NOW.date(),
        formed_at=NOW,
    )  # fmt: skip


def _seat(panel: Panel, expert: Expert) -> PanelSeat:
    return PanelSeat(
        panel_id=panel.id, expert_id=expert.id, person_id=expert.person_id, field=expert.field,
        seated_at=NOW,
    )  # fmt: skip
