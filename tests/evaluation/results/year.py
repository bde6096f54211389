"""A centre's year in this process: a listed centre, its facts as neighbours tell them, a case."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.duties.rules import Capacity, SubjectType
from evaluation.duties.tables import CaseDuty
from evaluation.experts.rules import ExpertField
from evaluation.experts.tables import Expert
from evaluation.sheets.rules import State
from evaluation.sheets.tables import ScoreItem, ScoreSheet
from shared.directory import DirectoryCenter, DirectoryPolicy
from tests.evaluation.results import vector
from tests.evaluation.reviewing import CLAUSES, EXPERTS, PARAMETERS, SEVEN, Reviewing
from tests.fixtures.walks import walked

IN_TIME: Final = "2028-01-10T02:00:00+00:00"
SCHEME_ID: Final = vector.DATA["scheme"]["id"]
CASES: Final = "/v1/evaluation/cases"
ACCOUNTS: Final = {
    "rd_cost": {"amount": 340_000, "currency": "CNY"},
    "total_cost": {"amount": 1_000_000, "currency": "CNY"},
    "rd_staff": 46,
    "staff": 100,
    "income": {"amount": 1_200_000, "currency": "CNY"},
}


@dataclass(repr=False)
class _Teller:
    """Answers for a service's facts page by page, as a feed does."""

    year: "JudgedYear"
    service: str

    def __call__(self, request: httpx.Request) -> dict[str, Any]:
        assert request.url.params["center_id"] == str(self.year.center_id)
        self.year.questions.append(dict(request.url.params))
        facts = self.year.facts[self.service]
        at = int(request.url.params.get("cursor", "0"))
        more = str(at + 60) if at + 60 < len(facts) else None
        return {"items": facts[at : at + 60], "next_cursor": more}

    def __repr__(self) -> str:
        """Write out what it tells: by this a walk knows whether it was led among the same."""
        return repr(self.year.facts[self.service])


