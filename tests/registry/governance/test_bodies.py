"""Bodies over HTTP: ties of people, the nightly check, quorum and majority (A075-A080)."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.governance import jobs
from registry.governance.rules import (
    BodyKind,
    Matter,
    Seat,
    Sector,
    Tally,
    Tie,
    TieKind,
    broken_ties,
    carried,
    has_quorum,
    organ_checks,
    representation_checks,
    seat_checks,
    seat_days_checks,
    term_checks,
)
from shared.database import new_id
from shared.rules import failed_codes
from tests.fixtures.service import event_types
from tests.registry.applications.cases import Case, codes
from tests.registry.governance.steps import body_of, govern, own, piloted, seat
from tests.registry.governance.test_governance_rules import MEMBER, OUTSIDER, POLICY

pytestmark = pytest.mark.anyio
FREE = Seat(Sector.SCIENCE, None, independent=True)


@pytest.mark.requirement("A076")
@pytest.mark.refusing
@pytest.mark.parametrize("kind", list(TieKind))
def test_any_tie_to_a_member_breaks_independence(kind: TieKind) -> None:
    tied, elsewhere = Tie(MEMBER, kind), Tie(OUTSIDER, kind)
    refused = seat_checks(BodyKind.DECISION, FREE, {MEMBER}, [tied, elsewhere])
    [check] = [check for check in refused if not check.passed]
    assert check.code == "INDEPENDENCE_BROKEN"
    assert check.params["ties"] == [{"org_id": str(MEMBER), "kind": kind.value}]


@pytest.mark.requirement("A076")
@pytest.mark.parametrize("kind", list(TieKind))
def test_a_tie_to_others_and_a_seat_that_claims_no_independence_pass(kind: TieKind) -> None:
    tied, elsewhere = Tie(MEMBER, kind), Tie(OUTSIDER, kind)
    assert failed_codes(seat_checks(BodyKind.DECISION, FREE, {MEMBER}, [elsewhere])) == []
    own_seat = Seat(Sector.SCIENCE, MEMBER, independent=False)
    assert failed_codes(seat_checks(BodyKind.DECISION, own_seat, {MEMBER}, [tied])) == []


def test_ties_are_told_once_and_in_one_order() -> None:
    one, two = Tie(MEMBER, TieKind.BOARD), Tie(MEMBER, TieKind.EMPLOYMENT)
    assert broken_ties([two, one, two], {MEMBER}) == [one, two]


@pytest.mark.requirement("A077")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("held", "of", "warned"), [(1, 2, False), (2, 3, True), (2, 4, False), (3, 5, True)]
)
def test_a_member_with_more_than_half_of_the_seats_is_pointed_out(
    held: int, of: int, *, warned: bool
) -> None:
    own_seats = [Seat(Sector.INDUSTRY, MEMBER, independent=False)] * held
    others = [Seat(Sector.SCIENCE, None, independent=True)] * (of - held)
    checks = representation_checks(POLICY, [*own_seats, *others], {MEMBER: "enterprise"})
    assert failed_codes(checks) == (["SEAT_MAJORITY"] if warned else [])
    assert not any(check.refuses for check in checks)


@pytest.mark.requirement("A077", "A056")
@pytest.mark.refusing
def test_a_class_without_a_seat_and_organs_not_shown_are_pointed_out() -> None:
    classes = {MEMBER: "enterprise", OUTSIDER: "science"}
    seats = [Seat(Sector.INDUSTRY, MEMBER, independent=False), FREE]
    [check] = [c for c in representation_checks(POLICY, seats, classes) if not c.passed]
    assert (check.code, check.params["missing"]) == ("CLASS_NOT_SEATED", ["science"])
    [organs] = organ_checks(POLICY, {"articles", "board"})
    assert organs.params["missing"] == ["shareholders_meeting", "supervisors"]


@pytest.mark.requirement("A075")
def test_terms_and_seats_last_a_day_or_more() -> None:
    day = date(2026, 4, 2)
    assert failed_codes(term_checks(day, day)) == failed_codes(term_checks(day, None)) == []
    assert failed_codes(seat_days_checks(day, day)) == []
    assert failed_codes(seat_days_checks(day, None)) == []


@pytest.mark.requirement("A075")
@pytest.mark.refusing
def test_terms_and_seats_end_after_they_begin() -> None:
    day, before = date(2026, 4, 2), date(2026, 4, 1)
    assert failed_codes(term_checks(day, before)) == ["DAYS_REVERSED"]
    assert failed_codes(seat_days_checks(day, before)) == ["DAYS_REVERSED"]


@pytest.mark.requirement("A075")
async def test_a_deciding_body_keeps_its_term_and_its_rules_of_procedure(case: Case) -> None:
    await case.listed()
    rules_file = await case.upload("C01")
    terms = {"term_until": "2029-03-09", "rules_file_id": rules_file, "quorum_ppm": 750_000}
    await body_of(case, "decision", **terms)
    [body] = (await own(case, "GET", "bodies")).json()["items"]
    assert {name: body[name] for name in terms} == terms
    assert (body["kind"], body["term_from"]) == ("decision", "2026-03-10")


@pytest.mark.requirement("A075")
@pytest.mark.refusing
async def test_nobody_else_forms_a_body_nor_with_a_file_of_others(case: Case) -> None:
    await case.listed()
    body = {"kind": "decision", "term_from": "2026-03-10"}
    assert codes(await own(case, "POST", "bodies", body, "M04")) == ["FORBIDDEN_SCOPE"]
    foreign = {**body, "rules_file_id": await case.upload("M04")}
    assert (await own(case, "POST", "bodies", foreign)).status_code == 404
    ended = {**body, "term_until": "2026-03-09"}
    assert codes(await own(case, "POST", "bodies", ended)) == ["DAYS_REVERSED"]
    assert (await own(case, "GET", "bodies")).json()["items"] == []


@pytest.mark.requirement("A078")
@pytest.mark.parametrize(
    ("matter", "tally", "passed"),
    [
        (Matter.CAPITAL_CHANGE, Tally(2, 1, 0, total=3), True),
        (Matter.CAPITAL_CHANGE, Tally(65, 35, 0, total=100), False),
        (Matter.CHARTER_CHANGE, Tally(75, 25, 0, total=100), True),
        (Matter.STRATEGY, Tally(2, 2, 0, total=4), False),
        (Matter.STRATEGY, Tally(3, 1, 0, total=4), True),
        (Matter.STRATEGY, Tally(0, 0, 0, total=0), False),
    ],
)
def test_a_matter_is_carried_by_exact_parts_of_all_votes(
    matter: Matter, tally: Tally, *, passed: bool
) -> None:
    assert carried(POLICY, matter, tally, 500_000) is passed


@pytest.mark.requirement("A078")
@given(
    st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(0, 300),
    st.integers(1, 1_000_000), st.sampled_from(list(Matter)),
)  # fmt: skip
def test_more_votes_never_lose_a_matter_and_none_passes_without_a_quorum(
    yes: int, no: int, abstained: int, absent: int, quorum: int, matter: Matter
) -> None:
    total = yes + no + abstained + absent
    tally = Tally(yes, no, abstained, total)
    passed = carried(POLICY, matter, tally, quorum)
    if not has_quorum(tally, quorum):
        assert not passed
    if passed and absent:
        assert carried(POLICY, matter, Tally(yes + 1, no, abstained, total), quorum)
    if passed:
        assert 2 * yes > total


async def ties(case: Case, person: str, org: str, who: Any, **over: Any) -> Any:
    body = {
        "person_id": person, "org_id": str(case.orgs[org]), "kind": "employment",
        "from_on": "2026-03-01", **over,
    }  # fmt: skip
    return await case.call(who, "POST", "/v1/registry/person-ties", body)


@pytest.mark.requirement("A076", "X04")
@pytest.mark.refusing
async def test_a_tie_is_stated_by_the_organization_itself_or_by_an_official(case: Case) -> None:
    person = str(new_id())
    foreign = await ties(case, person, "M02", case.member("M01"))
    assert (foreign.status_code, codes(foreign)) == (403, ["FORBIDDEN_SCOPE"])
    reversed_days = await ties(case, person, "M02", case.member("M02"), until_on="2026-02-01")
    assert codes(reversed_days) == ["DAYS_REVERSED"]
    stated = await ties(case, person, "M02", case.member("M02"))
    assert stated.status_code == 201, stated.text
    path = f"/v1/registry/person-ties/{stated.json()['id']}/end"
    hidden = await case.call(case.member("M01"), "POST", path, {"until_on": "2026-05-01"})
    assert hidden.status_code == 404
    query = f"/v1/registry/person-ties?person_id={person}"
    callers = (
        (case.member("M01"), 0), (case.member("M02"), 1),
        (case.registry.client("member"), 0), (case.official("handler"), 1),
    )  # fmt: skip
    counts = [len((await case.call(who, "GET", query)).json()["items"]) for who, _ in callers]
    assert counts == [count for _, count in callers]
    ended = await case.call(case.official("handler"), "POST", path, {"until_on": "2026-05-01"})
    assert ended.json()["until_on"] == "2026-05-01"


@pytest.mark.requirement("A076")
@pytest.mark.refusing
async def test_who_is_tied_at_the_appointment_is_refused_and_who_is_tied_later_is_flagged(
    case: Case,
) -> None:
    await case.listed()
    employed, free = str(new_id()), str(new_id())
    assert (await ties(case, employed, "M03", case.member("M03"))).status_code == 201
    decision = await body_of(case, "decision")
    path = f"bodies/{decision}/seats"
    tied = await own(case, "POST", path, seat("science", independent=True, person_id=employed))
    assert (tied.status_code, codes(tied)) == (422, ["INDEPENDENCE_BROKEN"])
    taken = await own(case, "POST", path, seat("science", independent=True, person_id=free))
    assert taken.status_code == 201

    assert await jobs.check_night(case.registry.app)
    assert not await jobs.check_night(case.registry.app)
    later = {"from_on": "2026-03-11", "kind": "board"}
    assert (await ties(case, free, "M01", case.member("M01"), **later)).status_code == 201
    case.registry.set_clock("2026-03-11T02:00:00+00:00")
    assert await jobs.check_night(case.registry.app)
    [flagged] = (await own(case, "GET", path)).json()["items"]
    assert flagged["flagged_on"] == "2026-03-11"
    [finding] = (await findings(case, case.official("handler"), "?is_open=true"))["items"]
    assert (finding["kind"], finding["org_id"]) == ("board", str(case.orgs["M01"]))
    assert (await findings(case, case.member("M04")))["items"] == []
    assert (await findings(case, case.member("C01")))["items"] == [finding]
    readiness = (await own(case, "GET", "readiness?to=pilot")).json()
    missing = [
        check["params"]["missing"] for check in readiness["checks"]
        if check["rule"] == "A076" and not check["passed"]
    ]  # fmt: skip
    assert missing == [["independent_industry", "independent_science"]]

    stated = (await case.call(case.member("M01"), "GET", "/v1/registry/person-ties")).json()
    end = f"/v1/registry/person-ties/{stated['items'][0]['id']}/end"
    await case.call(case.member("M01"), "POST", end, {"until_on": "2026-03-11"})
    case.registry.set_clock("2026-03-12T02:00:00+00:00")
    assert await jobs.check_night(case.registry.app)
    [cleared] = (await own(case, "GET", path)).json()["items"]
    assert cleared["flagged_on"] is None
    told = await event_types(case.registry.sessions)
    assert [name for name in told if name.startswith("seat.")] == [
        "seat.filled", "seat.flagged", "seat.cleared",
    ]  # fmt: skip


async def findings(case: Case, who: Any, query: str = "") -> Any:
    answer = await case.call(who, "GET", f"/v1/registry/governance-findings{query}")
    return answer.json()


@pytest.mark.requirement("A076")
@pytest.mark.refusing
async def test_who_sits_for_a_member_elsewhere_is_not_independent(case: Case) -> None:
    await case.listed()
    person = str(new_id())
    await body_of(case, "board", seat("industry", person_id=person, org_id=str(case.orgs["M02"])))
    decision = await body_of(case, "decision")
    both = seat("industry", independent=True, person_id=person)
    refused = await own(case, "POST", f"bodies/{decision}/seats", both)
    assert codes(refused) == ["INDEPENDENCE_BROKEN"]
    assert refused.json()["errors"][0]["params"]["ties"][0]["kind"] == "seat"


@pytest.mark.requirement("A075", "A078", "A079")
@pytest.mark.refusing
async def test_a_resolution_is_counted_voter_by_voter_with_its_quorum(case: Case) -> None:
    await case.listed()
    rules_file = await case.upload("C01")
    decision = await body_of(
        case, "decision", *[seat("industry") for _ in range(4)],
        rules_file_id=rules_file, term_until="2029-03-09", quorum_ppm=750_000,
    )  # fmt: skip
    seats = (await own(case, "GET", f"bodies/{decision}/seats")).json()["items"]
    voters = [one["id"] for one in seats]
    matter = {
        "body_id": decision, "matter": "investment", "text": "投资中试线",
        "resolved_on": "2026-03-10",
    }  # fmt: skip

    async def resolve(*choices: str, **over: Any) -> Any:
        ballots = [
            {"voter_id": voter, "choice": choice}
            for voter, choice in zip(voters, choices, strict=False)
        ]
        return await own(case, "POST", "resolutions", {**matter, "ballots": ballots, **over})

    carried_by = (await resolve("for", "for", "for")).json()
    assert (carried_by["passed"], carried_by["quorum_met"], carried_by["for_ppm"]) == (
        True, True, 750_000,
    )  # fmt: skip
    absent = (await resolve("for", "for")).json()
    assert (absent["passed"], absent["quorum_met"]) == (False, False)
    split = (await resolve("for", "for", "against", "abstain")).json()
    assert (split["passed"], split["quorum_met"]) == (False, True)
    strange = [{"voter_id": str(new_id()), "choice": "for"}]
    assert codes(await resolve(ballots=strange)) == ["VOTER_UNKNOWN"]
    twice = [{"voter_id": voters[0], "choice": "for"}] * 2
    assert codes(await resolve(ballots=twice)) == ["VOTER_UNKNOWN"]
    assert codes(await resolve("for", resolved_on="2026-03-11")) == ["DAY_IN_FUTURE"]
    supervisors = await body_of(case, "supervisors")
    watched = await own(case, "POST", "resolutions", {**matter, "body_id": supervisors})
    assert codes(watched) == ["GOV_BODY_COMPOSITION"]
    listed = (await own(case, "GET", "resolutions")).json()["items"]
    assert len(listed) == 3


@pytest.mark.requirement("A078", "A085", "A056")
async def test_shareholders_vote_by_their_table(case: Case) -> None:
    await case.listed()
    meeting = await body_of(case, "shareholders_meeting")
    shares = {"M01": 400_000, "M02": 350_000, "M03": 250_000}
    votes = [
        {"holder_org_id": str(case.orgs[name]), "share_ppm": ppm, "basis": "capital_ratio"}
        for name, ppm in shares.items()
    ]
    assert (await own(case, "PUT", "votes/shareholders", {"votes": votes})).status_code == 200
    table = (await own(case, "GET", "votes/shareholders")).json()["items"]
    assert sum(row["share_ppm"] for row in table) == 1_000_000

    async def resolve(matter: str, *names: str) -> bool:
        ballots = [{"voter_id": str(case.orgs[name]), "choice": "for"} for name in names]
        answer = await own(
            case, "POST", "resolutions",
            {"body_id": meeting, "matter": matter, "text": "决议", "resolved_on": "2026-03-10",
             "ballots": ballots},
        )  # fmt: skip
        passed: bool = answer.json()["passed"]
        return passed

    assert await resolve("strategy", "M01", "M03")
    assert not await resolve("charter_change", "M01", "M03")
    assert await resolve("charter_change", "M01", "M02")


@pytest.mark.requirement("A075", "A076")
@pytest.mark.refusing
async def test_a_seat_that_ended_and_a_term_that_is_over_count_no_more(case: Case) -> None:
    await piloted(case)
    bodies = (await own(case, "GET", "bodies")).json()["items"]
    decision = next(body["id"] for body in bodies if body["kind"] == "decision")
    seats = (await own(case, "GET", f"bodies/{decision}/seats")).json()["items"]
    science = next(one["id"] for one in seats if one["sector"] == "science")
    end = f"bodies/{decision}/seats/{science}/end"
    early = await own(case, "POST", end, {"until_on": "2026-03-09", "reason": "辞任"})
    assert codes(early) == ["DAYS_REVERSED"]
    last = await own(case, "POST", end, {"until_on": "2026-03-10", "reason": "辞任"})
    assert last.json()["end_reason"] == "辞任"

    async def missing() -> list[Any]:
        checks = (await own(case, "GET", "readiness?to=pilot")).json()["checks"]
        found = [check for check in checks if check["rule"] == "A076" and not check["passed"]]
        return [check["params"]["missing"] for check in found]

    assert await missing() == []
    case.registry.set_clock("2026-03-11T02:00:00+00:00")
    assert await missing() == [["independent_science"]]
    await body_of(
        case, "decision", seat("industry", independent=True), seat("science", independent=True),
        term_from="2026-03-11", term_until="2026-04-30",
    )  # fmt: skip
    assert await missing() == []
    case.registry.set_clock("2026-05-01T02:00:00+00:00")
    assert await missing() == [["independent_science"]]


@pytest.mark.requirement("A077", "A056")
async def test_what_is_to_be_wished_for_warns_and_refuses_nothing(case: Case) -> None:
    await case.listed()
    await govern(case)
    ready = (await own(case, "GET", "readiness?to=pilot")).json()
    warned = {
        check["code"] for check in ready["checks"]
        if not check["passed"] and check["severity"] == "warning"
    }  # fmt: skip
    assert warned == {"CLASS_NOT_SEATED", "ORGANS_MISSING"}
    assert ready["ready"] is True
    filed = await own(
        case, "POST", "documents",
        {"kind": "articles", "title": "公司章程", "file_id": await case.upload("C01"),
         "valid_from": "2026-03-10"},
    )  # fmt: skip
    assert filed.status_code == 201
    for kind in ("shareholders_meeting", "board", "supervisors"):
        await body_of(case, kind)
    ready = (await own(case, "GET", "readiness?to=pilot")).json()
    assert [check["passed"] for check in ready["checks"] if check["rule"] == "A056"] == [True]
