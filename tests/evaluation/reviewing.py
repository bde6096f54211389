"""A review in this process: experts of the demo programme, an application and its organizations."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

import httpx

from shared.database import new_id
from shared.directory import (
    DirectoryCenter,
    DirectoryMembership,
    DirectoryOrganization,
    DirectoryPolicy,
)
from tests.fixtures.service import RunningService
from tests.fixtures.walks import NOWHERE, Known, Walks, walked

TODAY: Final = "2026-02-02T02:00:00+00:00"
FIELDS: Final = ["economic", "technical", "industrial", "management", "legal"]
PARAMETERS: Final[dict[str, Any]] = {
    "A120": {"min_experts": 5, "fields": FIELDS, "panel_days": 30},
    "A121": {"pass_line": "60", "min_sheets": 3, "trim_from": 5, "visit_signatures": 2},
    "X08": {"look_back_years": 3},
}
CLAUSES: Final = dict.fromkeys(("A118", "A119", "A120", "A121", "X03", "X08"), "四(三)2")

USCC: Final = {
    "m01": "91310115FAKE00013U",
    "m02": "91310115FAKE00021N",
    "m03": "12310000FAKE0003XN",
    "m15": "91310117FAKE00152F",
    "m20": "91310101FAKE00208C",
    "entity": "91310115FAKE00275K",
    "c02": "91310114FAKE002830",
}
SPONSOR: Final = "m01"
# Code, field, and the ties that the pool knows.
EXPERTS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "ex01": (
        "economic",
        {"relations": [{"kind": "employment", "org_uscc": USCC["m20"], "until_on": "2024-09-30"}]},
    ),
    "ex02": ("economic", {}),
    "ex03": ("technical", {"relations": [{"kind": "employment", "org_uscc": USCC["m03"]}]}),
    "ex04": ("technical", {}),
    "ex05": ("industrial", {}),
    "ex06": (
        "industrial",
        {"relations": [{"kind": "independent_seat", "org_uscc": USCC["c02"]}]},
    ),
    "ex07": ("management", {}),
    "ex08": ("management", {}),
    "ex09": ("legal", {}),
    "ex10": (
        "legal",
        {"relations": [{"kind": "kinship", "org_uscc": USCC["m15"], "relative_person": "配偶"}]},
    ),
    "ex11": ("technical", {}),
}
SEVEN: Final = ("ex02", "ex04", "ex05", "ex06", "ex07", "ex08", "ex09")
FIVE: Final = ("ex02", "ex04", "ex05", "ex07", "ex09")
ITEMS: Final = ("technology", "economy", "industry", "management", "legal_ip")
DUTIES: Final = ("handler", "reviewer", "approver", "auditor")


_IDS: Final = defaultdict[str, UUID](new_id)


def _ids_of(codes: Iterable[str], kind: str = "") -> dict[str, UUID]:
    return {code: _IDS[kind + code] for code in codes}


@dataclass
class Reviewing:
    """The evaluation service with a review to run, and callers for everyone in it."""

    service: RunningService
    walks: Walks
    # The same in every test of a worker, so that one walks where another has been.
    center_id: UUID = _IDS["center"]
    application_id: UUID = _IDS["application"]
    report_id: UUID = _IDS["report"]
    org_ids: dict[str, UUID] = field(default_factory=lambda: _ids_of(USCC))
    people: dict[str, UUID] = field(default_factory=lambda: _ids_of(EXPERTS, "person "))
    expert_ids: dict[str, UUID] = field(default_factory=lambda: _ids_of(EXPERTS))
    officials: dict[str, UUID] = field(default_factory=lambda: _ids_of(DUTIES))
    members: Sequence[str] = ("m01", "m02", "m03", "m20")
    case_people: list[dict[str, str]] = field(default_factory=list)
    known: Known = NOWHERE

    def __post_init__(self) -> None:
        self.tell_subject()
        self.service.neighbours.answers[f"GET /v1/registry/files/{self.report_id}"] = {
            "id": str(self.report_id),
            "sha256": "ab" * 32,
        }

    def tell_subject(self, state: str = "accepted", **over: Any) -> None:
        """Let the registry answer for the application."""
        path = f"GET /v1/registry/applications/{self.application_id}/review-subject"
        self.service.neighbours.answers[path] = {
            "application_id": str(self.application_id),
            "center_id": str(self.center_id),
            "state": state,
            "applicant_org_id": str(self.org_ids[SPONSOR]),
            "round": 1,
            "snapshot_hash": "cd" * 32,
            "orgs": [self.org(code, "member") for code in self.members]
            + [self.org("entity", "legal_entity")],
            "case_people": self.case_people,
            **over,
        }

    def strange_file(self) -> str:
        """Name a file that the registry has not, or not for whoever sends it."""
        name = str(new_id())
        self.service.neighbours.strange.add(name)
        return name

    def org(self, code: str, role: str, parents: Sequence[str] = ()) -> dict[str, Any]:
        return {
            "id": str(self.org_ids[code]),
            "uscc": USCC[code],
            "role": role,
            "parent_usccs": list(parents),
        }

    def official(self, duty: str) -> httpx.AsyncClient:
        return self.service.client("official", duty, sub=self.officials[duty])

    @property
    def handler(self) -> httpx.AsyncClient:
        return self.official("handler")

    def expert(self, code: str) -> httpx.AsyncClient:
        return self.service.client("expert", sub=self.people[code], expert_id=self.expert_ids[code])

    def member(self, code: str = SPONSOR) -> httpx.AsyncClient:
        return self.service.client("member", org_id=self.org_ids[code])

    @property
    def walking(self) -> RunningService:
        """The service whose database a copy takes the place of."""
        return self.service

    def fields(self) -> dict[str, Any]:
        """Name what a copy of this review takes over: nothing, the ids are everybody's."""
        return {}

    async def prepare(self) -> None:
        """Begin with an empty database, and fill the directory and the pool."""
        self.known = await self.walks.known(self.service)
        await self.entered()

    @walked
    async def entered(self) -> None:
        """Fill the directory and the pool."""
        async with self.service.sessions.begin() as session:
            session.add_all(self._directory())
        async with self.handler as handler:
            for code, (area, more) in EXPERTS.items():
                answer = await handler.post(
                    "/v1/evaluation/experts", json=self.body(code, area, more)
                )
                assert answer.status_code == 201, answer.text

    def body(self, code: str, area: str, more: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": str(self.expert_ids[code]),
            "person_id": str(self.people[code]),
            "name": f"专家{code}",
            "field": area,
            "title": "教授",
            **more,
        }

    def _directory(self) -> list[Any]:
        policy = DirectoryPolicy(
            version="2026.1",
            effective_from=date(2016, 1, 1),
            effective_to=None,
            clauses=CLAUSES,
            parameters=PARAMETERS,
        )
        center = DirectoryCenter(
            id=self.center_id,
            name="示例中心",
            stage="candidate",
            model_type="enterprise",
            applicant_form="legal_entity",
            legal_entity_id=self.org_ids["entity"],
            lead_sponsor_id=self.org_ids[SPONSOR],
            position=1,
        )
        organizations = [
            DirectoryOrganization(
                id=self.org_ids[code],
                uscc=uscc,
                name=f"单位{code}",
                org_type="enterprise",
                legal_person_kind="independent",
                region_code="310115",
                is_sme=False,
                position=1,
            )
            for code, uscc in USCC.items()
        ]
        memberships = [
            DirectoryMembership(
                id=new_id(),
                center_id=self.center_id,
                org_id=self.org_ids[code],
                role="member",
                state="confirmed",
            )
            for code in self.members
        ]
        return [policy, center, *organizations, *memberships]

    async def form(self, codes: Sequence[str]) -> httpx.Response:
        """Ask for a panel of these experts."""
        async with self.handler as handler:
            return await handler.post("/v1/evaluation/panels", json=self.panel_body(codes))

    def panel_body(self, codes: Sequence[str]) -> dict[str, Any]:
        return {
            "subject_type": "application",
            "subject_id": str(self.application_id),
            "expert_ids": [str(self.expert_ids[code]) for code in codes],
        }

    @walked
    async def formed(self, codes: Sequence[str] = FIVE) -> dict[str, str]:
        """Form a panel and give the sheet of each expert."""
        answer = await self.form(codes)
        assert answer.status_code == 201, answer.text
        by_expert = {sheet["expert_id"]: sheet["id"] for sheet in answer.json()["sheets"]}
        return {code: by_expert[str(self.expert_ids[code])] for code in codes}

    async def declare(self, code: str, sheet: str, *, conflict: bool = False) -> httpx.Response:
        async with self.expert(code) as client:
            return await client.post(
                f"/v1/evaluation/score-sheets/{sheet}/declaration",
                json={"conflict": conflict, "statement": "如实声明"},
            )

    async def save(self, code: str, sheet: str, scores: dict[str, str]) -> httpx.Response:
        items = [
            {"indicator": name, "score": score, "comment": "有据"} for name, score in scores.items()
        ]
        async with self.expert(code) as client:
            return await client.put(
                f"/v1/evaluation/score-sheets/{sheet}/items", json={"items": items}
            )

    async def submit(self, code: str, sheet: str) -> httpx.Response:
        async with self.expert(code) as client:
            return await client.post(f"/v1/evaluation/score-sheets/{sheet}/submit")

    async def draft(self, code: str, sheet: str, score: str = "80.00") -> None:
        """Declare and fill in a whole sheet with one score."""
        assert (await self.declare(code, sheet)).status_code == 200
        saved = await self.save(code, sheet, dict.fromkeys(ITEMS, score))
        assert saved.status_code == 200, saved.text

    async def score(self, code: str, sheet: str, score: str = "80.00") -> None:
        await self.draft(code, sheet, score)
        submitted = await self.submit(code, sheet)
        assert submitted.status_code == 200, submitted.text

    @walked
    async def reviewed(
        self, codes: Sequence[str] = FIVE, scores: Sequence[str] | None = None
    ) -> dict[str, str]:
        """Form a panel and bring every sheet in."""
        sheets = await self.formed(codes)
        for code, score in zip(codes, scores or ["82.00"] * len(codes), strict=True):
            await self.score(code, sheets[code], score)
        return sheets

    async def standing(self) -> dict[str, Any]:
        async with self.service.client("service") as client:
            answer = await client.get(
                "/v1/evaluation/standing",
                params={
                    "subject_type": "application",
                    "subject_id": str(self.application_id),
                },
            )
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


def codes_of(answer: httpx.Response) -> list[str]:
    """Name the codes of every failed check of a refusal."""
    return [error["code"] for error in answer.json()["errors"]]
