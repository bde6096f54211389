"""A register with votes, resolutions and seats goes up from before their rules, and back."""

import json
from collections.abc import Callable
from typing import Final

import pytest
from alembic import command

from shared.database.migrate import configuration
from tests.fixtures.postgres import TestDatabase
from zhichuang.postgres import PostgreSQL


def made_id(number: int) -> str:
    return f"01900000-0000-7000-8000-{number:012d}"


ONE, TWO, CENTER, UNTOLD, ENDED, BODY = (made_id(number) for number in range(1, 7))
PERSON, SEAT, LATER, RESOLUTION, PLAN = (made_id(number) for number in range(7, 12))
ORGANIZATION: Final = """
    INSERT INTO organization (id, version, uscc, name, org_type, legal_person_kind, region_code,
                              registered_on, is_sme, is_leading, is_backbone)
    VALUES ('{id}', 1, '{uscc}', '示例', 'enterprise', 'independent', '310115', '2015-01-01',
            false, false, false)
"""
CENTERS: Final = f"""
    INSERT INTO center (id, version, name, model_type, applicant_form, field_codes, stage, level,
                        lead_sponsor_id, created_at)
    SELECT id::uuid, 1, '中心', 'enterprise', 'legal_entity', '{{integrated_circuit}}', 'pilot',
           'municipal', '{ONE}', '2026-01-01Z'
    FROM unnest(ARRAY['{CENTER}', '{UNTOLD}', '{ENDED}']) AS id
"""  # noqa: S608 - ids of this test
RIGHT: Final = """
    INSERT INTO voting_right (center_id, organ, holder_org_id, share_ppm, basis, id)
    VALUES ('{center}', '{organ}', '{holder}', {ppm}, 'capital_ratio', uuidv7())
"""
EVENT: Final = """
    INSERT INTO event (id, type, subject_id, center_id, data, recorded_at)
    VALUES (uuidv7(), '{type}', '{center}', '{center}', '{data}', '{at}')
"""
BODIES: Final = f"""
    INSERT INTO governance_body (id, center_id, kind, term_from)
    VALUES ('{BODY}', '{CENTER}', 'decision', '2026-01-01');
    INSERT INTO resolution (id, center_id, body_id, matter, text, resolved_on, for_ppm,
                            against_ppm, abstain_ppm, passed)
    VALUES ('{RESOLUTION}', '{CENTER}', '{BODY}', 'plan', '通过', '2026-02-01', 650000, 0, 0, true)
"""  # noqa: S608 - ids of this test
SEATS: Final = """
    INSERT INTO body_seat (id, body_id, person_id, sector, independent, from_on, until_on)
    VALUES ('{id}', '{body}', '{person}', 'industry', false, '{first}', {last})
"""
TABLES: Final = """
    SELECT json_agg(json_build_object(
        'center', center_id, 'organ', organ, 'since', in_force_on, 'set', set_at, 'holders',
        (SELECT json_object_agg(one ->> 'holder_org_id', one -> 'share_ppm')
           FROM jsonb_array_elements(holders) AS one)
    ) ORDER BY center_id, organ) FROM voting_table
"""
RIGHTS: Final = "SELECT md5(string_agg(r::text, '|' ORDER BY r.id)) FROM voting_right AS r"


class Older:
    """A register that goes to a version of its history, and is asked and filled by SQL."""

    def __init__(self, server: PostgreSQL, own: TestDatabase, version: str) -> None:
        self.server, self.own = server, own
        self.config = configuration("registry", own.owner_url)
        command.downgrade(self.config, version)
        for number, org_id in enumerate((ONE, TWO)):
            self.ask(ORGANIZATION.format(id=org_id, uscc=f"91310115FAKE0000{number}X"))
        self.ask(CENTERS)

    def ask(self, statement: str) -> str:
        return self.server.execute(statement, database=self.own.name).strip()

    def up(self) -> None:
        command.upgrade(self.config, "head")


