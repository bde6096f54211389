"""What frozen years show together: partners, public service, exchange abroad, money that lasts."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any

import httpx
import pytest

from evaluation.schemes.rules import canonical
from evaluation.trends import queries, rules
from evaluation.trends.rules import Conclusion, Direction, OperatingYearState
from shared.database import new_id
from shared.directory import DirectoryCenter
from shared.rules import failed_codes
from tests.evaluation.results import vector
from tests.evaluation.results.year import JudgedYear
from tests.evaluation.reviewing import USCC, codes_of

LISTED = date(2020, 2, 29)
FIRST = "91310112FAKE00080E"
SECOND = "91310112FAKE00099B"


def adoption(number: int, uscc: str, on: str = "2027-06-15", **derived: Any) -> dict[str, Any]:
    told = vector.fact(number, "adoption", on, adopter_uscc=uscc, technology="键合工艺")
    return {**told, "derived": derived}


def content(*facts: dict[str, Any], report: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "period": {"from_on": "2027-01-01", "until_on": "2027-12-31"},
        "facts": {"registry": list(facts), "ip_ledger": []},
        "report": {"fact": report},
    }


def served(year: int, to: str = "") -> rules.YearFigures:
    """Give a year with a service to each: `m` is a member, `p` the public."""
    facts = [
        {
            **vector.fact(number, "service", f"{year}-06-15", amount=vector.money(1)),
            "derived": {"is_member": one == "m"},
        }
        for number, one in enumerate(to)
    ]
    service = rules.service_in(facts)
    nothing = rules.exchange_in([])
    return rules.YearFigures(year, "0" * 64, (), service, nothing, None)


@pytest.mark.requirement("A060")
def test_a_partner_stands_once_with_every_fact_that_pulled_it_along() -> None:
    gift = vector.fact(3, "diffusion", recipient_uscc=FIRST, content="new_process", title="工艺包")
    facts = [adoption(1, FIRST, is_sme=True), adoption(2, SECOND, is_member=True), gift]
    partners = rules.partners_in(facts, ())
    assert [(one.uscc, one.is_member, one.is_sme, one.kinds) for one in partners] == [
        (FIRST, False, True, ("adoption", "diffusion")),
        (SECOND, True, False, ("adoption",)),
    ]
    assert partners[0].fact_ids == ("019900000001", "019900000003")
    assert rules.partners_in(list(reversed(facts)), ()) == partners


@pytest.mark.requirement("A060")
@pytest.mark.refusing
def test_the_centre_itself_other_kinds_and_other_years_are_no_partners() -> None:
    facts = [
        adoption(1, FIRST),
        adoption(2, SECOND, "2026-12-31"),
        adoption(3, SECOND, "2028-01-01"),
        vector.fact(4, "service", client_uscc=SECOND, amount=vector.money(1)),
    ]
    shown = rules.year_figures(2027, "0" * 64, content(*facts), own={FIRST})
    assert shown.partners == ()


@pytest.mark.requirement("A060")
@pytest.mark.parametrize(
    ("on", "within"),
    [("2026-12-31", False), ("2027-01-01", True), ("2027-12-31", True), ("2028-01-01", False)],
)
def test_a_year_has_its_first_and_its_last_day(on: str, *, within: bool) -> None:
    shown = rules.year_figures(2027, "0" * 64, content(adoption(1, FIRST, on)), ())
    assert len(shown.partners) == within


@pytest.mark.requirement("A060")
def test_a_partner_is_new_once() -> None:
    years = [
        rules.year_figures(year, "0" * 64, content(*(adoption(1, one) for one in codes)), ())
        for year, codes in [(2025, [FIRST]), (2026, [FIRST, SECOND]), (2027, [SECOND])]
    ]
    assert rules.new_partners(years) == [1, 1, 0]


@pytest.mark.requirement("A093")
@pytest.mark.parametrize(
    ("years", "expected"),
    [
        ([served(2025, "pm"), served(2026, "pp")], Direction.RISING),
        ([served(2025, "pm"), served(2026, "mp")], Direction.LEVEL),
        ([served(2025, "p"), served(2026), served(2027, "pm")], Direction.FALLING),
        ([served(2025, "pm"), served(2026, "p"), served(2027, "mp")], Direction.LEVEL),
        ([served(2025, "pm"), served(2026, "m"), served(2027, "pp")], Direction.RISING),
        ([served(2025), served(2026, "p")], None),
        ([], None),
    ],
)
def test_the_public_part_is_followed_over_the_years_that_have_one(
    years: Sequence[rules.YearFigures], expected: Direction | None
) -> None:
    assert rules.direction_of(years) is expected
    failed = failed_codes(rules.conclusion_checks(Conclusion.CONVERTING, years))
    shown = expected in (Direction.RISING, Direction.LEVEL)
    assert failed == ([] if shown else ["PUBLIC_SERVICE_NOT_SHOWN"])
    assert failed_codes(rules.conclusion_checks(Conclusion.NOT_YET, years)) == []


@pytest.mark.requirement("A093")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("today", "years", "reviewed", "expected", "state"),
    [
        (date(2025, 2, 27), 5, [], ["OPERATING_YEAR_AHEAD"], OperatingYearState.AHEAD),
        (date(2025, 2, 28), 5, [], [], OperatingYearState.DUE),
        (date(2025, 3, 1), 5, [5], ["STATE_CONFLICT"], OperatingYearState.REVIEWED),
        (date(2030, 2, 27), 10, [5], ["OPERATING_YEAR_AHEAD"], OperatingYearState.AHEAD),
        (date(2030, 2, 28), 10, [5], [], OperatingYearState.DUE),
    ],
)
def test_an_operating_year_is_reviewed_from_its_last_day_on_and_once(
    today: date, years: int, reviewed: list[int], expected: list[str], state: OperatingYearState
) -> None:
    assert failed_codes(rules.review_checks(LISTED, years, reviewed, today)) == expected
    assert rules.milestone_state(LISTED, years, reviewed, today) is state


@pytest.mark.requirement("A093")
@pytest.mark.refusing
def test_a_centre_that_is_not_listed_has_no_operating_year() -> None:
    failed = failed_codes(rules.review_checks(None, 5, [], date(2099, 1, 1)))
    assert failed == ["OPERATING_YEAR_AHEAD"]


@pytest.mark.requirement("A093")
@pytest.mark.parametrize("today", [date(2025, 2, 27), date(2025, 2, 28), date(2024, 2, 29)])
def test_the_task_asks_for_the_same_day_as_the_rule(today: date) -> None:
    last = queries._listed_before(today, 5)
    assert rules.reached_on(last, 5) <= today
    assert rules.reached_on(date.fromordinal(last.toordinal() + 1), 5) > today


@pytest.mark.requirement("A093")
def test_the_fifth_and_the_tenth_year_are_reviewed() -> None:
    assert rules.OPERATING_YEARS == (5, 10)


@pytest.mark.requirement("A093")
def test_services_to_those_who_are_no_members_are_the_publics() -> None:
    def service(number: int, amount: int, **derived: bool) -> dict[str, Any]:
        return {**vector.fact(number, "service", amount=vector.money(amount)), "derived": derived}

    shown = rules.service_in(
        [
            service(1, 100, is_member=True),
            service(2, 20, is_member=False),
            service(3, 3),
            adoption(4, FIRST),
        ]
    )
    assert shown == rules.Service(3, 2, vector.money(123)["amount"], vector.money(23)["amount"])
    assert (shown.public_ppm, rules.service_in([]).public_ppm) == (666_666, None)
    check, *_ = rules.conclusion_checks(Conclusion.CONVERTING, [served(2025), served(2026, "pm")])
    assert check.params["shares_ppm"] == [None, 500_000]


@pytest.mark.requirement("A044")
def test_what_happened_across_borders_is_counted_and_what_stayed_at_home_is_not() -> None:
    event = {"event_kind": "competition", "title": "挑战赛"}
    shown = rules.exchange_in(
        [
            vector.fact(1, "international_project", partner="p", country="DE"),
            vector.fact(2, "international_node", kind="overseas_node", place="Berlin"),
            vector.fact(3, "cooperation_event", scope="international", representing="city",
                        **event),
            vector.fact(4, "cooperation_event", scope="international", **event),
            vector.fact(5, "cooperation_event", scope="domestic", representing="nation", **event),
            vector.fact(6, "talent_event", international=True),
            vector.fact(7, "talent_event", international=False),
            vector.fact(8, "talent_event", international=False),
            vector.fact(9, "cooperation_event", scope="international", representing="nation",
                        **event),
        ]
    )  # fmt: skip
    assert shown == rules.Exchange(1, 1, 3, 2, 1)


@pytest.mark.requirement("A098")
@pytest.mark.parametrize(
    ("income", "cost", "expected"),
    [(0, 1, 0), (999_999, 1_000_000, 999_999), (3, 2, 1_500_000), (1, 0, None)],
)
def test_own_income_is_set_against_cost_in_whole_ppm(
    income: int, cost: int, expected: int | None
) -> None:
    assert rules.Accounts(income, cost).covered_ppm == expected


# --- over HTTP ------------------------------------------------------------------------------


@pytest.fixture
async def year(unplanned: JudgedYear) -> JudgedYear:
    own = adoption(903, USCC["entity"])
    unplanned.facts["registry"] += [adoption(901, FIRST), adoption(902, SECOND, is_member=True)]
    unplanned.facts["registry"].append(own)
    await unplanned.frozen()
    return unplanned


async def _listed(year: JudgedYear, on: date) -> None:
    async with year.service.sessions.begin() as session:
        (await session.get_one(DirectoryCenter, year.center_id)).listed_on = on


def _at(year: JudgedYear, path: str) -> str:
    return f"/v1/evaluation/centers/{year.center_id}/{path}"


@pytest.mark.anyio
@pytest.mark.requirement("A060", "A093", "A044")
async def test_officials_and_the_centre_see_its_frozen_years(year: JudgedYear) -> None:
    shown = await year.own("GET", _at(year, "trends"))
    assert shown.status_code == 200, shown.text
    assert shown.json() == (await year.as_("auditor", "GET", _at(year, "trends"))).json()
    (one,) = shown.json()["years"]
    assert [partner["uscc"] for partner in one["partners"]] == [FIRST, SECOND]
    assert (one["outside_partners"], one["new_partners"]) == (1, 2)
    assert one["service"]["records"] == 100
    assert (one["service"]["public_ppm"], one["service"]["public_income_ppm"]) == (300_000, 300_000)
    assert (one["exchange"]["projects"], one["exchange"]["nodes"]) == (3, 1)
    assert one["accounts"]["covered_ppm"] == 1_200_000
    assert [(step["years"], step["state"]) for step in shown.json()["operating_years"]] == [
        (5, "ahead"), (10, "ahead"),
    ]  # fmt: skip
    # What is posted afterwards was not known then.
    year.facts["registry"].append(adoption(950, "91310114FAKE00064M"))
    assert (await year.own("GET", _at(year, "trends"))).json() == shown.json()


@pytest.mark.anyio
@pytest.mark.requirement("A060", "A098", "X04")
@pytest.mark.refusing
async def test_another_centres_years_and_money_do_not_exist(year: JudgedYear) -> None:
    asked = len(year.service.neighbours.asked)
    async with year.member("m02") as stranger:
        for path in ("trends", "sustainability?year=2027", "operating-reviews"):
            assert (await stranger.get(_at(year, path))).status_code == 404, path
    unknown = f"/v1/evaluation/centers/{new_id()}/sustainability?year=2027"
    assert (await year.as_("handler", "GET", unknown)).status_code == 404
    assert len(year.service.neighbours.asked) == asked  # Nobody was asked for a stranger.


@pytest.mark.anyio
@pytest.mark.requirement("A098")
async def test_money_is_the_ledgers_word_beside_the_frozen_accounts(year: JudgedYear) -> None:
    questions: list[dict[str, str]] = []

    def tell(request: httpx.Request) -> dict[str, Any]:
        questions.append(dict(request.url.params))
        return {
            "total": vector.money(100), "by_source": [{"key": "member"}], "cash": vector.money(10),
            "costs": vector.money(12), "months_covered": "10.0", "non_public_ppm": 700_000,
            "concentration_ppm": 500_000,
        }  # fmt: skip

    path = "GET /v1/ip-ledger/funding-summary"
    year.service.neighbours.answers[path] = tell
    shown = (await year.own("GET", _at(year, "sustainability?year=2027"))).json()
    assert (shown["months_covered"], shown["non_public_ppm"]) == ("10.0", 700_000)
    assert shown["accounts"]["covered_ppm"] == 1_200_000
    assert questions == [
        {"center_id": str(year.center_id), "first_on": "2027-01-01", "last_on": "2027-12-31"}
    ]
    # No money recorded: no figure is made up. A ledger that fails is no ledger without money.
    del year.service.neighbours.answers[path]
    bare = (await year.own("GET", _at(year, "sustainability?year=2026"))).json()
    assert [bare[name] for name in ("months_covered", "non_public_ppm", "accounts")] == [None] * 3


@pytest.mark.anyio
@pytest.mark.requirement("A098")
@pytest.mark.refusing
async def test_without_the_ledger_no_money_is_told(year: JudgedYear) -> None:
    path = "GET /v1/ip-ledger/funding-summary"
    year.service.neighbours.answers[path] = httpx.Response(500, json={})
    failed = await year.own("GET", _at(year, "sustainability?year=2027"))
    assert failed.status_code == 503
    bad = await year.own("GET", _at(year, "sustainability?year=soon"))
    assert bad.status_code == 422


@pytest.mark.anyio
@pytest.mark.requirement("A093", "X03")
@pytest.mark.refusing
async def test_an_operating_year_is_looked_at_once_by_an_official_of_no_member(
    year: JudgedYear,
) -> None:
    path = _at(year, "operating-reviews")
    body = {"years": 5, "conclusion": "not_yet", "words": "非成员服务占比偏低"}

    async def tasks() -> list[str]:
        listed = (await year.as_("reviewer", "GET", "/v1/evaluation/tasks")).json()["items"]
        return [one["kind"] for one in listed if one["kind"] == "operating_review.write"]

    assert await tasks() == []
    early = await year.as_("reviewer", "POST", path, body)
    assert (early.status_code, codes_of(early)) == (409, ["OPERATING_YEAR_AHEAD"])
    await _listed(year, date(2023, 1, 10))
    assert len(await tasks()) == 1
    claimed = await year.as_("reviewer", "POST", path, {**body, "conclusion": "converting"})
    assert (claimed.status_code, codes_of(claimed)) == (422, ["PUBLIC_SERVICE_NOT_SHOWN"])
    for wrong in ({**body, "years": 7}, {**body, "words": ""}, {"years": 5}):
        assert (await year.as_("reviewer", "POST", path, wrong)).status_code == 422
    for who in ("handler", "approver", "auditor"):
        assert (await year.as_(who, "POST", path, body)).status_code == 403, who
    async with year.service.client("reviewer", org_id=year.org_ids["entity"]) as own_official:
        assert codes_of(await own_official.post(path, json=body)) == ["SOD_VIOLATION"]
    twice = await asyncio.gather(*(year.as_("reviewer", "POST", path, body) for _ in range(2)))
    assert sorted(answer.status_code for answer in twice) == [201, 409]
    assert await tasks() == []


@pytest.mark.anyio
@pytest.mark.requirement("A093")
async def test_a_review_keeps_the_figures_that_it_rested_on(year: JudgedYear) -> None:
    await _listed(year, date(2023, 1, 10))
    path = _at(year, "operating-reviews")
    body = {"years": 5, "conclusion": "not_yet", "words": "非成员服务占比偏低"}
    kept = await year.as_("reviewer", "POST", path, body)
    assert kept.status_code == 201, kept.text
    (listed,) = (await year.own("GET", path)).json()["items"]
    assert canonical(listed) == canonical(kept.json())
    (figure,) = listed["figures"]
    assert (figure["year"], figure["public_ppm"], figure["records"]) == (2027, 300_000, 100)
    shown = (await year.own("GET", _at(year, "trends"))).json()
    assert shown["operating_years"][0] == {
        "years": 5, "reached_on": "2028-01-10", "state": "reviewed",
    }  # fmt: skip
