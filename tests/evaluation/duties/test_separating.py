"""No person acts in two capacities of a case: every pair, at every door, by the real actions."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import pytest

from evaluation.duties import rules
from evaluation.duties.rules import Capacity, Duty, SubjectType
from evaluation.duties.tables import CaseDuty
from evaluation.experts.tables import ExpertAccount
from shared.database import new_id
from shared.rules import failed_codes
from tests.evaluation.results.year import ACCOUNTS, JudgedYear
from tests.evaluation.reviewing import SEVEN, codes_of

# What the table of the README says, pair by pair.
ROWS: Final = [
    [cell.strip() for cell in line.strip("| \n").split("|")]
    for line in Path(rules.__file__).with_name("README.md").read_text("utf-8").splitlines()
    if line.startswith("|")
]
TABLE: Final = {
    (held, acting): said
    for held, *row in ROWS[2:]
    for acting, said in zip(ROWS[0][1:] if ROWS[0][0] == "" else ROWS[0], row, strict=True)
}
APART: Final = [pair for pair, said in TABLE.items() if said == "no"]


@pytest.mark.requirement("X03")
@pytest.mark.refusing
@pytest.mark.parametrize(("held", "acting"), list(product(Capacity, Capacity)))
def test_the_table_of_pairs_is_what_the_rule_does(held: Capacity, acting: Capacity) -> None:
    person = new_id()
    checks = rules.separation_checks(
        [Duty(person, held), Duty(new_id(), "approver")], person, acting
    )
    expected = ["SOD_VIOLATION"] if TABLE[held.value, acting.value] == "no" else []
    assert failed_codes(checks) == expected


@dataclass
class Doors:
    """A case with, for each capacity, persons who hold it; every one of them tries every door."""

    year: JudgedYear
    holders: dict[str, list[UUID]] = field(default_factory=dict)
    tried: set[tuple[str, str]] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    async def plant(self, person: UUID, capacity: str) -> None:
        """Let a person hold a capacity, as if by an earlier action."""
        async with self.year.service.sessions.begin() as session:
            session.add(
                CaseDuty(
                    subject_type=SubjectType.CASE,
                    subject_id=UUID(self.year.case_id),
                    person_id=person,
                    capacity=Capacity(capacity),
                    entered_at=datetime.now(UTC),
                )
            )
        self.holders.setdefault(capacity, []).append(person)

    def acted(self, capacity: str, person: UUID) -> None:
        """Note that a person holds a capacity because he acted in it."""
        self.holders.setdefault(capacity, []).append(person)

    async def shut(
        self, acting: str, roles: tuple[str, ...], method: str, path: str, body: Any = None
    ) -> None:
        """Let everyone who holds an excluded capacity try a door in vain."""
        for held in Capacity:
            if TABLE[held.value, acting] != "no":
                continue
            for person in self.holders.get(held.value, []):
                own = self.year.org_ids["entity"] if "member" in roles else None
                async with self.year.service.client(*roles, sub=person, org_id=own) as client:
                    answer = await client.request(method, self.year.path(path), json=body)
                self.judge(held.value, acting, f"{method} {path}", answer)

    def judge(self, held: str, acting: str, door: str, answer: httpx.Response) -> None:
        self.tried.add((held, acting))
        told = codes_of(answer) if answer.status_code >= 400 else []
        # Who sits on a panel is not told of the others' sheets, whatever duty he has besides.
        hidden = (answer.status_code, told) == (404, ["NOT_FOUND"]) and door.endswith("/void")
        shut = answer.status_code == 403 and "SOD_VIOLATION" in told
        if not shut and not (hidden and held == "scorer"):
            self.faults.append(f"{held} as {acting}: {door} gave {answer.status_code} {told}")


@pytest.fixture
async def doors(year: JudgedYear) -> AsyncIterator[Doors]:
    await year.opened()
    made = Doors(year)
    for capacity in Capacity:
        await made.plant(new_id(), capacity.value)
    yield made
    assert not made.faults, "\n".join(made.faults)


HANDLER: Final = ("official", "handler")
REVIEWER: Final = ("official", "reviewer")
APPROVER: Final = ("official", "approver")
REPORT: Final = {"accounts": ACCOUNTS, "narrative": {"summary": "全年"}}
READING: Final = {"conclusion": "confirmed", "reason": "逐项复核"}
FINDING: Final = {"matter": "共享机时不足", "due_on": "2028-06-30"}


@pytest.mark.anyio
@pytest.mark.requirement("X03")
@pytest.mark.refusing
async def test_no_official_and_no_operator_passes_a_door_with_another_capacity(
    doors: Doors,
) -> None:
    year = doors.year
    await doors.shut("submitter", ("member",), "PUT", "/report", REPORT)
    assert (await year.written()).status_code == 200
    await doors.shut("submitter", ("member",), "POST", "/report/submit")
    assert (await year.own("POST", "/report/submit")).status_code == 200
    doors.acted("submitter", year.people["ex11"])
    await doors.shut("handler", HANDLER, "POST", "/report/returns", {"reasons": ["缺表"]})
    await doors.shut("handler", HANDLER, "POST", "/report/accept")
    again = {"reason": "不可抗力", "due_on": "2028-05-01"}
    await doors.shut("approver", APPROVER, "POST", "/report/reopenings", again)
    await doors.shut("handler", HANDLER, "POST", "/snapshot")
    assert (await year.as_("handler", "POST", "/snapshot")).status_code == 201
    doors.acted("handler", year.officials["handler"])

    panel = {**year.panel_body(SEVEN), "subject_type": "case", "subject_id": year.case_id}
    await doors.shut("handler", HANDLER, "POST", "/v1/evaluation/panels", panel)
    sheets = await year.scored()
    doors.acted("scorer", year.people[SEVEN[1]])
    sheet = f"/v1/evaluation/score-sheets/{sheets[SEVEN[0]]}/void"
    await doors.shut("reviewer", REVIEWER, "POST", sheet, {"reason": "误填"})
    await doors.shut("handler", HANDLER, "POST", "/compute")
    assert (await year.as_("handler", "POST", "/compute")).status_code == 200
    await doors.shut("second_reader", REVIEWER, "POST", "/second-readings", READING)
    async with year.service.client(*REVIEWER, sub=(reader := new_id())) as client:
        read = await client.post(year.path("/second-readings"), json=READING)
    assert read.status_code == 201, read.text
    doors.acted("second_reader", reader)
    await doors.shut("reviewer", REVIEWER, "POST", "/review")
    assert (await year.as_("reviewer", "POST", "/review")).status_code == 200
    doors.acted("reviewer", year.officials["reviewer"])
    await doors.shut("approver", APPROVER, "POST", "/publish")
    assert (await year.as_("approver", "POST", "/publish")).status_code == 200
    doors.acted("approver", year.officials["approver"])

    # After publication those who decided do not come back in another capacity.
    leaves = [{"code": "C4", "reason": "漏计", "evidence": [str(new_id())]}]
    await doors.shut("submitter", ("member",), "POST", "/objections", {"leaves": leaves})
    filed = await year.own("POST", "/objections", {"leaves": leaves})
    decision = f"/v1/evaluation/objections/{filed.json()['id']}/decision"
    await doors.shut("handler", HANDLER, "POST", decision, {"leaves": [], "reason": "不属实"})
    await doors.shut("handler", HANDLER, "POST", "/findings", FINDING)
    ground = {"ground": "forged_evidence", "reason": "伪造", "evidence": [str(new_id())]}
    await doors.shut("handler", HANDLER, "POST", "/voidings", ground)
    proposed = await year.as_("handler", "POST", "/voidings", ground)
    decided = f"/v1/evaluation/voidings/{proposed.json()['id']}/decision"
    await doors.shut("approver", APPROVER, "POST", decided, {"decision": "drop", "reason": "无据"})
    assert doors.tried == {pair for pair in APART if pair[1] not in ("scorer", "signer")}


@pytest.mark.anyio
@pytest.mark.requirement("X03")
@pytest.mark.refusing
async def test_no_expert_is_seated_or_scores_with_another_capacity(doors: Doors) -> None:
    year = doors.year
    others = [held for held, acting in APART if acting == "scorer"]
    sheets = await year.panel()
    for code in SEVEN[1:]:
        assert (await year.declare(code, sheets[code])).status_code == 200
    for code, held in zip(SEVEN, others, strict=False):
        await doors.plant(year.people[code], held)
        sheet = f"/v1/evaluation/score-sheets/{sheets[code]}"
        declared = ("POST", "declaration", {"conflict": False, "statement": "如实声明"})
        scored: list[tuple[str, str, Any]] = [
            ("PUT", "items", {"items": []}),
            ("POST", "submit", None),
        ]
        for method, step, body in [declared] if code == SEVEN[0] else scored:
            async with year.expert(code) as expert:
                answer = await expert.request(method, f"{sheet}/{step}", json=body)
            doors.judge(held, "scorer", f"{method} {step}", answer)
    # Nor does a handler seat them, on this panel or on a new one.
    again = {**year.panel_body(SEVEN), "subject_type": "case", "subject_id": year.case_id}
    seated = await year.as_("handler", "POST", "/v1/evaluation/panels", again)
    told = [error for error in seated.json()["errors"] if error["code"] == "SOD_VIOLATION"]
    assert {tuple(error["params"]["held"]) for error in told} == {(held,) for held in others}
    assert doors.tried == {pair for pair in APART if pair[1] == "scorer"}


@pytest.mark.anyio
@pytest.mark.requirement("X03", "A118")
@pytest.mark.refusing
async def test_no_expert_signs_a_visit_with_another_capacity(doors: Doors) -> None:
    year = doors.year
    others = [held for held, acting in APART if acting == "signer"]
    await year.scored_by_experts()
    body = {
        "subject_type": "case", "subject_id": year.case_id, "visited_on": "2028-01-10",
        "expert_ids": [str(year.expert_ids[code]) for code in SEVEN],
        "report_file_id": str(year.report_id),
    }  # fmt: skip
    await doors.shut("handler", HANDLER, "POST", "/v1/evaluation/site-visits", body)
    visit = await year.as_("handler", "POST", "/v1/evaluation/site-visits", body)
    assert visit.status_code == 201, visit.text
    path = f"/v1/evaluation/site-visits/{visit.json()['id']}/signatures"
    for code, held in zip(SEVEN, others, strict=False):
        await doors.plant(year.people[code], held)
        async with year.expert(code) as expert:
            doors.judge(held, "signer", "POST signatures", await expert.post(path, json={}))
    # Who scored may sign: it is one review.
    async with year.expert(SEVEN[-1]) as expert:
        assert (await expert.post(path, json={})).status_code == 201
    assert {pair for pair in doors.tried if pair[1] == "signer"} == {
        pair for pair in APART if pair[1] == "signer"
    }


@pytest.mark.anyio
@pytest.mark.requirement("X03", "X08")
@pytest.mark.refusing
async def test_another_account_of_the_same_person_passes_no_door_either(doors: Doors) -> None:
    year = doors.year
    assert (await year.reported()).status_code == 200
    assert (await year.as_("handler", "POST", "/snapshot")).status_code == 201
    sheets = await year.scored()
    assert (await year.as_("handler", "POST", "/compute")).status_code == 200
    other = new_id()
    async with year.service.sessions.begin() as session:
        session.add(
            ExpertAccount(
                person_id=other,
                expert_id=year.expert_ids[SEVEN[0]],
                recorded_at=datetime.now(UTC),
            )
        )
    for capacity, roles, path, body in [
        ("second_reader", REVIEWER, "/second-readings", READING),
        ("reviewer", REVIEWER, "/review", None),
        ("handler", HANDLER, "/compute", None),
    ]:
        async with year.service.client(*roles, sub=other) as client:
            answer = await client.post(year.path(path), json=body)
        doors.judge("scorer", capacity, f"POST {path}", answer)
    async with year.service.client("official", "auditor", sub=other) as client:
        hidden = await client.get(f"/v1/evaluation/score-sheets/{sheets[SEVEN[1]]}")
        panels = await client.get("/v1/evaluation/panels")
    assert (hidden.status_code, panels.json()["items"]) == (404, [])
    async with year.official("auditor") as auditor:
        seen = await auditor.get(f"/v1/evaluation/score-sheets/{sheets[SEVEN[1]]}")
    assert seen.status_code == 200
    # The same door stands open to who is nobody else.
    assert (await year.as_("reviewer", "POST", "/review")).status_code == 200