@pytest.mark.requirement("A085", "A078")
def test_votes_that_stand_are_entered_as_tables_and_stay_when_the_register_goes_back(
    database: Callable[[str], TestDatabase], postgres_server: PostgreSQL
) -> None:
    older = Older(postgres_server, database("registry"), "0023")
    older.ask(BODIES)
    for center, organ, holder, ppm in (
        (CENTER, "shareholders", ONE, 600_000),
        (CENTER, "shareholders", TWO, 400_000),
        # A member has left: what is left is no whole, and is entered as it stands.
        (CENTER, "board", ONE, 700_000),
        (UNTOLD, "shareholders", ONE, 1_000_000),
    ):
        older.ask(RIGHT.format(center=center, organ=organ, holder=holder, ppm=ppm))
    for kind, center, data, at in (
        ("votes.set", CENTER, {"organ": "shareholders"}, "2026-02-01T02:00:00Z"),
        # The last one counts, and this instant is the next day in Shanghai.
        ("votes.set", CENTER, {"organ": "shareholders"}, "2026-03-01T16:00:00Z"),
        ("votes.set", CENTER, {"organ": "board"}, "2026-02-01T02:00:00Z"),
        ("votes.ended", CENTER, {"votes": {"board": 300_000}}, "2026-04-10T02:00:00Z"),
        ("votes.ended", ENDED, {"votes": {"board": 300_000}}, "2026-04-11T02:00:00Z"),
    ):
        older.ask(EVENT.format(type=kind, center=center, data=json.dumps(data), at=at))
    before = older.ask(RIGHTS)

    older.up()
    board, shareholders, untold = json.loads(older.ask(TABLES))
    assert (shareholders["center"], shareholders["organ"]) == (CENTER, "shareholders")
    assert (shareholders["since"], shareholders["holders"]) == (
        "2026-03-02", {ONE: 600_000, TWO: 400_000},
    )  # fmt: skip
    assert (board["organ"], board["since"], board["holders"]) == (
        "board", "2026-04-10", {ONE: 700_000},
    )  # fmt: skip
    # Of one of which no event tells it is known since the last one that it holds.
    assert (untold["center"], untold["since"], untold["holders"]) == (
        UNTOLD, "2026-04-11", {ONE: 1_000_000},
    )  # fmt: skip
    assert older.ask("SELECT voting_table_id IS NULL FROM resolution") == "t"
    assert older.ask("SELECT count(*) FROM voting_right WHERE as_shareholder") == "0"

    # A person's votes have no place in the older register, whose other rows are as they were.
    older.ask(
        "INSERT INTO voting_right (center_id, organ, holder_person_id, as_shareholder, share_ppm,"  # noqa: S608 - ids of this test
        f" basis, id) VALUES ('{CENTER}', 'shareholders', uuidv7(), true, 1, 'charter', uuidv7())"
    )
    command.downgrade(older.config, "0023")
    assert older.ask(RIGHTS) == before
    older.up()
    assert len(json.loads(older.ask(TABLES))) == 3


@pytest.mark.requirement("A076")
def test_a_register_with_two_seats_of_one_person_is_told_which_and_stays(
    database: Callable[[str], TestDatabase], postgres_server: PostgreSQL
) -> None:
    older = Older(postgres_server, database("registry"), "0022")
    older.ask(BODIES)
    seats = {"body": BODY, "person": PERSON}
    older.ask(SEATS.format(id=SEAT, first="2026-01-01", last="'2026-06-30'", **seats))
    # The last day counts: on it there are two.
    older.ask(SEATS.format(id=LATER, first="2026-06-30", last="NULL", **seats))
    for number in (1, 2):
        older.ask(
            "INSERT INTO development_plan (id, version, center_id, number, state, horizon_years,"  # noqa: S608 - ids of this test
            f" parts, approved_resolution_id) VALUES ('{made_id(20 + number)}', 1, '{CENTER}',"
            f" {number}, 'approved', 5, '[]', '{RESOLUTION}')"
        )
    with pytest.raises(SystemExit) as stopped:
        older.up()
    told = str(stopped.value)
    for named in (SEAT, LATER, PERSON, f"/bodies/{BODY}/seats/", made_id(21), made_id(22)):
        assert named in told
    assert older.ask("SELECT version_num FROM alembic_version") == "0022"

    older.ask("UPDATE body_seat SET until_on = '2026-06-29' WHERE until_on IS NOT NULL")
    older.ask("UPDATE development_plan SET approved_resolution_id = NULL WHERE number = 1")
    older.up()
    assert older.ask("SELECT count(*) FROM body_seat") == "2"
