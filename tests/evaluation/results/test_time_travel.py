"""What became known after the cut-off changes nothing, whatever it is and whenever one asks."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.cycles.clients import Gathered, Window, gather, window_of
from evaluation.cycles.rules import CycleKind
from evaluation.cycles.tables import EvaluationCase, EvaluationCycle
from evaluation.results import rules
from evaluation.schemes.rules import Source
from shared.client import ServiceClient
from shared.database import new_id
from tests.evaluation.results.random_years import random_year

CUTOFF = datetime(2028, 1, 31, 16, tzinfo=UTC)
# Seconds from the cut-off; the instant itself still counts.
before = st.integers(-(10**7), 0)
after = st.integers(1, 10**7)


@dataclass
class Feeds:
    """Feeds that answer `as_of` as the registry and the ip-ledger do."""

    facts: Mapping[str, list[dict[str, Any]]]

    async def get(self, service: str, path: str, params: Mapping[str, Any]) -> Any:
        if path.endswith("/events"):
            return {"last_position": 7}
        if path.endswith("/plan-targets"):
            return {"plan_version": 1, "filed_at": None, "targets": []}
        known_at = datetime.fromisoformat(params["as_of"])
        known = [one for one in self.facts[service] if one["recorded_at"] <= known_at]
        superseded = {one["supersedes_id"]: one["id"] for one in known}
        items = [
            {**one, "superseded_by_id": superseded.get(one["id"]), "recorded_at": None}
            for one in known
        ]
        at = int(params["cursor"] or 0)
        more = str(at + 7) if at + 7 < len(items) else None
        return {"items": items[at : at + 7], "next_cursor": more}


def asked(feeds: Feeds, window: Window) -> Gathered:
    class Client(ServiceClient):
        def __init__(self) -> None:
            """Ask nobody but the feeds."""

        async def get(self, service: str, path: str, params: Any = None) -> Any:  # type: ignore[override]
            return await feeds.get(service, path, params)

    return asyncio.run(gather(Client(), window))


def window(now: datetime) -> Window:
    cycle = EvaluationCycle(
        kind=CycleKind.ANNUAL_EVALUATION, year=2027, scheme_id=new_id(), weight_profile="default",
        period_from=date(2027, 1, 1), period_until=date(2027, 12, 31), due_on=date(2028, 3, 31),
        grace_days=30, cutoff_at=CUTOFF, min_months_listed=12, created_at=CUTOFF, opened_at=CUTOFF,
    )  # fmt: skip
    case = EvaluationCase(
        cycle_id=cycle.id, center_id=UUID(int=1), kind=cycle.kind, year=2027,
        scheme_id=cycle.scheme_id, profile="default", weights={}, created_at=CUTOFF,
    )  # fmt: skip
    return window_of(case, cycle, now)


def _later(one: dict[str, Any], number: int, seconds: int, corrects: str | None) -> dict[str, Any]:
    payload = {**one["payload"], "amount": "9", "who": "z"}
    return {
        **one, "id": f"later{number}", "payload": payload, "supersedes_id": corrects,
        "recorded_at": CUTOFF + timedelta(seconds=seconds),
    }  # fmt: skip


@pytest.mark.requirement("X13")
@given(data=st.data(), seed=st.integers(0, 2**40))
def test_facts_and_corrections_from_after_the_cutoff_change_no_byte(
    data: st.DataObject, seed: int
) -> None:
    year = random_year(seed)
    known, later = {}, {}
    for service, name in (("registry", "registry"), ("ip-ledger", "ip_ledger")):
        rows = [
            {**one, "recorded_at": CUTOFF + timedelta(seconds=data.draw(before)),
             "supersedes_id": None}
            for one in year.snapshot["facts"][name]
        ]  # fmt: skip
        news = [
            _later(one, at, data.draw(after), data.draw(st.sampled_from([None, one["id"]])))
            for at, one in enumerate(rows)
            if data.draw(st.booleans())
        ]
        known[service], later[service] = rows, [*news, *rows]

    first = asked(Feeds(known), window(CUTOFF))
    second = asked(Feeds(later), window(CUTOFF + timedelta(seconds=data.draw(after))))
    assert second == first
    assert _hash(year.inputs(), second) == _hash(year.inputs(), first)


def _hash(inputs: Any, gathered: Gathered) -> str:
    facts = {
        **inputs.facts, Source.REGISTRY: gathered.registry, Source.IP_LEDGER: gathered.ip_ledger,
    }  # fmt: skip
    return rules.compute(replace(inputs, facts=facts)).result_hash


@pytest.mark.requirement("X13")
def test_a_correction_from_before_the_cutoff_takes_the_place_of_what_it_corrects() -> None:
    one: dict[str, Any] = {
        "id": "a", "kind": "training", "payload": {}, "supersedes_id": None,
        "recorded_at": CUTOFF - timedelta(days=2),
    }  # fmt: skip
    for seconds, ids in [(0, ["later0"]), (1, ["a"])]:
        rows = [one, _later(one, 0, seconds, "a")]
        found = asked(Feeds({"registry": rows, "ip-ledger": []}), window(CUTOFF))
        assert [fact["id"] for fact in found.registry] == ids
