"""A contract of commissioned research and the registry's projects that it pays for."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from ip_ledger.contracts import project_rules
from ip_ledger.contracts.project_rules import Ordering, Project
from ip_ledger.contracts.rules import State
from shared.rules import failed_codes
from tests.ip_ledger.conftest import Ledger, codes, figures
from tests.ip_ledger.contracts.test_tech_contracts import CONTRACTS, contract, posted

CENTER = uuid4()


def project(**over: Any) -> Project:
    told = {
        "fact_id": uuid4(), "center_id": CENTER, "external_id": "P-1", "title": "（示例）",
        "source": "commissioned", "contract_ref": "HT-1", "sha256": "5f" * 32, "stands": True,
    }  # fmt: skip
    return Project(**{**told, **over})


@pytest.mark.requirement("A089")
@pytest.mark.parametrize(
    ("told", "contract_over", "expected"),
    [
        (project(), {}, []),
        (project(contract_ref="26310001000001"), {}, []),
        (None, {}, ["PROJECT_UNKNOWN"]),
        (project(center_id=uuid4()), {}, ["PROJECT_UNKNOWN"]),
        # Of another centre's project nothing else is told: not even that it does not fit.
        (
            project(center_id=uuid4(), source="self", contract_ref=None, stands=False),
            {},
            ["PROJECT_UNKNOWN"],
        ),
        (project(source="self", contract_ref=None), {}, ["PROJECT_MISMATCH"]),
        (project(contract_ref="HT-2"), {}, ["PROJECT_MISMATCH"]),
        (project(), {"is_commissioned_rd": False}, ["PROJECT_MISMATCH"]),
        (project(stands=False), {}, ["SOURCE_SUPERSEDED"]),
        (project(), {"state": State.TERMINATED}, ["STATE_CONFLICT"]),
    ],
)
def test_project_and_contract_name_each_other(
    told: Project | None, contract_over: dict[str, Any], expected: list[str]
) -> None:
    known = {
        "center_id": CENTER, "state": State.SIGNED, "is_commissioned_rd": True,
        "references": {"HT-1", "26310001000001"},
    }  # fmt: skip
    ordering = Ordering(**{**known, **contract_over})
    checks = project_rules.link_checks(ordering, told, may_write=True, is_linked=False)
    assert failed_codes(checks) == expected


def fact(ledger: Ledger, center: str = "c03", **over: Any) -> str:
    """Let the registry know a project; give the fact's id."""
    fact_id = str(uuid4())
    payload = {"title": "（示例）键合工艺", "source": "commissioned", "contract_ref": "HT-1"}
    ledger.service.neighbours.answers[f"GET /v1/registry/facts/{fact_id}"] = {
        "id": fact_id, "kind": over.pop("kind", "project"),
        "center_id": str(ledger.center[center]), "external_id": over.pop("external_id", "P-1"),
        "superseded_by_id": over.pop("superseded_by_id", None),
        "payload": {**payload, **over},
    }  # fmt: skip
    return fact_id


async def linked(ledger: Ledger, contract_id: str, fact_id: str, by: str = "m04") -> httpx.Response:
    async with ledger.member(by) as client:
        return await client.post(
            f"{CONTRACTS}/{contract_id}/projects", json={"project_fact_id": fact_id}
        )


@pytest.mark.anyio
@pytest.mark.requirement("A089")
async def test_a_contract_shows_the_projects_that_it_pays_for(ledger: Ledger) -> None:
    bare = (await posted(ledger, contract(ledger))).json()
    assert bare["project_fact_ids"] == []
    first = fact(ledger)
    second = fact(ledger, external_id="P-2", contract_ref=bare["registration_no"])
    for one in (first, second):
        answer = await linked(ledger, bare["id"], one)
        assert answer.status_code == 201, answer.text
    async with ledger.member("m09") as member:
        shown = (await member.get(f"{CONTRACTS}/{bare['id']}")).json()
        assert shown["project_fact_ids"] == [first, second]
        path = f"{CONTRACTS}/{bare['id']}/projects/{answer.json()['id']}/withdrawal"
        taken = await member.post(path, json={"reason": "项目编号填写错误"})
        assert (taken.status_code, taken.json()["reason"]) == (200, "项目编号填写错误")
        again = await member.post(path, json={"reason": "again"})
        assert (again.status_code, codes(again)) == (409, ["STATE_CONFLICT"])
        shown = (await member.get(f"{CONTRACTS}/{bare['id']}")).json()
        assert shown["project_fact_ids"] == [first]
        links = (await member.get(f"{CONTRACTS}/{bare['id']}/projects")).json()
        assert [one["withdrawn_at"] is None for one in links] == [True, False]
    assert (await linked(ledger, bare["id"], second)).status_code == 201


@pytest.mark.anyio
@pytest.mark.requirement("A089")
@pytest.mark.refusing
async def test_a_project_of_another_centre_or_of_ones_own_wish_is_refused(ledger: Ledger) -> None:
    contract_id = (await posted(ledger, contract(ledger))).json()["id"]
    wrong = {
        str(uuid4()): "PROJECT_UNKNOWN",
        fact(ledger, "c08"): "PROJECT_UNKNOWN",
        fact(ledger, kind="training"): "PROJECT_UNKNOWN",
        fact(ledger, superseded_by_id=str(uuid4())): "SOURCE_SUPERSEDED",
        fact(ledger, source="self", contract_ref=None): "PROJECT_MISMATCH",
    }
    for fact_id, code in wrong.items():
        answer = await linked(ledger, contract_id, fact_id)
        assert codes(answer) == [code]
        assert answer.status_code == (422 if code == "PROJECT_UNKNOWN" else 409)
    assert figures(answer, "PROJECT_MISMATCH")["parts"] == ["source", "contract_ref"]
    good = fact(ledger)
    assert (await linked(ledger, contract_id, good, by="m01")).status_code == 404
    answers = await asyncio.gather(*(linked(ledger, contract_id, good) for _ in range(2)))
    assert sorted(one.status_code for one in answers) == [201, 409]
