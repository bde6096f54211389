"""Every hot statement about facts says which centre it is about (decision 0705)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from tests.registry.facts.conftest import House

pytestmark = pytest.mark.anyio

# Rows of these are spread by their centre; whoever asks without it asks every machine.
SPREAD = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(fact|membership|event|resource_booking)\b")


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """Note what is sent to the database meanwhile."""
    noted: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        noted.append(statement)

    engine = house.registry.app.state.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield noted
    finally:
        event.remove(engine, "before_cursor_execute", note)


# The row that was just written, read once more for its answer: by its key, and by nothing else.
JUST_WRITTEN = re.compile(r"WHERE fact\.id = \$1::UUID\s*$")


def without_a_centre(noted: list[str]) -> list[str]:
    return [
        one
        for one in noted
        if SPREAD.search(one) and "center_id" not in judged(one) and not JUST_WRITTEN.search(one)
    ]


def judged(statement: str) -> str:
    """Give the part that says which rows: what is shown of them does not."""
    return statement if "INSERT INTO" in statement else statement.partition("WHERE")[2]


async def test_facts_are_posted_and_read_by_their_centre(house: House) -> None:
    query = {"center_id": str(house.center_id)}
    with statements(house) as noted:
        assert (await house.post(house.lead, "key-1")).status_code == 201
        async with house.caller(house.lead) as caller:
            answer = await caller.get("/v1/registry/facts", params=query)
            assert answer.status_code == 200, answer.text
    assert any(SPREAD.search(one) for one in noted)
    assert without_a_centre(noted) == []


async def test_a_feed_of_one_centre_is_read_by_it(house: House) -> None:
    await house.post(house.lead, "key-1")
    async with house.caller(house.lead) as caller:
        with statements(house) as noted:
            assert (await caller.get("/v1/registry/events")).status_code == 200
    assert without_a_centre(noted) == []


def test_a_statement_without_a_centre_is_noticed() -> None:
    assert without_a_centre(["SELECT center_id FROM fact WHERE kind = $1"]) != []
    assert without_a_centre(["SELECT id FROM fact WHERE center_id = $1"]) == []
