"""Ownership on two clocks, against an oracle that remembers every day as known at each change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ip_ledger.assets import ownership_actions, ownership_rules, proposal_actions, queries
from ip_ledger.assets.ownership_actions import Change
from ip_ledger.assets.ownership_rules import Period
from shared.auth import Actor
from tests.ip_ledger.conftest import Ledger

pytestmark = pytest.mark.anyio

FIRST = date(2024, 1, 1)
DAYS = 40
START = datetime(2026, 1, 20, 2, tzinfo=UTC)

days = st.integers(0, DAYS - 1)
changes = st.lists(st.tuples(days, st.integers(1, 999_999)), min_size=1, max_size=8)


def replayed(steps: Sequence[tuple[int, int]]) -> list[dict[int, int]]:
    """Tell, after each step, which change holds on each day: until the next known change."""
    known: list[dict[int, int]] = [{}]
    starts: set[int] = set()
    for number, (day, _) in enumerate(steps):
        until = min((start for start in starts if start > day), default=DAYS)
        starts.add(day)
        known.append({**known[-1], **dict.fromkeys(range(day, until), number)})
    return known


@dataclass
class Kept:
    """A version as a table would keep it: its days, and when it was known."""

    valid_from: date
    before: date | None
    known_from: int
    known_before: int | None
    step: int


def written(steps: Sequence[tuple[int, int]]) -> list[Kept]:
    """Place each step by the rules under test."""
    rows: list[Kept] = []
    for at, (day, _) in enumerate(steps, start=1):
        open_rows = [row for row in rows if row.known_before is None]
        periods = [Period(_id(row), row.valid_from, row.before) for row in open_rows]
        placed = ownership_rules.placement(periods, FIRST + timedelta(days=day))
        if placed.closed is not None:
            former = next(row for row in open_rows if _id(row) == placed.closed.version_id)
            former.known_before = at
            if placed.restated_before is not None:
                rows.append(Kept(former.valid_from, placed.restated_before, at, None, former.step))
        rows.append(Kept(placed.valid_from, placed.before, at, None, at - 1))
    return rows


def _id(row: Kept) -> Any:
    return (row.valid_from, row.known_from)


@pytest.mark.requirement("A086", "X07")
@given(changes)
def test_any_sequence_of_changes_is_what_the_oracle_remembers(
    steps: list[tuple[int, int]],
) -> None:
    rows = written(steps)
    for at, expected in enumerate(replayed(steps)):
        for day in range(DAYS):
            on = FIRST + timedelta(days=day)
            holding = [
                row.step
                for row in rows
                if row.valid_from <= on
                and (row.before is None or on < row.before)
                and row.known_from <= at
                and (row.known_before is None or at < row.known_before)
            ]
            assert holding == ([expected[day]] if day in expected else [])


@pytest.mark.requirement("A086")
def test_an_earlier_clock_never_comes_before_what_is_known() -> None:
    tick = timedelta(microseconds=1)
    assert ownership_rules.known_from(START, None) == START
    assert ownership_rules.known_from(START, START) == START + tick
    assert ownership_rules.known_from(START, START + tick) == START + 2 * tick
    assert ownership_rules.known_from(START + tick, START) == START + tick


@pytest.mark.requirement("A086", "X07")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=changes, pairs=st.lists(st.tuples(days, st.integers(0, 8)), min_size=5, max_size=5))
async def test_the_database_answers_for_any_day_and_any_instant(
    ledger: Ledger, steps: list[tuple[int, int]], pairs: list[tuple[int, int]]
) -> None:
    asset = await ledger.registered(
        kind="know_how", number=None, filed_on=FIRST.isoformat(), title="工艺"
    )
    owners = [ledger.org["m04"], ledger.org["m09"]]
    actor = Actor(owners[0], "test", frozenset({"member"}), org_id=owners[0])
    other = Actor(owners[1], "test", frozenset({"member"}), org_id=owners[1])
    said: set[Change] = set()
    for number, (day, ppm) in enumerate(steps):
        change = Change(
            valid_from=FIRST + timedelta(days=day),
            cause="correction",
            shares=((owners[0], ppm), (owners[1], 1_000_000 - ppm)),
            consents=tuple(owners),
        )
        async with ledger.sessions.begin() as session:
            if change not in said:
                said.add(change)
                await proposal_actions.consent_ahead(
                    session, other, UUID(asset["id"]), change, now=START, today=START.date()
                )
            await ownership_actions.change_ownership(
                session,
                actor,
                asset_id=UUID(asset["id"]),
                change=change,
                version=number + 1,
                known_orgs=frozenset(owners),
                now=START + timedelta(days=number),
                today=START.date(),
            )
    known = replayed(steps)
    for day, instant in pairs:
        at = min(instant, len(steps))
        as_of = START + timedelta(days=at - 1, hours=1)
        async with ledger.sessions.reading() as session:
            owned = await queries.ownership_on(
                session, UUID(asset["id"]), FIRST + timedelta(days=day), as_of
            )
        expected = known[at].get(day)
        assert (None if owned is None else dict(owned.shares)[owners[0]]) == (
            None if expected is None else steps[expected][1]
        )
