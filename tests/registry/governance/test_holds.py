"""A result that was replaced or voided holds what rests on it, until officials have looked."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from registry.centers.rules import Stage, Standing
from registry.governance import rules
from registry.governance.consumers import FROM_EVALUATION
from registry.governance.rules import (
    HoldEvent,
    HoldGround,
    HoldState,
    KnownHold,
    News,
    RatingKind,
    Resting,
)
from registry.organizations.tables import DishonestyRecord
from shared.database import new_id
from shared.events import ReceivedEvent
from shared.events.tables import Event
from shared.rules import failed_codes
from tests.fixtures.service import event_types
from tests.registry.applications.cases import Case, codes
from tests.registry.governance.steps import (
    RATINGS,
    change,
    own,
    piloted,
    rated,
    recognized,
    recommend,
    stage,
    summed_up,
)

FIRST, SECOND, VOID = "1" * 64, "2" * 64, "f" * 64
EXAMINED = {"outcome": "stands", "text": "其余年度结果仍符合条件"}
CONFIRM = {"decision": "confirm", "reason": "同意"}


def news(ground: HoldGround, result_hash: str, **over: Any) -> News:
    given: dict[str, Any] = {
        "kind": RatingKind.ANNUAL, "year": 2026, "ground": ground, "result_hash": result_hash,
        "result_id": None, **over,
    }  # fmt: skip
    return News(**given)


@pytest.mark.requirement("X14")
@pytest.mark.refusing
@pytest.mark.parametrize("state", list(HoldState))
@pytest.mark.parametrize("event", list(HoldEvent))
def test_a_hold_takes_no_step_that_is_not_in_its_table(state: HoldState, event: HoldEvent) -> None:
    expected = [] if (state, event) in rules.HOLD_MOVES else ["STATE_CONFLICT"]
    assert failed_codes(rules.hold_move_checks(state, event)) == expected
    assert (state is HoldState.LIFTED) <= (expected == ["STATE_CONFLICT"])


@pytest.mark.requirement("X14")
@pytest.mark.parametrize(
    ("known", "told", "is_news"),
    [
        ([], (HoldGround.RESULT_SUPERSEDED, SECOND), True),
        ([(HoldGround.RESULT_SUPERSEDED, SECOND)], (HoldGround.RESULT_SUPERSEDED, SECOND), False),
        ([(HoldGround.RESULT_SUPERSEDED, VOID)], (HoldGround.RESULT_VOIDED, VOID), True),
        ([(HoldGround.RESULT_VOIDED, VOID)], (HoldGround.RESULT_SUPERSEDED, VOID), False),
        ([(HoldGround.RESULT_VOIDED, VOID)], (HoldGround.RESULT_SUPERSEDED, SECOND), True),
    ],
)
def test_what_is_told_twice_or_in_another_order_is_no_news(
    known: list[tuple[HoldGround, str]], told: tuple[HoldGround, str], *, is_news: bool
) -> None:
    holds = [KnownHold(HoldState.LIFTED, *one) for one in known]
    assert rules.is_news(holds, news(*told)) is is_news


@pytest.mark.requirement("A133")
def test_what_a_decision_was_told_rests_on_that_version_of_that_year_alone() -> None:
    told = {"ratings": [{"year": 2026, "version": 1, "result_hash": FIRST}]}
    later = news(HoldGround.RESULT_SUPERSEDED, SECOND, version=2)
    assert rules.rests_on(told, later)
    assert not rules.rests_on(told, news(HoldGround.RESULT_SUPERSEDED, FIRST))
    assert not rules.rests_on(told, news(HoldGround.RESULT_SUPERSEDED, SECOND, year=2025))
    triennial = news(HoldGround.RESULT_SUPERSEDED, SECOND, kind=RatingKind.TRIENNIAL)
    assert not rules.rests_on(told, triennial)
    hashless = {"ratings": [{"year": 2026, "version": 1}]}
    assert rules.rests_on(hashless, later)
    assert not rules.rests_on(hashless, news(HoldGround.RESULT_SUPERSEDED, FIRST, version=1))


@pytest.mark.requirement("X14", "X03")
@pytest.mark.parametrize(
    ("resting", "second"),
    [
        ({Resting.STAGE}, True),
        ({Resting.RECOMMENDATION, Resting.RECTIFICATION}, True),
        ({Resting.RECTIFICATION}, False),
    ],
)
def test_two_people_lift_what_two_people_took(resting: set[Resting], *, second: bool) -> None:
    assert rules.needs_second(resting) is second


@pytest.mark.requirement("X14")
@pytest.mark.parametrize(
    ("standing", "reached"),
    [
        (Standing(Stage.CANDIDATE), 0),
        (Standing(Stage.PILOT), 2),
        (Standing(Stage.SUSPENDED, Stage.RECTIFYING, Stage.RECOGNIZED), 3),
        (Standing(Stage.NATIONAL), 5),
        (Standing(Stage.DELISTED), 0),
    ],
)
def test_a_side_state_stands_on_the_steps_it_came_by(standing: Standing, reached: int) -> None:
    assert len(rules.reached_stages(standing)) == reached


@pytest.mark.requirement("X14", "A102")
@pytest.mark.refusing
@pytest.mark.parametrize("target", list(Stage))
def test_a_hold_keeps_up_what_leads_on_and_nothing_that_protects(target: Stage) -> None:
    onward = target in rules.WAY
    kept_up = failed_codes(rules.hold_checks(Stage.RECOGNIZED, target, 1))
    assert kept_up == (["CENTER_ON_HOLD"] if onward else [])
    assert failed_codes(rules.hold_checks(Stage.RECOGNIZED, target, 0)) == []
    back = rules.hold_checks(Stage.NATIONAL_CANDIDATE, Stage.RECOGNIZED, 1)
    assert failed_codes(back) == []


async def tell(case: Case, kind: str, subject: str | None = None, **data: Any) -> None:
    """Deliver an event of evaluation, as its feed would."""
    item = {
        "id": str(new_id()), "type": kind, "subject": subject or str(new_id()), "position": 1,
        "time": "2026-05-01T00:00:00+00:00",
        "data": {"center_id": case.center_id, "year": 2026, **data},
    }  # fmt: skip
    async with case.registry.sessions.begin() as session:
        await FROM_EVALUATION[kind](session, ReceivedEvent.of_feed("evaluation", item))


async def publish(case: Case, version: int, result_hash: str, rating: str) -> None:
    await tell(
        case, "evaluation.published", version=version, result_hash=result_hash, rating=rating,
        total="80.00",
    )  # fmt: skip


async def void(case: Case, ground: str = "forged_evidence", subject: str | None = None) -> None:
    await tell(
        case, "result.voided", subject, ground=ground, voids=FIRST, result_hash=VOID,
        reason="证据充分", evidence=[],
    )  # fmt: skip


def hashed(case: Case, result_hash: str, version: int = 1, rating: str = "good") -> None:
    """Let evaluation say which version of the year stands."""
    rated(case, (2026, rating))
    [item] = case.registry.neighbours.answers[RATINGS]["items"]
    item.update(result_hash=result_hash, version=version, result_id=str(new_id()))


async def risen(case: Case) -> None:
    """Recognize a centre upon the first version of its year."""
    await piloted(case)
    hashed(case, FIRST)
    await publish(case, 1, FIRST, "good")
    await summed_up(case)
    assert (await recommend(case, "recognized")).status_code == 201
    moved = await change(case, "recognized")
    assert moved.status_code == 200, moved.text


async def holds(case: Case) -> list[dict[str, Any]]:
    answer = await own(case, "GET", "holds")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def act(
    case: Case, duty: str, part: str, body: dict[str, Any], name: str | None = None
) -> httpx.Response:
    [hold] = [one for one in await holds(case) if one["state"] != "lifted"]
    path = f"/v1/registry/center-holds/{hold['id']}/{part}"
    return await case.call(case.official(duty, name), "POST", path, body)


async def records(case: Case) -> list[DishonestyRecord]:
    async with case.registry.sessions.reading() as session:
        return list((await session.scalars(select(DishonestyRecord))).all())


@pytest.mark.anyio
@pytest.mark.requirement("X14", "A102", "X03")
@pytest.mark.refusing
async def test_a_replaced_result_keeps_the_next_step_up_until_two_have_looked(case: Case) -> None:
    await risen(case)
    assert await holds(case) == []
    await own(case, "PUT", "national-dossier", {"text": "材料", "file_ids": []})
    await own(case, "POST", "national-dossier/submit")
    hashed(case, SECOND, 2)
    await publish(case, 2, SECOND, "good")
    [hold] = await holds(case)
    assert (hold["ground"], hold["state"], hold["result_hash"]) == (
        "result_superseded", "placed", SECOND,
    )  # fmt: skip
    assert [(one["what"], one["stage"]) for one in hold["resting"]] == [("stage", "recognized")]
    assert codes(await recommend(case, "national_candidate")) == ["CENTER_ON_HOLD"]
    ready = (await own(case, "GET", "readiness")).json()
    assert "CENTER_ON_HOLD" in [one["code"] for one in ready["checks"] if not one["passed"]]

    early = await act(case, "approver", "decision", CONFIRM)
    assert codes(early) == ["STATE_CONFLICT"]
    looked = await act(case, "reviewer", "examination", EXAMINED, "approver")
    assert (looked.status_code, looked.json()["state"]) == (200, "examined"), looked.text
    alone = await act(case, "approver", "decision", CONFIRM)
    assert (alone.status_code, codes(alone)) == (403, ["SOD_VIOLATION"])
    again = await act(case, "approver", "decision", {**CONFIRM, "decision": "return"}, "approver2")
    assert (again.json()["state"], again.json()["outcome"]) == ("placed", None)
    await act(case, "reviewer", "examination", EXAMINED)
    lifted = await act(case, "approver", "decision", CONFIRM)
    assert (lifted.json()["state"], lifted.json()["outcome"]) == ("lifted", "stands")
    assert (await recommend(case, "national_candidate")).status_code == 201
    # What was decided is not opened by hearing it once more.
    await publish(case, 2, SECOND, "good")
    assert [one["state"] for one in await holds(case)] == ["lifted"]


@pytest.mark.anyio
@pytest.mark.requirement("X14", "X17")
async def test_a_falsified_year_goes_on_record_once_and_holds_what_rests_on_it(
    case: Case,
) -> None:
    await risen(case)
    subject = str(new_id())
    await publish(case, 2, VOID, "unqualified")
    assert await stage(case) == "rectifying"
    for _ in range(2):
        await void(case, subject=subject)
    [hold] = await holds(case)
    assert (hold["ground"], hold["state"], hold["version"]) == ("result_voided", "placed", 2)
    [entry] = await records(case)
    assert (entry.org_id, str(entry.source_id)) == (case.orgs["C01"], subject)
    assert (entry.from_on.isoformat(), entry.until_on.isoformat()) == ("2026-03-10", "2029-03-10")
    types = await event_types(case.registry.sessions)
    assert [one for one in types if one.startswith("hold.")] == ["hold.placed", "hold.renewed"]
    assert types.count("organization.barred") == 1
    tasks = await case.call(case.official("reviewer"), "GET", "/v1/registry/tasks")
    assert "hold.examine" in [one["kind"] for one in tasks.json()["items"]]


@pytest.mark.anyio
@pytest.mark.requirement("X14")
async def test_a_void_that_comes_before_its_version_is_told_the_same(case: Case) -> None:
    await risen(case)
    await void(case)
    await publish(case, 2, VOID, "unqualified")
    # Late and out of order: the version that was voided changes nothing any more.
    await publish(case, 1, FIRST, "good")
    [hold] = await holds(case)
    assert (hold["ground"], hold["result_hash"]) == ("result_voided", VOID)
    assert await stage(case) == "rectifying"
    assert len(await records(case)) == 1


@pytest.mark.anyio
@pytest.mark.requirement("X14")
@pytest.mark.refusing
async def test_an_honest_failure_costs_nothing(case: Case) -> None:
    await risen(case)
    await void(case, "exploratory_failure")
    assert await records(case) == []
    [hold] = await holds(case)
    assert hold["ground"] == "result_voided"


@pytest.mark.anyio
@pytest.mark.requirement("X14")
async def test_where_nothing_rests_on_a_year_nothing_is_held(case: Case) -> None:
    await piloted(case)
    await publish(case, 1, FIRST, "good")
    await publish(case, 2, SECOND, "qualified")
    assert await holds(case) == []
    await void(case)
    assert await holds(case) == []
    assert len(await records(case)) == 1


@pytest.mark.anyio
@pytest.mark.requirement("A133")
@pytest.mark.refusing
async def test_a_recommendation_is_refused_when_a_result_behind_it_has_moved(case: Case) -> None:
    await piloted(case)
    hashed(case, FIRST)
    await summed_up(case)
    word = (await recommend(case, "recognized")).json()
    [kept] = word["told"]["ratings"]
    assert (kept["result_hash"], kept["version"]) == (FIRST, 1)
    assert kept["result_id"] is not None
    hashed(case, SECOND, 2)
    stale = await change(case, "recognized")
    assert (stale.status_code, codes(stale)) == (409, ["STALE_INPUT"])
    assert stale.json()["errors"][0]["params"] == {"years": [2026]}
    assert (await recommend(case, "recognized")).status_code == 201
    assert (await change(case, "recognized")).status_code == 200


@pytest.mark.anyio
@pytest.mark.requirement("X14", "A133")
async def test_what_falls_takes_a_national_candidate_back(case: Case) -> None:
    await risen(case)
    await own(case, "PUT", "national-dossier", {"text": "材料", "file_ids": []})
    await own(case, "POST", "national-dossier/submit")
    await recommend(case, "national_candidate")
    assert (await change(case, "national_candidate")).status_code == 200
    await recommend(case, "national")
    await publish(case, 2, SECOND, "qualified")
    held = await change(case, "national", doc_no="工信部科函〔2027〕10号")
    assert "CENTER_ON_HOLD" in codes(held)
    await act(case, "reviewer", "examination", {**EXAMINED, "outcome": "falls"})
    lifted = await act(case, "approver", "decision", CONFIRM)
    assert lifted.json()["outcome"] == "falls", lifted.text
    assert await stage(case) == "recognized"


@pytest.mark.requirement("X14", "A125")
@pytest.mark.parametrize(
    ("rating", "over", "upheld"),
    [
        ("unqualified", {}, True),
        ("unqualified", {"ground": HoldGround.RESULT_VOIDED}, False),
        ("qualified", {}, False),
        (None, {}, False),
        ("unqualified", {"year": 2025}, False),
        ("unqualified", {"kind": RatingKind.TRIENNIAL}, False),
        ("unqualified", {"result_hash": FIRST}, False),
    ],
)
def test_a_later_version_upholds_a_rectification_by_the_same_rating_alone(
    rating: str | None, over: dict[str, Any], *, upheld: bool
) -> None:
    told = {"ratings": [{"year": 2026, "version": 1, "result_hash": FIRST,
                         "rating": "unqualified"}]}  # fmt: skip
    given = {"ground": HoldGround.RESULT_SUPERSEDED, "result_hash": SECOND, **over}
    assert bool(rules.ratings_upheld(told, news(version=2, rating=rating, **given))) is upheld


@pytest.mark.anyio
@pytest.mark.requirement("X14", "A125")
async def test_a_version_with_the_same_rating_says_that_the_rectification_stands(
    case: Case,
) -> None:
    await piloted(case)
    await publish(case, 1, FIRST, "unqualified")
    await publish(case, 2, SECOND, "unqualified")
    assert await holds(case) == []
    assert await stage(case) == "rectifying"
    async with case.registry.sessions.reading() as session:
        events = select(Event).where(col(Event.type) == "rectification.upheld")
        [told] = (await session.scalars(events)).all()
    assert told.data["rating"] == "unqualified"
    assert (told.data["before_hash"], told.data["result_hash"]) == (FIRST, SECOND)
    # Told once more it says nothing again.
    await publish(case, 2, SECOND, "unqualified")
    assert (await event_types(case.registry.sessions)).count("rectification.upheld") == 1


@pytest.mark.anyio
@pytest.mark.requirement("X14", "A125")
@pytest.mark.refusing
async def test_a_rectification_that_rests_on_a_voided_year_is_one_persons_to_look_at(
    case: Case,
) -> None:
    await piloted(case)
    await publish(case, 1, FIRST, "unqualified")
    await void(case)
    [hold] = await holds(case)
    assert [one["what"] for one in hold["resting"]] == ["rectification"]
    settled = await act(case, "reviewer", "examination", EXAMINED)
    assert settled.json()["state"] == "lifted", settled.text


@pytest.mark.anyio
@pytest.mark.requirement("A131", "X14")
async def test_a_reopened_assessment_no_longer_counts(case: Case) -> None:
    await recognized(case)
    assessment = str(new_id())
    await tell(
        case, "assessment.published", assessment, version=1, result_hash=FIRST,
        rating="unqualified", total="51.00",
    )  # fmt: skip
    assert await stage(case) == "rectifying"
    for _ in range(2):
        await tell(case, "assessment.reopened", assessment, result_hash=FIRST)
    [hold] = await holds(case)
    assert (hold["kind"], hold["ground"]) == ("triennial", "assessment_reopened")
    assert [one["what"] for one in hold["resting"]] == ["rectification"]
    # The assessment that follows is its second version, and takes the rectification back.
    await tell(
        case, "assessment.published", version=2, result_hash=SECOND, rating="good", total="77.00"
    )
    assert await stage(case) == "recognized"


@pytest.mark.anyio
@pytest.mark.requirement("X14", "X03")
@pytest.mark.refusing
async def test_of_two_decisions_at_once_one_wins_and_a_stranger_sees_no_hold(case: Case) -> None:
    await risen(case)
    await publish(case, 2, SECOND, "good")
    await act(case, "reviewer", "examination", EXAMINED)
    [hold] = await holds(case)
    path = f"/v1/registry/center-holds/{hold['id']}/decision"
    answers = await asyncio.gather(
        *(
            case.call(case.official("approver", name), "POST", path, CONFIRM)
            for name in ("approver", "approver2")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert codes(await own(case, "GET", "holds", who="M22")) == ["FORBIDDEN_SCOPE"]
    async with case.registry.sessions.reading() as session:
        barred = await session.scalar(
            select(DishonestyRecord).where(col(DishonestyRecord.org_id) == case.orgs["C01"])
        )
    assert barred is None
