"""The policy changes as data: drafted, approved by another person, and never backwards."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.programme import policy_rules, queries, reference
from registry.programme.policy_rules import MOVES, PolicyEvent
from registry.programme.rules import PolicyState
from shared.rules import failed_codes
from tests.fixtures.service import RunningService

pytestmark = pytest.mark.anyio

PATH = "/v1/registry/policy-versions"
BODY: dict[str, Any] = {
    "version": "2026",
    "based_on": "2016",
    "title_zh": "修订方案",
    "title_en": "Revised plan",
    "effective_from": "2026-07-01",
    "reason": "近三年改为近五年",
    "changes": {"A051": {"max_age_years": 5}},
}
TODAY = date(2026, 1, 12)


@pytest.mark.parametrize(
    ("row", "name", "value", "codes"),
    [
        ("A051", "max_age_years", 5, []),
        ("A051", "max_age_years", 0, []),
        ("A051", "max_age_years", -1, ["PARAMETER_UNFIT"]),
        ("A051", "max_age_years", 10_000, []),
        ("A051", "max_age_years", 10_001, ["PARAMETER_UNFIT"]),
        ("A051", "max_age_years", "5", ["PARAMETER_UNFIT"]),
        ("A051", "max_age_years", True, ["PARAMETER_UNFIT"]),
        ("A051", "max_age_years", None, ["PARAMETER_UNFIT"]),
        ("A051", "oldest", 5, ["PARAMETER_NOT_OF_RULES"]),
        ("A999", "oldest", 5, ["PARAMETER_NOT_OF_RULES"]),
        ("A077", "max_seat_share_ppm", 1_000_000, []),
        ("A077", "max_seat_share_ppm", 1_000_001, ["PARAMETER_UNFIT"]),
        ("A121", "pass_line", "75.5", []),
        ("A121", "pass_line", "100.01", ["PARAMETER_UNFIT"]),
        ("A121", "pass_line", "high", ["PARAMETER_UNFIT"]),
        ("A053", "reminder_days", [60, 30], []),
        ("A053", "reminder_days", [], ["PARAMETER_UNFIT"]),
        ("A053", "reminder_days", ["60"], ["PARAMETER_UNFIT"]),
    ],
)
def test_a_threshold_keeps_its_type_and_bounds(
    row: str, name: str, value: Any, codes: list[str]
) -> None:
    checks = policy_rules.parameter_checks(reference.PARAMETERS, {row: {name: value}})
    assert failed_codes(checks) == codes


@pytest.mark.parametrize(
    ("effective_from", "codes"),
    [
        (date(2026, 1, 12), ["EFFECTIVE_TOO_EARLY"]),
        (date(2026, 1, 13), []),
        (date(2015, 1, 1), ["EFFECTIVE_TOO_EARLY"]),
    ],
)
def test_a_version_begins_after_today(effective_from: date, codes: list[str]) -> None:
    assert failed_codes(policy_rules.date_checks(effective_from, TODAY, date(2016, 1, 1))) == codes


def test_a_version_begins_after_the_last_one_began() -> None:
    later = date(2026, 7, 1)
    assert failed_codes(policy_rules.date_checks(later, TODAY, later)) == ["EFFECTIVE_TOO_EARLY"]


@given(events=st.lists(st.sampled_from(PolicyEvent), max_size=12))
def test_nothing_comes_into_force_without_a_proposal(events: list[PolicyEvent]) -> None:
    state, proposed = PolicyState.DRAFT, False
    for event in events:
        if (state, event) not in MOVES:
            assert policy_rules.move_checks(state, event)[0].passed is False
            continue
        proposed = event is PolicyEvent.PROPOSE or (proposed and event is not PolicyEvent.RETURN)
        state = MOVES[state, event]
        assert state is not PolicyState.IN_FORCE or proposed


async def drafted(registry: RunningService, **over: Any) -> Any:
    async with registry.client("handler") as handler:
        return await handler.post(PATH, json={**BODY, **over})


@pytest.mark.requirement("A001", "A013", "A100")
async def test_a_changed_threshold_judges_from_its_day_on_and_not_before(
    registry: RunningService,
) -> None:
    draft = (await drafted(registry)).json()
    async with registry.client("handler") as handler, registry.client("approver") as approver:
        await handler.post(f"{PATH}/{draft['id']}/propose")
        answer = await approver.post(f"{PATH}/{draft['id']}/approve")
        assert (answer.status_code, answer.json()["state"]) == (200, "in_force")
        versions = (await approver.get(PATH)).json()["items"]
        # Under the name that the document has, and under the one that answers had before.
        for name in ("effective_until", "effective_to"):
            ends = {one["version"]: one[name] for one in versions}
            assert (ends["2016"], ends["2026"]) == ("2026-06-30", None)
        comparison = (await approver.get(f"{PATH}/2026/comparison?before=2016")).json()
        assert comparison["items"] == [
            {"row": "A051", "name": "max_age_years", "before": 3, "after": 5}
        ]
    async with registry.sessions.reading() as session:
        last_day = await queries.policy_on(session, date(2026, 6, 30))
        first_day = await queries.policy_on(session, date(2026, 7, 1))
    assert (last_day.version, last_day.value("A051", "max_age_years")) == ("2016", 3)
    assert (first_day.version, first_day.value("A051", "max_age_years")) == ("2026", 5)
    await registry.number()
    async with registry.client("service") as service:
        feed = await service.get("/v1/registry/events?types=policy.published")
    told = [(one["data"]["version"], one["data"]["effective_to"]) for one in feed.json()["items"]]
    assert told == [("2016", None), ("2016", "2026-06-30"), ("2026", None)]


@pytest.mark.requirement("A001", "A100")
@pytest.mark.refusing
async def test_whoever_wrote_or_proposed_a_version_does_not_approve_it(
    registry: RunningService,
) -> None:
    writer, proposer = str(uuid4()), str(uuid4())
    async with registry.client("handler", "approver", sub=writer) as one:
        draft = (await one.post(PATH, json=BODY)).json()
    async with registry.client("handler", "approver", sub=proposer) as other:
        await other.post(f"{PATH}/{draft['id']}/propose")
        own = await other.post(f"{PATH}/{draft['id']}/approve")
    async with registry.client("approver", sub=writer) as one:
        also = await one.post(f"{PATH}/{draft['id']}/approve")
    assert [answer.json()["code"] for answer in (own, also)] == ["SOD_VIOLATION"] * 2


@pytest.mark.requirement("A001", "X03")
@pytest.mark.refusing
async def test_an_author_stays_one_when_another_writes_on(registry: RunningService) -> None:
    writer, editor = str(uuid4()), str(uuid4())
    async with registry.client("handler", sub=writer) as one:
        draft = (await one.post(PATH, json=BODY)).json()
    body = {name: value for name, value in BODY.items() if name not in ("version", "based_on")}
    async with registry.client("handler", sub=editor) as other:
        path = f"{PATH}/{draft['id']}"
        edited = await other.put(path, json=body, headers={"If-Match": '"1"'})
        assert edited.status_code == 200, edited.text
        await other.post(f"{path}/propose")
    async with registry.client("approver", sub=writer) as one:
        own = await one.post(f"{path}/approve")
    assert (own.status_code, own.json()["code"]) == (403, "SOD_VIOLATION")
    async with registry.client("approver") as third:
        assert (await third.post(f"{path}/approve")).status_code == 200


@pytest.mark.requirement("A001", "A013")
@pytest.mark.refusing
async def test_a_version_is_refused_that_reaches_back_or_names_what_no_rule_reads(
    registry: RunningService,
) -> None:
    early = (await drafted(registry, effective_from="2026-01-12")).json()
    async with registry.client("handler") as handler:
        back = await handler.post(f"{PATH}/{early['id']}/propose")
        assert (back.status_code, back.json()["code"]) == (422, "EFFECTIVE_TOO_EARLY")
        edited = await handler.put(
            f"{PATH}/{early['id']}",
            json={k: v for k, v in BODY.items() if k not in ("version", "based_on")},
            headers={"If-Match": '"1"'},
        )
        assert edited.json()["effective_from"] == "2026-07-01"
        stale = await handler.put(
            f"{PATH}/{early['id']}",
            json={k: v for k, v in BODY.items() if k not in ("version", "based_on")},
            headers={"If-Match": '"1"'},
        )
        assert stale.status_code == 412
    wrong = await drafted(
        registry, version="x", changes={"A051": {"max_age_years": "5", "oldest": 1}}
    )
    assert [(e["code"], e["pointer"]) for e in wrong.json()["errors"]] == [
        ("PARAMETER_UNFIT", "/changes/A051/max_age_years"),
        ("PARAMETER_NOT_OF_RULES", "/changes/A051/oldest"),
    ]
    assert (await drafted(registry)).json()["code"] == "ALREADY_EXISTS"
    assert (await drafted(registry, version="y", based_on="2022", changes={})).status_code == 409
    async with registry.client("member", org_id=uuid4()) as member:
        assert (await member.post(PATH, json=BODY)).status_code == 403


@pytest.mark.requirement("A002")
async def test_every_rule_can_be_followed_to_its_clause_and_the_acts_behind_it(
    registry: RunningService,
) -> None:
    async with registry.client() as anyone:
        rows = (await anyone.get("/v1/registry/rules")).json()["items"]
        by_row = {row["row"]: row for row in rows}
        assert by_row["A051"]["clause"] == "三(二)"
        assert by_row["A051"]["parameters"]["max_age_years"] == 3
        assert "guide_2016" in by_row["A051"]["legal_bases"]


@pytest.mark.requirement("A002")
@pytest.mark.refusing
async def test_before_the_first_policy_there_is_no_rule(registry: RunningService) -> None:
    async with registry.client() as anyone:
        answer = await anyone.get("/v1/registry/rules?on=2015-12-31")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
