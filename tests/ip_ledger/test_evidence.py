"""A file that a body names is there, and one that its sender may see (A117, X04)."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import BaseModel
from sqlalchemy import text

from ip_ledger.contributions.schemas import ContributionIn, ProfitDivisionIn
from ip_ledger.revenue.schemas import RevenueEventIn
from shared.evidence import file_checks, named_files
from tests.fixtures.service import EVIDENCE
from tests.ip_ledger.conftest import Ledger, codes

A, B, C = (UUID(int=n) for n in (1, 2, 3))


def deduction(*files: UUID) -> dict[str, Any]:
    amount = {"amount": 1, "currency": "CNY"}
    return {"kind": "tax", "amount": amount, "evidence": list(files)}


def example(of: type[BaseModel], **over: Any) -> BaseModel:
    extra: Any = of.model_config["json_schema_extra"]
    return of.model_validate({**extra["examples"][0], **over})


@pytest.mark.requirement("A117")
@pytest.mark.parametrize(
    ("body", "named"),
    [
        (example(RevenueEventIn), []),
        (
            example(RevenueEventIn, deductions=[deduction(), deduction(A, B), deduction(A)]),
            [("/deductions/1/evidence/0", A), ("/deductions/1/evidence/1", B),
             ("/deductions/2/evidence/0", A)],
        ),
        (
            example(ContributionIn, valuation={"file_id": C, "amount": {"amount": 1}}),
            [("/valuation/file_id", C)],
        ),
        (example(ContributionIn, valuation=None), []),
        (example(ProfitDivisionIn, resolution_file_id=A), [("/resolution_file_id", A)]),
        (
            example(ProfitDivisionIn, resolution_file_id=A, consent_file_id=A),
            [("/resolution_file_id", A), ("/consent_file_id", A)],
        ),
    ],
)  # fmt: skip
def test_every_file_of_a_body_is_found_where_it_is_named(
    body: BaseModel, named: list[tuple[str, UUID]]
) -> None:
    assert list(named_files(body)) == named


@pytest.mark.requirement("A117")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("known", "pointers"),
    [({A, B}, []), ({B}, ["/x/0", "/y"]), ({A}, ["/x/1"]), (set(), ["/x/0", "/x/1", "/y"])],
)
def test_each_unknown_file_is_pointed_at(known: set[UUID], pointers: list[str]) -> None:
    checks = file_checks([("/x/0", A), ("/x/1", B), ("/y", A)], known)
    assert [one.pointer for one in checks] == pointers
    assert all(one.refuses and one.code == "FILE_UNKNOWN" for one in checks)


pytestmark = pytest.mark.anyio


async def lost(ledger: Ledger, *files: UUID, key: str = "", **over: Any) -> httpx.Response:
    body = {
        "center_id": str(ledger.center["c03"]), "amount": {"amount": 3}, "reason": "中试失败",
        "occurred_on": "2026-01-20", "evidence": [str(one) for one in files], **over,
    }  # fmt: skip
    headers = {"Idempotency-Key": key or str(uuid4())}
    async with ledger.member("m04") as client:
        return await client.post("/v1/ip-ledger/loss-events", json=body, headers=headers)


@pytest.mark.requirement("A117", "X04")
@pytest.mark.refusing
async def test_a_strangers_file_is_one_that_is_not_there(ledger: Ledger) -> None:
    """Asked once, in the sender's name and with no transaction open; told beside other faults."""
    parts = [{"org_id": str(ledger.org[n]), "ppm": 500_000} for n in ("m04", "m09")]
    await ledger.signed("m04", "m09", risk_shares=parts)
    told: list[dict[str, Any]] = []
    neighbours = ledger.service.neighbours
    usual = neighbours.answers[EVIDENCE]

    def heard(request: httpx.Request) -> Any:
        told.append(json.loads(request.content))
        assert ledger.service.app.state.database.engine.pool.checkedout() == 0
        return usual(request)

    neighbours.answers[EVIDENCE] = heard
    own, strange, other = uuid4(), uuid4(), uuid4()
    neighbours.strange |= {str(strange), str(other)}
    answer = await lost(ledger, own, strange, own, other)
    assert (answer.status_code, codes(answer)) == (422, ["FILE_UNKNOWN"] * 2)
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/evidence/1", "/evidence/3"]
    person = str(UUID(int=ledger.org["m04"].int ^ 1))
    [asked] = told
    assert asked.pop("file_ids") == sorted({str(own), str(strange), str(other)})
    assert asked == {
        "person_id": person, "org_id": str(ledger.org["m04"]), "is_official": False,
    }  # fmt: skip
    both = await lost(ledger, strange, occurred_on="2026-01-21")
    assert codes(both) == ["FILE_UNKNOWN", "DAY_IN_FUTURE"]
    hidden = await lost(ledger, strange, center_id=str(ledger.center["c08"]))
    assert (hidden.status_code, hidden.json()["code"]) == (404, "NOT_FOUND")
    told.clear()
    key = str(uuid4())
    assert (await lost(ledger, key=key)).status_code == 201
    assert told == []  # Nothing is named, and nobody is asked.
    first = await lost(ledger, own, key="k")
    again = await lost(ledger, own, key="k")
    assert (first.status_code, again.json(), len(told)) == (201, first.json(), 1)


@pytest.mark.requirement("A117")
@pytest.mark.refusing
async def test_with_the_registry_away_nothing_is_stored(ledger: Ledger) -> None:
    parts = [{"org_id": str(ledger.org[n]), "ppm": 500_000} for n in ("m04", "m09")]
    await ledger.signed("m04", "m09", risk_shares=parts)

    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away", request=request)

    usual = ledger.service.neighbours.answers[EVIDENCE]
    ledger.service.neighbours.answers[EVIDENCE] = silent
    away = await lost(ledger, uuid4(), key="k")
    assert (away.status_code, away.json()["code"]) == (503, "UNAVAILABLE")
    assert away.headers["Retry-After"] == "1"
    # What names no file needs no registry.
    assert (await lost(ledger)).status_code == 201
    ledger.service.neighbours.answers[EVIDENCE] = usual
    async with ledger.sessions.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM loss_event")) == 1
    # The refusal kept no key: the same request goes through once the registry is back.
    assert (await lost(ledger, uuid4(), key="k")).status_code == 201
