"""One application on its way: organizations, callers, and each step as one call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx

from registry.organizations.rules import ChainPosition, LegalPersonKind, OrgType
from registry.organizations.tables import Organization
from shared.database import new_id
from tests.fixtures.service import RunningService
from tests.fixtures.walks import Known, Walks, walked

START = "2026-01-12T02:00:00+00:00"
STANDING = "GET /v1/evaluation/standing"
AGREEMENT = "GET /v1/ip-ledger/agreements/standing"
MATERIALS = (
    "plan", "commitment_letter", "articles_or_agreement", "past_projects", "platforms",
    "equipment", "senior_talents", "integration_evidence", "diffusion_evidence",
    "commercialization_evidence",
)  # fmt: skip
CLAUSES = ("joint_development", "complementarity", "result_sharing", "risk_sharing")
PROFILE = {
    name: {"amount": 1_000_000_00, "currency": "CNY"}
    for name in ("rd_spend", "rd_assets", "net_assets", "revenue")
}
TECHNOLOGY = {
    "name": "先进封装共性工艺",
    "kind": "common_key_tech",
    "target_level": "international_advanced",
    "own_ip_basis": "自有发明专利",
}
PLAN = {
    "horizon_years": 5,
    "parts": [1, 2, {"part": 3, "text": "资金筹措"}, 4, 5],
    "targets": [{"part": 2, "metric_code": "B1", "unit": "份", "year": 2027, "value": "30"}],
}
# Name in C8, code, type, leading, small, place in the chain.
ORGANIZATIONS: Sequence[tuple[str, str, OrgType, bool, bool, ChainPosition | None]] = (
    ("M01", "91310115FAKE00013U", OrgType.ENTERPRISE, True, False, ChainPosition.MIDSTREAM),
    ("M02", "91310115FAKE00021N", OrgType.ENTERPRISE, True, False, ChainPosition.UPSTREAM),
    ("M03", "12310000FAKE0003XN", OrgType.UNIVERSITY, False, False, None),
    ("M04", "12310000FAKE00048N", OrgType.INSTITUTE, False, False, None),
    ("M08", "91310112FAKE00080E", OrgType.ENTERPRISE, False, False, ChainPosition.USER),
    ("M09", "91310112FAKE00099B", OrgType.ENTERPRISE, False, True, None),
    ("M17", "91310115FAKE00179A", OrgType.PARK_DEVELOPER, False, False, None),
    ("M18", "91310110FAKE00187W", OrgType.TESTING_BODY, False, True, None),
    ("M19", "91310107FAKE00195D", OrgType.ENTERPRISE, False, True, None),
    ("M20", "91310101FAKE00208C", OrgType.INVESTMENT, False, False, None),
    ("M22", "91320500FAKE00224C", OrgType.ENTERPRISE, False, False, None),
)
ENTITY = ("C01", "91310115FAKE00275K", date(2024, 6, 18))


@dataclass
class Case:
    """A registry with organizations in it, and the application that a test leads through."""

    registry: RunningService
    walks: Walks
    known: Known
    orgs: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    application_id: str = ""
    center_id: str = ""
    memberships: dict[str, str] = field(default_factory=dict)

    @property
    def walking(self) -> RunningService:
        """The service whose database a copy takes the place of."""
        return self.registry

    def fields(self) -> dict[str, Any]:
        """Name what a copy of this case takes over."""
        names = ("orgs", "people", "application_id", "center_id", "memberships")
        return {name: getattr(self, name) for name in names}

    @walked
    async def enter_organizations(self) -> None:
        async with self.registry.sessions.begin() as session:
            for name, uscc, org_type, leading, small, place in ORGANIZATIONS:
                self.orgs[name] = new_id()
                session.add(
                    Organization(
                        id=self.orgs[name], uscc=uscc, name=f"{name}（示例）", org_type=org_type,
                        legal_person_kind=LegalPersonKind.INDEPENDENT, region_code=uscc[2:8],
                        registered_on=date(2010, 1, 1), is_leading=leading, is_sme=small,
                        chain_position=place,
                    )
                )  # fmt: skip
        await self.enter_entity(*ENTITY)

    async def enter_entity(self, name: str, uscc: str, registered_on: date, **over: Any) -> UUID:
        values = {
            "org_type": OrgType.ENTERPRISE, "legal_person_kind": LegalPersonKind.INDEPENDENT,
            "region_code": "310115", **over,
        }  # fmt: skip
        self.orgs[name] = new_id()
        async with self.registry.sessions.begin() as session:
            session.add(
                Organization(
                    id=self.orgs[name], uscc=uscc, name=name, registered_on=registered_on, **values
                )
            )
        return self.orgs[name]

    def person(self, name: str) -> UUID:
        return self.people.setdefault(name, uuid5(NAMESPACE_URL, name))

    def member(self, name: str) -> httpx.AsyncClient:
        return self.registry.client("member", org_id=self.orgs[name], sub=self.person(name))

    def official(self, duty: str, name: str | None = None) -> httpx.AsyncClient:
        return self.registry.client(duty, sub=self.person(name or duty))

    @property
    def path(self) -> str:
        return f"/v1/registry/applications/{self.application_id}"

    async def call(
        self, who: httpx.AsyncClient, method: str, path: str, json: Any = None, **headers: str
    ) -> httpx.Response:
        async with who as caller:
            if json is None:
                return await caller.request(method, path, headers=headers)
            return await caller.request(method, path, json=json, headers=headers)

    async def step(
        self, who: httpx.AsyncClient, method: str, part: str, json: Any = None, **headers: str
    ) -> httpx.Response:
        return await self.call(who, method, f"{self.path}/{part}", json, **headers)

    async def draft(self, lead: str = "M01", **over: Any) -> httpx.Response:
        body = {
            "name": "上海示例集成电路共性技术创新中心", "model_type": "enterprise",
            "field_codes": ["integrated_circuit"], "applicant_form": "legal_entity",
            "lead_sponsor_id": str(self.orgs[lead]), "legal_entity_id": str(self.orgs["C01"]),
            **over,
        }  # fmt: skip
        answer = await self.call(self.member(lead), "POST", "/v1/registry/applications", body)
        if answer.status_code == 201:
            self.application_id = answer.json()["id"]
            self.center_id = answer.json()["center_id"]
        return answer

    async def invite(self, name: str, lead: str = "M01", **over: Any) -> httpx.Response:
        body = {"org_id": str(self.orgs[name]), "role": "member", **over}
        answer = await self.step(self.member(lead), "POST", "members", body)
        if answer.status_code == 201:
            self.memberships[name] = answer.json()["id"]
        return answer

    async def confirm(self, name: str, by: str | None = None) -> httpx.Response:
        path = f"/v1/registry/memberships/{self.memberships[name]}/confirm"
        return await self.call(self.member(by or name), "POST", path)

    async def join(self, *names: str, lead: str = "M01") -> None:
        for name in names:
            assert (await self.invite(name, lead)).status_code == 201
            assert (await self.confirm(name)).status_code == 200

    async def agree(self, entity: str = "C01") -> httpx.Response:
        path = f"/v1/registry/centers/{self.center_id}/entity-consents"
        return await self.call(self.member(entity), "POST", path)

    async def agree_if_named(self) -> None:
        named = (await self.call(self.registry.client("service"), "GET", self.path)).json()
        names = {str(org_id): name for name, org_id in self.orgs.items()}
        if named["legal_entity_id"] is not None:
            answer = await self.agree(names[named["legal_entity_id"]])
            assert answer.status_code in {201, 409}, answer.text

    async def upload(self, name: str) -> str:
        async with self.member(name) as caller:
            answer = await caller.post(
                "/v1/registry/files",
                content=b"%PDF-1.7 " + name.encode(),
                headers={"Content-Type": "application/pdf"},
            )
        assert answer.status_code == 201, answer.text
        file_id: str = answer.json()["id"]
        return file_id

    async def fill(
        self,
        lead: str = "M01",
        years: Sequence[int] = (2023, 2024, 2025),
        materials: Sequence[str] = MATERIALS,
        *,
        technology: bool = True,
        consent: bool = True,
        plan: Mapping[str, Any] | None = PLAN,
    ) -> None:
        if consent:
            await self.agree_if_named()
        for year in years:
            answer = await self.step(self.member(lead), "PUT", f"sponsor-profiles/{year}", PROFILE)
            assert answer.status_code == 200, answer.text
        if technology:
            answer = await self.step(self.member(lead), "POST", "core-technologies", TECHNOLOGY)
            assert answer.status_code == 201, answer.text
        file_id = await self.upload(lead)
        for kind in materials:
            answer = await self.step(
                self.member(lead), "PUT", f"materials/{kind}", {"file_id": file_id}
            )
            assert answer.status_code == 200, answer.text
        if plan is not None:
            answer = await self.step(self.member(lead), "PUT", "plan", dict(plan))
            assert answer.status_code == 200, answer.text

    async def submit(self, lead: str = "M01") -> httpx.Response:
        return await self.step(self.member(lead), "POST", "submit")

    async def accept(self) -> httpx.Response:
        return await self.step(
            self.official("handler"), "POST", "formal-checks", {"result": "accept", "items": []}
        )

    async def recommend(self, name: str = "reviewer") -> httpx.Response:
        return await self.step(
            self.official("reviewer", name), "POST", "recommendation", {"text": "建议列入。"}
        )

    async def notice(self) -> httpx.Response:
        return await self.step(self.official("handler"), "POST", "notice", {})

    async def approve(self, name: str = "approver") -> httpx.Response:
        return await self.step(
            self.official("approver", name), "POST", "approve", {"doc_no": "沪经信技〔2026〕12号"}
        )

    async def readiness(self, who: httpx.AsyncClient | None = None) -> dict[str, Any]:
        answer = await self.step(who or self.official("auditor"), "GET", "readiness")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def state(self) -> str:
        answer = await self.call(self.registry.client("service"), "GET", self.path)
        state: str = answer.json()["state"]
        return state

    # What the neighbours say.

    def agreement(self, version: int = 1, **clauses: bool) -> None:
        held = dict.fromkeys(CLAUSES, True) | clauses
        self.registry.neighbours.answers[AGREEMENT] = {
            "agreement": {
                "id": str(self.person("agreement")), "version": version, "hash": f"{version:064d}",
                "effective_on": "2026-02-01", "clauses": held, "parties": [],
            }
        }  # fmt: skip

    def no_agreement(self) -> None:
        self.registry.neighbours.answers[AGREEMENT] = {"agreement": None}

    def evaluated(self, mean: str = "82.00", signatures: int = 2, sheets: str = "5" * 64) -> None:
        scorers = [str(self.person(f"EX{number}")) for number in range(7)]
        panel_id = str(self.person("panel"))
        self.registry.neighbours.answers[STANDING] = {
            "panel": {"id": panel_id, "version": 1, "hash": "1" * 64, "experts": []},
            "review": {
                "mean": mean, "pass_line": "60.00", "passed": True, "sheets_hash": sheets,
                "scorers": scorers,
            },
            "site_visit": {
                "id": str(self.person("visit")), "version": 1, "hash": "2" * 64,
                "signatures": signatures, "signers": scorers[:signatures],
            },
            "case_people": [{"person_id": person, "capacity": "scorer"} for person in scorers],
        }  # fmt: skip

    def no_evaluation(self) -> None:
        self.registry.neighbours.answers[STANDING] = {
            "panel": None, "review": None, "site_visit": None, "case_people": [],
        }  # fmt: skip

    # Several steps at once, for tests that begin further on.

    @walked
    async def submitted(self) -> None:
        assert (await self.draft()).status_code == 201
        await self.join("M02", "M03", "M08", "M20")
        await self.fill()
        answer = await self.submit()
        assert answer.status_code == 200, answer.text

    @walked
    async def accepted(self) -> None:
        await self.submitted()
        answer = await self.accept()
        assert answer.status_code == 201, answer.text

    @walked
    async def recommended(self) -> None:
        await self.accepted()
        self.agreement()
        self.evaluated()
        answer = await self.recommend()
        assert answer.status_code == 201, answer.text

    @walked
    async def noticed(self) -> None:
        await self.recommended()
        self.registry.set_clock("2026-03-02T02:00:00+00:00")
        answer = await self.notice()
        assert answer.status_code == 201, answer.text

    @walked
    async def listed(self) -> dict[str, Any]:
        await self.noticed()
        self.registry.set_clock("2026-03-10T02:00:00+00:00")
        answer = await self.approve()
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


def codes(answer: httpx.Response) -> list[str]:
    return [error["code"] for error in answer.json()["errors"]]
