"""Every hot statement about facts says which centre it is about (decision 0705)."""

import pytest

from tests.fixtures.spreading import about_centres, by_key_alone, lost, statements
from tests.registry.facts.conftest import House

pytestmark = pytest.mark.anyio

# Which centres a reader follows is asked by its organizations, of every machine, once a reading.
WHOSE = "FROM membership \nWHERE membership.org_id IN"
# The row that was just written, read once more for its answer: by its key, and by nothing else.
JUST_WRITTEN = "WHERE fact.id = $1::UUID"


async def test_facts_are_posted_and_read_by_their_centre(house: House) -> None:
    query = {"center_id": str(house.center_id)}
    async with statements(house.registry.app.state.database) as noted:
        assert (await house.post(house.lead, "key-1")).status_code == 201
        async with house.caller(house.lead) as caller:
            answer = await caller.get("/v1/registry/facts", params=query)
            assert answer.status_code == 200, answer.text
    assert about_centres("registry", noted)
    assert lost("registry", noted) == []
    facts = [one for one in by_key_alone("registry", noted) if "FROM fact" in one]
    assert all(one.rstrip().endswith(JUST_WRITTEN) for one in facts), facts


async def test_a_feed_of_one_centre_is_read_by_it(house: House) -> None:
    await house.post(house.lead, "key-1")
    database = house.registry.app.state.database
    async with house.caller(house.lead) as caller, statements(database) as noted:
        assert (await caller.get("/v1/registry/events")).status_code == 200
    assert about_centres("registry", noted)
    assert [one for one in lost("registry", noted) if WHOSE not in one] == []
    assert len([one for one in noted if WHOSE in one]) == 1


@pytest.mark.parametrize(
    ("statement", "is_lost", "is_by_key"),
    [
        ("SELECT center_id FROM fact WHERE kind = $1", True, True),
        ("SELECT kind FROM fact WHERE kind = $1 ORDER BY center_id, id", True, True),
        ("SELECT id FROM fact WHERE center_id = $1", False, False),
        ("SELECT kind FROM fact WHERE id = $1", False, True),
        ("INSERT INTO fact (id, center_id) VALUES ($1, $2) RETURNING id", False, False),
        ("SELECT name FROM organization WHERE name = $1", False, False),
    ],
)
def test_a_statement_without_a_centre_is_noticed(
    statement: str, *, is_lost: bool, is_by_key: bool
) -> None:
    assert bool(lost("registry", [statement])) is is_lost
    assert bool(by_key_alone("registry", [statement])) is is_by_key
