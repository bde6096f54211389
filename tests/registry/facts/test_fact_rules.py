"""What makes a fact right, judged without any database."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.centers.rules import Stage
from registry.facts import rules
from registry.facts.actions import sent
from registry.facts.rules import ChainStage, FactKind, NewFact, Period, Standing
from shared.database import new_id
from shared.rules import failed_codes

TODAY = date(2027, 6, 1)
JOINED, LEFT = date(2026, 3, 10), date(2026, 12, 31)
DAYS = st.dates(date(2016, 1, 1), date(2040, 12, 31))


def fact(kind: FactKind = FactKind.TRAINING, **over: Any) -> NewFact:
    values: dict[str, Any] = {
        "center_id": new_id(),
        "kind": kind,
        "occurred_on": TODAY,
        "external_id": "1",
        "payload": {},
    }
    return NewFact(**{**values, **over})


@pytest.mark.requirement("X04")
@pytest.mark.parametrize(
    ("day", "belongs"),
    [
        (JOINED - timedelta(days=1), False),
        (JOINED, True),
        (LEFT, True),
        (LEFT + timedelta(days=1), False),
    ],
)
def test_the_first_and_the_last_day_of_a_membership_count(day: date, *, belongs: bool) -> None:
    assert Period(JOINED, LEFT).covers(day) is belongs


@given(DAYS, DAYS)
def test_who_runs_a_centre_belongs_to_it_on_every_day(first: date, second: date) -> None:
    assert Standing(Stage.PILOT, operates=True, periods=()).belongs(first, second)
    assert not Standing(Stage.PILOT, operates=False, periods=()).belongs(first, second)


@pytest.mark.refusing
@pytest.mark.parametrize("stage", [Stage.SUSPENDED, Stage.DELISTED, Stage.DISSOLVED])
def test_a_closed_centre_takes_nothing(stage: Stage) -> None:
    standing = Standing(stage, operates=True, periods=())
    assert failed_codes(rules.standing_checks(standing, TODAY, TODAY)) == ["STATE_CONFLICT"]


@pytest.mark.requirement("A062")
@pytest.mark.parametrize("stage", list(Stage))
def test_what_was_booked_is_told_everywhere_but_at_a_suspended_centre(stage: Stage) -> None:
    standing = Standing(stage, operates=True, periods=())
    expected = ["STATE_CONFLICT"] if stage is Stage.SUSPENDED else []
    told = rules.standing_checks(standing, TODAY, TODAY, by_booking=True)
    assert failed_codes(told) == expected


@pytest.mark.requirement("A019")
def test_every_activity_implies_its_link_or_has_to_tell_it() -> None:
    assert set(rules.IMPLIED_STAGES) == rules.ACTIVITIES - rules.TOLD_STAGES
    ordered = fact(FactKind.SERVICE, payload={"catalog_code": "commissioned_rd"})
    assert ordered.stage is ChainStage.RD_SUPPLY
    said = fact(FactKind.SERVICE, chain_stage=ChainStage.FIRST_COMMERCIALIZATION)
    assert said.stage is ChainStage.FIRST_COMMERCIALIZATION
    assert fact(FactKind.TRAINING).stage is None


@pytest.mark.requirement("A019")
@pytest.mark.refusing
def test_a_project_without_its_link_is_refused() -> None:
    project = fact(FactKind.PROJECT, payload={"source": "self"})
    assert failed_codes(rules.content_checks(project, set(), TODAY)) == ["CHAIN_STAGE_MISSING"]


@pytest.mark.parametrize(("days", "passed"), [(-1, True), (0, True), (1, False)])
def test_a_fact_has_happened(days: int, *, passed: bool) -> None:
    told = fact(occurred_on=TODAY + timedelta(days=days))
    assert (failed_codes(rules.content_checks(told, set(), TODAY)) == []) is passed


@pytest.mark.requirement("X13")
@pytest.mark.parametrize("read_on", [TODAY - timedelta(days=1), TODAY, None])
def test_a_row_that_was_read_before_midnight_is_judged_by_the_day_on_which_it_is_kept(
    read_on: date | None,
) -> None:
    row = sent(fact(occurred_on=TODAY), read_on)
    assert failed_codes(row.refused_on(TODAY)) == []
    assert failed_codes(row.refused_on(TODAY - timedelta(days=1))) == ["DAY_IN_FUTURE"]


@pytest.mark.parametrize("order", [1, -1])
def test_codes_come_in_one_order_however_they_were_sent(order: int) -> None:
    payload = {
        "client_uscc": "91310115fake00013u", "uscc": "x", "investor_uscc": "y", "title": "z",
        "partner_usccs": ["a", "b"],
    }  # fmt: skip
    told = fact(payload=dict(sorted(payload.items())[::order]))
    assert [place for place, _ in told.codes()] == [
        "client_uscc", "uscc", "investor_uscc", "partner_usccs/0", "partner_usccs/1",
    ]  # fmt: skip
    assert told.partner_uscc == "91310115FAKE00013U"
    assert fact(payload={"investor_uscc": "y", "client_uscc": None}).partner_uscc is None


@pytest.mark.requirement("A062")
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_shared_hours_are_part_of_all_hours(hours: int, shared: int) -> None:
    usage = fact(FactKind.RESOURCE_USAGE, payload={"hours": hours, "shared_hours": str(shared)})
    codes = failed_codes(rules.content_checks(usage, set(), TODAY))
    assert codes == ([] if shared <= hours else ["AMOUNT_EXCEEDED"])


@pytest.mark.requirement("A089")
@pytest.mark.parametrize(
    ("source", "contract", "codes"),
    [
        ("self", None, []),
        ("commissioned", "26310001000001", []),
        ("commissioned", None, ["FIELD_MISSING"]),
    ],
)
def test_commissioned_research_names_its_contract(
    source: str, contract: str | None, codes: list[str]
) -> None:
    project = fact(
        FactKind.PROJECT,
        payload={"source": source, "contract_ref": contract},
        chain_stage=ChainStage.RD_SUPPLY,
    )
    assert failed_codes(rules.content_checks(project, set(), TODAY)) == codes


@pytest.mark.requirement("X05")
def test_a_reference_is_repeated_with_the_same_content_only() -> None:
    assert failed_codes(rules.repeat_checks(None, "a")) == []
    assert failed_codes(rules.repeat_checks("a", "a")) == []
    assert failed_codes(rules.repeat_checks("a", "b")) == ["EXTERNAL_ID_MISMATCH"]


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_a_correction_names_every_reason_against_it() -> None:
    own = new_id()
    checks = rules.correction_checks(
        own,
        new_id(),
        operates=False,
        superseded_by=new_id(),
        kinds=(FactKind.SERVICE, FactKind.TRAINING),
    )
    assert failed_codes(checks) == ["FORBIDDEN_SCOPE", "FIELD_INVALID", "FACT_SUPERSEDED"]
    fine = rules.correction_checks(
        own, own, operates=False, superseded_by=None, kinds=(FactKind.SERVICE,) * 2
    )
    assert failed_codes(fine) == []


@pytest.mark.requirement("X07")
def test_a_superseded_fact_names_the_one_in_its_place() -> None:
    own, later = new_id(), new_id()
    for superseded_by, figures in ((later, {"superseded_by_id": str(later)}), (None, {})):
        *_, check = rules.correction_checks(
            own, own, operates=False, superseded_by=superseded_by, kinds=(FactKind.SERVICE,) * 2
        )
        assert (check.passed, dict(check.params)) == (superseded_by is None, figures)


@pytest.mark.requirement("X04")
@pytest.mark.parametrize(
    ("occurred_on", "today", "codes"),
    [
        (JOINED, TODAY, []),
        (LEFT, TODAY, []),
        (JOINED - timedelta(days=1), TODAY, ["NOT_FOUND"]),
        (LEFT + timedelta(days=1), TODAY, ["NOT_FOUND"]),
        # While it is one it sees the centre, and is told which days are its own.
        (JOINED, LEFT, []),
        (JOINED - timedelta(days=1), LEFT, ["DAY_NOT_OF_MEMBERSHIP"]),
    ],
)
def test_a_former_member_tells_what_it_did_in_its_time(
    occurred_on: date, today: date, codes: list[str]
) -> None:
    standing = Standing(Stage.PILOT, operates=False, periods=(Period(JOINED, LEFT),))
    assert failed_codes(rules.standing_checks(standing, occurred_on, today)) == codes
    assert failed_codes(rules.standing_checks(None, occurred_on, today)) == ["NOT_FOUND"]
    # Of a centre that is not one's own nothing else is told either.
    suspended = Standing(Stage.SUSPENDED, operates=False, periods=())
    assert failed_codes(rules.standing_checks(suspended, occurred_on, today)) == ["NOT_FOUND"]


@pytest.mark.requirement("X04")
@pytest.mark.parametrize(
    ("occurred_on", "codes"),
    [
        (JOINED, []),
        (LEFT, []),
        # Between two memberships, and before the second one's first day.
        (LEFT + timedelta(days=1), ["DAY_NOT_OF_MEMBERSHIP"]),
        (date(2027, 2, 28), ["DAY_NOT_OF_MEMBERSHIP"]),
        (date(2027, 3, 1), []),
        (TODAY, []),
    ],
)
def test_a_late_joiner_tells_of_its_own_days_and_who_runs_the_centre_of_all(
    occurred_on: date, codes: list[str]
) -> None:
    periods = (Period(JOINED, LEFT), Period(date(2027, 3, 1), None))
    member = Standing(Stage.PILOT, operates=False, periods=periods)
    checks = rules.standing_checks(member, occurred_on, TODAY)
    assert failed_codes(checks) == codes
    own = [check for check in checks if check.code == "DAY_NOT_OF_MEMBERSHIP"]
    assert [check.params["days"] for check in own] == [["2026-03-10/2026-12-31", "2027-03-01/"]]
    operator = Standing(Stage.PILOT, operates=True, periods=(Period(date(2027, 3, 1), None),))
    assert failed_codes(rules.standing_checks(operator, occurred_on, TODAY)) == []
    told = rules.standing_checks(member, occurred_on, TODAY, by_booking=True)
    assert failed_codes(told) == []


@pytest.mark.requirement("X04")
def test_who_joins_with_the_listing_tells_of_any_day_until_then() -> None:
    promised = Standing(Stage.CANDIDATE, operates=False, periods=(Period(None, None),))
    assert failed_codes(rules.standing_checks(promised, TODAY, TODAY)) == []
    assert failed_codes(rules.standing_checks(promised, date(2016, 1, 1), TODAY)) == []


@pytest.mark.requirement("X04", "X07")
@pytest.mark.parametrize(
    ("kept_on", "corrected_on", "codes"),
    [
        (JOINED, LEFT, []),
        (JOINED, LEFT + timedelta(days=1), ["DAY_NOT_OF_MEMBERSHIP"]),
        (JOINED, JOINED - timedelta(days=1), ["DAY_NOT_OF_MEMBERSHIP"]),
        # What was told of such a day before is corrected on it, or into one's own time.
        (JOINED - timedelta(days=1), JOINED - timedelta(days=1), []),
        (JOINED - timedelta(days=1), JOINED, []),
        (JOINED - timedelta(days=1), JOINED - timedelta(days=2), ["DAY_NOT_OF_MEMBERSHIP"]),
    ],
)
def test_a_correction_leaves_the_day_or_stays_in_ones_own_time(
    kept_on: date, corrected_on: date, codes: list[str]
) -> None:
    member = Standing(Stage.PILOT, operates=False, periods=(Period(JOINED, LEFT),))
    assert failed_codes(rules.moving_checks(member, kept_on, corrected_on)) == codes
    operator = Standing(Stage.PILOT, operates=True, periods=())
    assert failed_codes(rules.moving_checks(operator, kept_on, corrected_on)) == []
    # Who never belonged is told that the fact is not his, and nothing of days.
    assert rules.moving_checks(None, kept_on, corrected_on) == []


@pytest.mark.refusing
@pytest.mark.parametrize("stage", list(Stage))
def test_a_centre_takes_facts_until_it_ends(stage: Stage) -> None:
    closed = {Stage.SUSPENDED, Stage.DELISTED, Stage.DISSOLVED}
    assert failed_codes(rules.writing_checks(stage)) == ["STATE_CONFLICT"] * (stage in closed)


@pytest.mark.requirement("A062")
@pytest.mark.parametrize(
    ("reference", "by_booking", "passed"),
    [("booking:1", True, True), ("booking:1", False, False), ("2026-1", False, True),
     ("2026-1", True, True)],
)  # fmt: skip
def test_what_a_booking_tells_is_told_and_corrected_by_it_alone(
    reference: str, *, by_booking: bool, passed: bool
) -> None:
    told = rules.reference_checks(reference, by_booking=by_booking)
    assert failed_codes(told) == ([] if passed else ["REFERENCE_RESERVED"])
    corrected = rules.booked_checks(reference, by_booking=by_booking)
    assert failed_codes(corrected) == ([] if passed else ["FACT_OF_BOOKING"])


@pytest.mark.requirement("A027")
@pytest.mark.parametrize(
    ("kind", "verifier", "codes"),
    [
        (FactKind.BREAKTHROUGH, "91310115FAKE00013U", []),
        (FactKind.BREAKTHROUGH, "91310115fake00275k", ["VERIFIER_CONCERNED"]),
        (FactKind.TRAINING, "91310115FAKE00275K", []),
    ],
)
def test_a_breakthrough_is_verified_by_a_third_party(
    kind: FactKind, verifier: str, codes: list[str]
) -> None:
    told = fact(kind, payload={"verified_by_uscc": verifier})
    assert failed_codes(rules.verifier_checks(told, {"91310115FAKE00275K"})) == codes


@pytest.mark.requirement("A019")
def test_a_link_for_which_nothing_was_done_is_missing() -> None:
    assert rules.missing_stages({}) == list(ChainStage)
    counts = {ChainStage.RD_SUPPLY: 1, ChainStage.FIRST_COMMERCIALIZATION: 0}
    assert rules.missing_stages(counts) == [
        ChainStage.TRANSFER_DIFFUSION, ChainStage.FIRST_COMMERCIALIZATION,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "first", "last", "payload"),
    [
        (FactKind.JOINT_TRAINING, "starts_on", "ends_on", {}),
        (FactKind.INTERNATIONAL_PROJECT, "starts_on", "ends_on", {}),
        (FactKind.INCUBATION, "founded_on", "alive_on", {}),
    ],
)
def test_what_ends_does_not_end_before_it_begins(
    kind: FactKind, first: str, last: str, payload: dict[str, Any]
) -> None:
    for begun, ended, ordered in (
        ("2026-03-01", "2026-03-01", True),
        ("2026-03-02", "2026-03-01", False),
        (None, "2026-03-01", True),
    ):
        told = fact(
            kind, payload={**payload, first: begun, last: ended},
            chain_stage=ChainStage.TRANSFER_DIFFUSION,
        )  # fmt: skip
        codes = failed_codes(rules.content_checks(told, set(), TODAY))
        assert codes == ([] if ordered else ["DAYS_REVERSED"])


def test_a_site_may_close_on_the_day_on_which_it_opens_and_no_sooner() -> None:
    for closed_on, codes in (("2027-05-31", []), ("2027-05-30", ["DAYS_REVERSED"])):
        site = fact(
            FactKind.SITE, occurred_on=date(2027, 5, 31),
            payload={"region_code": "310115", "closed_on": closed_on},
        )  # fmt: skip
        assert failed_codes(rules.content_checks(site, set(), TODAY)) == codes


@pytest.mark.requirement("A039")
def test_an_event_for_talents_is_at_home_where_nothing_else_is_told() -> None:
    told = fact(FactKind.TALENT_EVENT, payload={"event": "contest"})
    assert failed_codes(rules.content_checks(told, set(), TODAY)) == []


def test_two_codes_come_in_the_order_of_all_fields() -> None:
    told = fact(payload={"uscc": "91310115FAKE00013U", "client_uscc": "91310115FAKE00275K"})
    assert [place for place, _ in told.codes()] == ["client_uscc", "uscc"]
    assert told.partner_uscc == "91310115FAKE00275K"


def test_codes_are_kept_in_upper_case_wherever_they_stand() -> None:
    sent_as = {"client_uscc": "91310115fake00013u", "partner_usccs": ["91310115fake00275k"]}
    kept = {"client_uscc": "91310115FAKE00013U", "partner_usccs": ["91310115FAKE00275K"]}
    assert fact(payload={**sent_as, "title": "z"}).stored_form().payload == {**kept, "title": "z"}
    for name in sent_as:
        told = fact(payload={name: sent_as[name], "partner": None})
        assert told.stored_form().payload == {name: kept[name], "partner": None}
    written = fact(payload=kept)
    assert written.stored_form() is written