@dataclass
class JudgedYear(Reviewing):
    """Adds a listed centre and neighbours that tell vector C7-1 of its year 2027."""

    case_id: str = ""
    cycle_id: str = ""
    facts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    questions: list[dict[str, str]] = field(default_factory=list)

    def fields(self) -> dict[str, Any]:
        """Name what a copy of this year takes over."""
        names = ("case_id", "cycle_id", "questions")
        return {name: getattr(self, name) for name in names}

    async def prepare(self) -> None:
        """Begin with an empty database: fill it, and let the neighbours tell."""
        await self.entered()
        self.service.set_clock(IN_TIME)
        self.facts = {
            "registry": list(vector.registry_facts()),
            "ip-ledger": list(vector.ledger_facts()),
        }
        answers = self.service.neighbours.answers
        for service in ("registry", "ip-ledger"):
            answers[f"GET /v1/{service}/events"] = {"items": [], "last_position": 41}
            answers[f"GET /v1/{service}/facts"] = _Teller(self, service)
        self.tell_plan(vector.TARGETS)
        self.known = await self.walks.known(self.service, "a year")

    async def entered(self) -> None:
        """Fill the directory and the pool, and list the centre."""
        async with self.service.sessions.begin() as session:
            session.add_all(self._directory())
            session.add_all(self._pool())
            await session.flush()
            center = await session.get_one(DirectoryCenter, self.center_id)
            center.listed_on, center.stage, center.code = date(2026, 3, 10), "pilot", "C11"
            policy = await session.get_one(DirectoryPolicy, "2026.1")
            policy.parameters = {
                **PARAMETERS,
                "A124": {"min_months_listed": 12},
                "A128": {"due_month": 3, "due_day": 31, "grace_days": 30},
                "A125": {"plan_days": 30, "reminder_days": [30, 7, 0]},
                "X09": {"objection_working_days": 5},
                "X11": {"publication_working_days": 20},
            }
            policy.clauses = {
                **CLAUSES,
                "A124": "四(四)",
                "A125": "四(四)",
                "A128": "四(四)",
                "X09": "practice",
                "X11": "政府信息公开条例26",
            }

    def _pool(self) -> list[Expert]:
        """Give the seven experts as rows: how they enter the pool is tested elsewhere."""
        return [
            Expert(
                id=self.expert_ids[code],
                person_id=self.people[code],
                field=ExpertField(EXPERTS[code][0]),
                title="教授",
                registered_at=datetime.now(UTC),
            )
            for code in SEVEN
        ]

    def tell_plan(self, targets: Sequence[tuple[str, str, str]]) -> None:
        path = f"GET /v1/registry/centers/{self.center_id}/plan-targets"
        self.service.neighbours.answers[path] = {
            "center_id": str(self.center_id),
            "plan_version": 2,
            "filed_at": "2026-02-01T00:00:00Z",
            "targets": [
                {"part": 1, "metric_code": code, "unit": unit, "year": 2027, "value": value}
                for code, unit, value in targets
            ],
        }

    # --- callers ------------------------------------------------------------------------

    def operator(self) -> httpx.AsyncClient:
        """Give a client of the centre's legal entity, always the same person."""
        return self.service.client("member", org_id=self.org_ids["entity"], sub=self.people["ex11"])

    async def as_(self, duty: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """Call as an official, on the case unless the path is whole."""
        async with self.official(duty) as client:
            return await client.request(method, self.path(path), json=body)

    async def own(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Call as the centre's operator."""
        async with self.operator() as client:
            return await client.request(method, self.path(path), json=body)

    def path(self, path: str) -> str:
        return path if path.startswith("/v1") else f"{CASES}/{self.case_id}{path}"

    # --- steps --------------------------------------------------------------------------

    async def planned(self, **over: Any) -> dict[str, Any]:
        body = {"kind": "annual_evaluation", "year": 2027, "scheme_id": SCHEME_ID,
                "weight_profile": "default", "due_on": "2028-03-31", **over}  # fmt: skip
        answer = await self.as_("handler", "POST", "/v1/evaluation/cycles", body)
        assert answer.status_code == 201, answer.text
        planned: dict[str, Any] = answer.json()
        self.cycle_id = planned["id"]
        return planned

    @walked
    async def opened(self, /, **over: Any) -> dict[str, Any]:
        """Plan and open a cycle, and take hold of the centre's case."""
        await self.planned(**over)
        path = f"/v1/evaluation/cycles/{self.cycle_id}/open"
        answer = await self.as_("handler", "POST", path)
        assert answer.status_code == 200, answer.text
        listed = await self.as_("handler", "GET", f"{CASES}?cycle_id={self.cycle_id}")
        cases = [one for one in listed.json()["items"] if one["center_id"] == str(self.center_id)]
        self.case_id = cases[0]["id"] if cases else ""
        opened: dict[str, Any] = answer.json()
        return opened

    async def written(self) -> httpx.Response:
        """Write the report as who has read it, where there is something to read."""
        body = {"accounts": ACCOUNTS, "narrative": {"summary": "全年"}}
        async with self.operator() as client:
            read = await client.get(self.path("/report"))
            headers = {"If-Match": read.headers["etag"]}
            return await client.put(self.path("/report"), json=body, headers=headers)

    async def reported(self) -> httpx.Response:
        """Write and submit the report."""
        written = await self.written()
        assert written.status_code == 200, written.text
        return await self.own("POST", "/report/submit")

    @walked
    async def frozen(self) -> httpx.Response:
        """Open, report and freeze."""
        await self.opened()
        assert (await self.reported()).status_code == 200
        answer = await self.as_("handler", "POST", "/snapshot")
        assert answer.status_code == 201, answer.text
        return answer

    async def panel(self) -> dict[str, str]:
        """Form the panel of seven and give the sheet of each expert."""
        body = {**self.panel_body(SEVEN), "subject_type": "case", "subject_id": self.case_id}
        formed = await self.as_("handler", "POST", "/v1/evaluation/panels", body)
        assert formed.status_code == 201, formed.text
        by_expert = {sheet["expert_id"]: sheet["id"] for sheet in formed.json()["sheets"]}
        return {code: by_expert[str(self.expert_ids[code])] for code in SEVEN}

    async def scored_by_experts(self) -> dict[str, str]:
        """Form the panel, and let each expert declare, score and submit over HTTP."""
        sheets = await self.panel()
        for index, code in enumerate(SEVEN):
            scores = {leaf: f"{given[index]}.00" for leaf, given in vector.SCORES.items()}
            assert (await self.declare(code, sheets[code])).status_code == 200
            saved = await self.save(code, sheets[code], scores)
            assert saved.status_code == 200, saved.text
            submitted = await self.submit(code, sheets[code])
            assert submitted.status_code == 200, submitted.text
        return sheets

    @walked
    async def scored(self, count: int = 7) -> dict[str, str]:
        """Form the panel and bring in the first `count` sheets as rows, which is faster."""
        sheets = await self.panel()
        async with self.service.sessions.begin() as session:
            for index, code in enumerate(SEVEN[:count]):
                await self._sheet(session, UUID(sheets[code]), index)
                session.add(
                    CaseDuty(
                        subject_type=SubjectType.CASE,
                        subject_id=UUID(self.case_id),
                        person_id=self.people[code],
                        capacity=Capacity.SCORER,
                        entered_at=datetime.now(UTC),
                    )
                )
        return sheets

    async def _sheet(self, session: AsyncSession, sheet_id: UUID, index: int) -> None:
        now = datetime.now(UTC)
        sheet = ScoreSheet(id=sheet_id, state=State.DRAFTING, conflict=False, declared_at=now)
        session.add(sheet)
        await session.flush()
        session.add_all(
            ScoreItem(
                sheet_id=sheet_id, indicator=leaf, score=Decimal(given[index]), comment="有据"
            )
            for leaf, given in vector.SCORES.items()
        )
        await session.flush()
        sheet.state, sheet.submitted_at = State.SUBMITTED, now

    @walked
    async def computed(self) -> dict[str, Any]:
        """Bring the case to a computed result."""
        await self.frozen()
        await self.scored()
        answer = await self.as_("handler", "POST", "/compute")
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    @walked
    async def published(self) -> dict[str, Any]:
        """Bring the case to a published result."""
        await self.computed()
        reviewed = await self.as_("reviewer", "POST", "/review")
        assert reviewed.status_code == 200, reviewed.text
        answer = await self.as_("approver", "POST", "/publish")
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result


def canonical(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
