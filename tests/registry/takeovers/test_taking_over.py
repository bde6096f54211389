"""Existing centres come in from a spreadsheet: all of them or none, and by two people."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlmodel import col, select

from registry.centers.queries import next_number
from registry.centers.rules import ApplicantForm, ModelType, Stage
from registry.centers.tables import Center
from registry.governance.rules import RatingKind
from registry.memberships.rules import MembershipRole, State
from registry.memberships.tables import Membership
from registry.takeovers import rules
from registry.takeovers.rules import (
    Known,
    TakenCenter,
    TakenMember,
    TakenRating,
    TakenRow,
    TakenStage,
    TakeOverEvent,
    TakeOverState,
)
from shared.database import new_id
from shared.events.tables import Event
from shared.rules import failed_codes
from tests.fixtures.service import event_types
from tests.registry.applications.cases import Case, codes

PATH = "/v1/registry/take-overs?source=2019%E5%B9%B4%E5%8F%B0%E8%B4%A6&sourced_on=2025-12-31"
LEAD, MEMBER, ENTITY = "91310115FAKE00013U", "91310115FAKE00021N", "91310115FAKE00275K"
FORMER = "91310115FAKE0010XX"
TODAY = date(2026, 1, 12)
HEADER = (
    "record,code,name,model_type,applicant_form,field_codes,lead_uscc,entity_uscc,stage,listed_on,"
    "uscc,role,joined_on,left_on,from_stage,to_stage,on,kind,year,rating,total"
)
COLUMNS = HEADER.split(",")
CENTER = {
    "record": "center", "code": "C07", "name": "=示例创新中心", "model_type": "enterprise",
    "applicant_form": "legal_entity", "field_codes": "integrated_circuit;new_materials",
    "lead_uscc": LEAD, "entity_uscc": ENTITY, "stage": "recognized", "listed_on": "2018-03-01",
}  # fmt: skip
ROWS = (
    CENTER,
    {"record": "member", "code": "C07", "uscc": MEMBER, "role": "member",
     "joined_on": "2018-03-01", "left_on": "2020-02-29"},
    {"record": "stage", "code": "C07", "from_stage": "candidate", "to_stage": "preparing",
     "on": "2018-03-01"},
    {"record": "stage", "code": "C07", "from_stage": "preparing", "to_stage": "recognized",
     "on": "2019-05-06"},
    {"record": "past_rating", "code": "C07", "kind": "annual", "year": "2024", "rating": "good",
     "total": "81.50"},
    {"record": "past_rating", "code": "C07", "kind": "triennial", "year": "2023",
     "rating": "excellent"},
)  # fmt: skip


def sheet(*rows: dict[str, str], header: str = HEADER) -> bytes:
    """Write a CSV as a spreadsheet program saves it: a byte order mark, CRLF."""
    lines = [header, *(",".join(row.get(name, "") for name in COLUMNS) for row in rows)]
    return ("\ufeff" + "".join(f"{line}\r\n" for line in lines)).encode()


async def bring(
    case: Case, content: bytes, person: str = "handler", key: str = "k"
) -> httpx.Response:
    async with case.official("handler", person) as handler:
        headers = {"Content-Type": "text/csv", "Idempotency-Key": key}
        return await handler.post(PATH, content=content, headers=headers)


async def commit(case: Case, take_over: str, person: str = "approver") -> httpx.Response:
    path = f"/v1/registry/take-overs/{take_over}/commit"
    body = {"reason": "与原始台账核对无误"}
    return await case.call(case.official("approver", person), "POST", path, body)


async def brought(case: Case) -> str:
    answer = await bring(case, sheet(*ROWS))
    assert answer.status_code == 201, answer.text
    take_over: str = answer.json()["id"]
    return take_over


async def codes_kept(case: Case) -> list[str | None]:
    async with case.registry.sessions.reading() as session:
        return list(await session.scalars(select(Center.code).order_by(col(Center.code))))


# The rules alone


def center(**over: Any) -> TakenCenter:
    given: dict[str, Any] = {
        "record": "center", "code": "C07", "name": "示例", "model_type": ModelType.ENTERPRISE,
        "applicant_form": ApplicantForm.LEGAL_ENTITY, "field_codes": ("integrated_circuit",),
        "lead_uscc": LEAD, "stage": Stage.PILOT, "listed_on": date(2018, 3, 1),
        "entity_uscc": ENTITY, **over,
    }  # fmt: skip
    return TakenCenter(**given)


def member(**over: Any) -> TakenMember:
    given: dict[str, Any] = {
        "record": "member", "code": "C07", "uscc": MEMBER, "role": MembershipRole.MEMBER,
        "joined_on": date(2018, 3, 1), **over,
    }  # fmt: skip
    return TakenMember(**given)


def step(from_stage: Stage, to_stage: Stage, day: date, **over: Any) -> TakenStage:
    return TakenStage("stage", "C07", from_stage, to_stage, day, **over)


def rating(**over: Any) -> TakenRating:
    given: dict[str, Any] = {
        "record": "past_rating", "code": "C07", "kind": RatingKind.ANNUAL, "year": 2024,
        "rating": "good", **over,
    }  # fmt: skip
    return TakenRating(**given)


LISTED = step(Stage.CANDIDATE, Stage.PREPARING, date(2018, 3, 1))
PILOTED = step(Stage.PREPARING, Stage.PILOT, date(2018, 3, 1))


def judged(*rows: TakenRow, **over: Any) -> dict[int, list[str]]:
    given: dict[str, Any] = {
        "organizations": {code: new_id() for code in (LEAD, MEMBER, ENTITY)}, "codes": set(),
        "entities": set(), "fields": {"integrated_circuit"}, **over,
    }  # fmt: skip
    found = rules.judge(list(enumerate(rows)), Known(**given), TODAY)
    return {index: failed_codes(checks) for index, checks in found.items()}


@pytest.mark.requirement("X05")
@pytest.mark.parametrize(
    "rows",
    [
        (center(),),
        (center(listed_on=TODAY),),
        (center(), LISTED, PILOTED, member(), rating()),
        (center(applicant_form=ApplicantForm.CONSORTIUM, entity_uscc=None),),
        (center(), member(left_on=TODAY), member(joined_on=TODAY)),
        (center(stage=Stage.DISSOLVED), member(left_on=TODAY)),
        (center(), rating(year=2026), rating(kind=RatingKind.TRIENNIAL)),
        (center(), rating(year=2018, total="100.00"), rating(total="0")),
        (center(), member(uscc=LEAD, role=MembershipRole.LEAD)),
        (center(stage=Stage.SUSPENDED, came_from=Stage.NATIONAL),),
        (center(stage=Stage.RECTIFYING, rectified_from=Stage.RECOGNIZED),),
        (center(stage=Stage.SUSPENDED, came_from=Stage.RECTIFYING, rectified_from=Stage.PILOT),),
        (center(stage=Stage.SUSPENDED),),
        (center(code="C17"),),
        (center(code="C123"),),
        # It left on the day on which it joined, and joined again.
        (center(), member(), member(left_on=date(2018, 3, 1))),
        # What has ended stands on nobody any more.
        (center(stage=Stage.DISSOLVED), center(code="C08")),
        (center(stage=Stage.DISSOLVED, entity_uscc=None, applicant_form=ApplicantForm.CONSORTIUM),
         center(code="C08")),
    ],
)  # fmt: skip
def test_rows_that_agree_are_taken(rows: tuple[TakenRow, ...]) -> None:
    assert judged(*rows) == {}


@pytest.mark.requirement("X05")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("rows", "index", "code"),
    [
        ((center(code="C007"),), 0, "FIELD_INVALID"),
        ((center(lead_uscc="91310115FAKE99999X"),), 0, "CODE_UNKNOWN"),
        ((center(field_codes=("nothing",)),), 0, "CODE_UNKNOWN"),
        ((center(entity_uscc=None),), 0, "FIELD_MISSING"),
        ((center(listed_on=date(2026, 1, 13)),), 0, "DAY_IN_FUTURE"),
        ((center(stage=Stage.CANDIDATE),), 0, "STATE_CONFLICT"),
        ((center(), center(entity_uscc=MEMBER)), 1, "ALREADY_EXISTS"),
        ((center(), center(code="C08")), 1, "ENTITY_TAKEN"),
        ((member(),), 0, "CODE_UNKNOWN"),
        ((center(), member(left_on=date(2018, 2, 28))), 1, "DAYS_OUT_OF_ORDER"),
        ((center(), member(left_on=date(2026, 1, 13))), 1, "DAY_IN_FUTURE"),
        ((center(), member(), member()), 2, "ALREADY_EXISTS"),
        ((center(stage=Stage.DELISTED), member()), 1, "FIELD_MISSING"),
        ((center(), member(role=MembershipRole.LEAD)), 1, "FIELD_INVALID"),
        (
            (center(), member(left_on=TODAY), member(joined_on=date(2026, 1, 11))),
            2, "DAYS_OUT_OF_ORDER",
        ),
        (
            (center(), member(joined_on=TODAY), member(left_on=TODAY), member(left_on=TODAY)),
            3, "DAYS_OUT_OF_ORDER",
        ),
        ((center(came_from=Stage.PILOT),), 0, "FIELD_INVALID"),
        ((center(stage=Stage.SUSPENDED, came_from=Stage.DISSOLVED),), 0, "FIELD_INVALID"),
        ((center(stage=Stage.SUSPENDED, came_from=Stage.SUSPENDED),), 0, "FIELD_INVALID"),
        ((center(stage=Stage.RECTIFYING, rectified_from=Stage.PREPARING),), 0, "FIELD_INVALID"),
        ((center(rectified_from=Stage.PILOT),), 0, "FIELD_INVALID"),
        ((center(), PILOTED), 1, "STATE_CONFLICT"),
        ((center(), LISTED), 0, "STATE_CONFLICT"),
        (
            (center(), LISTED, step(Stage.PREPARING, Stage.PILOT, date(2018, 2, 28))),
            2, "DAYS_OUT_OF_ORDER",
        ),
        ((center(), rating(rating="best")), 1, "FIELD_INVALID"),
        ((center(), rating(), rating()), 2, "ALREADY_EXISTS"),
        ((center(), rating(year=2027)), 1, "DAY_IN_FUTURE"),
        ((center(), rating(year=2017)), 1, "DAYS_OUT_OF_ORDER"),
        ((center(), rating(total="100.01")), 1, "FIELD_INVALID"),
        ((center(), rating(total="999")), 1, "FIELD_INVALID"),
        ((center(), rating(total="８１.5")), 1, "FIELD_INVALID"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_or_the_register_is_refused(
    rows: tuple[TakenRow, ...], index: int, code: str
) -> None:
    assert judged(*rows) == {index: [code]}


@pytest.mark.requirement("X05")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((center(), member(), member(uscc=FORMER)), {2: ["ALREADY_EXISTS"]}),
        ((center(), member(left_on=TODAY), member(uscc=FORMER, joined_on=date(2020, 1, 1))),
         {2: ["DAYS_OUT_OF_ORDER"]}),
        ((center(entity_uscc=MEMBER), center(code="C08", entity_uscc=FORMER)),
         {1: ["ENTITY_TAKEN"]}),
        ((center(lead_uscc=FORMER), member(role=MembershipRole.LEAD)), {}),
    ],
)  # fmt: skip
def test_an_organization_is_one_under_all_its_codes(
    rows: tuple[TakenRow, ...], told: dict[int, list[str]]
) -> None:
    one = new_id()
    organizations = {LEAD: new_id(), ENTITY: new_id(), MEMBER: one, FORMER: one}
    assert judged(*rows, organizations=organizations) == told


@pytest.mark.requirement("X05")
def test_a_year_may_be_rated_from_its_first_day_on() -> None:
    known = Known(
        organizations={code: new_id() for code in (LEAD, MEMBER, ENTITY)}, codes=set(),
        entities=set(), fields={"integrated_circuit"},
    )  # fmt: skip
    rows: list[tuple[int, TakenRow]] = [(0, center()), (1, rating(year=2026))]
    assert rules.judge(rows, known, date(2026, 1, 1)) == {}
    assert list(rules.judge(rows, known, date(2025, 12, 31))) == [1]


@pytest.mark.requirement("X05", "A125")
@pytest.mark.refusing
def test_a_refused_origin_names_those_that_a_side_state_has() -> None:
    known = Known(
        organizations={code: new_id() for code in (LEAD, ENTITY)}, codes=set(), entities=set(),
        fields={"integrated_circuit"},
    )  # fmt: skip
    for stage, expected in ((Stage.RECTIFYING, "pilot, recognized"), (Stage.PILOT, "")):
        row = center(stage=stage, rectified_from=Stage.PREPARING)
        ((check,),) = rules.judge([(0, row)], known, TODAY).values()
        assert (check.pointer, check.params["expected"]) == ("/rectified_from", expected)


@pytest.mark.requirement("A049", "X05")
@pytest.mark.parametrize(
    ("left_on", "stage", "state"),
    [
        (None, Stage.PILOT, State.ACTIVE),
        (date(2026, 1, 11), Stage.PILOT, State.LEFT),
        (TODAY, Stage.PILOT, State.LEAVING),
        (TODAY, Stage.DELISTED, State.LEFT),
    ],
)
def test_who_is_taken_over_on_its_last_day_is_a_member_still(
    left_on: date | None, stage: Stage, state: State
) -> None:
    assert rules.membership_state(left_on, stage, TODAY) is state


@pytest.mark.requirement("X05")
@pytest.mark.refusing
def test_what_the_register_has_already_is_not_taken_again() -> None:
    organizations = {code: new_id() for code in (LEAD, ENTITY)}
    assert judged(center(), codes={"C07"}) == {0: ["ALREADY_EXISTS"]}
    taken = {organizations[ENTITY]}
    found = judged(center(), organizations=organizations, entities=taken)
    assert found == {0: ["ENTITY_TAKEN"]}
    ended = judged(center(stage=Stage.DELISTED), organizations=organizations, entities=taken)
    assert ended == {}


@pytest.mark.requirement("X03")
@pytest.mark.refusing
@pytest.mark.parametrize("state", list(TakeOverState))
@pytest.mark.parametrize("event", list(TakeOverEvent))
def test_a_take_over_is_decided_once_and_not_by_one_alone(
    state: TakeOverState, event: TakeOverEvent
) -> None:
    one, other = new_id(), new_id()
    open_ = [] if state is TakeOverState.PROPOSED else ["STATE_CONFLICT"]
    assert failed_codes(rules.decision_checks(state, event, one, other)) == open_
    alone = ["SOD_VIOLATION"] if event is TakeOverEvent.COMMIT else []
    assert failed_codes(rules.decision_checks(state, event, one, one)) == alone + open_


# The whole way


@pytest.mark.anyio
@pytest.mark.requirement("X05", "A102")
async def test_centres_come_in_marked_with_their_history_and_their_ratings(case: Case) -> None:
    take_over = await brought(case)
    assert await codes_kept(case) == []
    waiting = await case.call(case.official("approver"), "GET", "/v1/registry/tasks")
    assert [task["kind"] for task in waiting.json()["items"]] == ["take_over.commit"]
    shown = await case.call(case.official("auditor"), "GET", f"/v1/registry/take-overs/{take_over}")
    assert [row["record"] for row in shown.json()["rows"]] == [row["record"] for row in ROWS]
    done = await commit(case, take_over)
    assert (done.status_code, done.json()["state"]) == (200, "committed"), done.text

    listed = (await case.call(case.member("M01"), "GET", "/v1/registry/centers?limit=5")).json()
    [item] = listed["items"]
    assert (item["code"], item["stage"], item["listed_on"]) == ("C07", "recognized", "2018-03-01")
    assert (item["imported_from"], item["imported_on"]) == ("2019年台账", "2025-12-31")
    own = f"/v1/registry/centers/{item['id']}"
    steps = (await case.call(case.member("C01"), "GET", f"{own}/stage-changes")).json()["items"]
    assert [(one["to_stage"], one["cause"]) for one in steps] == [
        ("preparing", "taken_over"), ("recognized", "taken_over"),
    ]  # fmt: skip
    ratings = (await case.call(case.member("C01"), "GET", f"{own}/ratings")).json()["items"]
    assert [(one["kind"], one["rating"], one["version"]) for one in ratings] == [
        ("annual", "good", 0), ("triennial", "excellent", 0),
    ]  # fmt: skip
    assert {one["imported_from"] for one in ratings} == {"2019年台账"}
    async with case.registry.sessions.begin() as session:
        members = (await session.scalars(select(Membership).order_by(col(Membership.role)))).all()
        # Its code is not given again, and numbers go on after it.
        assert await next_number(session, "center") == 8
    assert [(row.org_id, row.role.value, row.state.value) for row in members] == [
        (case.orgs["M01"], "lead", "active"), (case.orgs["M02"], "member", "left"),
    ]  # fmt: skip
    # What no event tells is told as rows that were entered; here it is what is told that counts.
    types = [
        told for told in await event_types(case.registry.sessions) if not told.endswith(".entered")
    ]
    assert types[-4:] == [
        "take_over.proposed", "center.taken_over", "directory.center", "take_over.committed",
    ]  # fmt: skip
    async with case.registry.sessions.reading() as session:
        told = await session.scalar(select(Event).where(col(Event.type) == "center.taken_over"))
    assert told is not None
    # What evaluation lists of it, the annual as the triennial.
    assert [(one["kind"], one["year"], one["total"]) for one in told.data["ratings"]] == [
        ("annual", 2024, "81.50"), ("triennial", 2023, ""),
    ]  # fmt: skip


@pytest.mark.anyio
@pytest.mark.requirement("A133", "X05")
async def test_a_taken_over_rating_is_read_where_ratings_are(case: Case) -> None:
    await commit(case, await brought(case))
    async with case.registry.sessions.reading() as session:
        center_id = await session.scalar(select(Center.id))
    case.center_id = str(center_id)
    case.registry.neighbours.answers["GET /v1/public/ratings"] = {"items": [], "next_cursor": None}
    path = f"/v1/registry/centers/{case.center_id}/readiness?to=national_candidate"
    ready = (await case.call(case.member("C01"), "GET", path)).json()
    passed = {check["code"]: check["passed"] for check in ready["checks"]}
    assert passed["RATING_TOO_LOW"] is True
    assert passed["DOSSIER_MISSING"] is False


@pytest.mark.anyio
@pytest.mark.requirement("X05")
@pytest.mark.refusing
async def test_one_bad_row_keeps_everything_out_and_each_row_has_its_verdict(case: Case) -> None:
    wrong = {**ROWS[1], "uscc": "91310115FAKE99999X"}
    unreadable = {**ROWS[4], "year": "二〇二四"}
    answer = await bring(case, sheet(*ROWS, wrong, unreadable))
    body = answer.json()
    assert (answer.status_code, body["state"], body["failed"]) == (200, "refused", 2), answer.text
    verdicts = {row["index"]: row["outcome"] for row in body["results"]}
    assert verdicts == {**dict.fromkeys(range(6), "created"), 6: "failed", 7: "failed"}
    assert body["results"][6]["problem"]["code"] == "CODE_UNKNOWN"
    assert (await commit(case, body["id"])).status_code == 404
    assert await codes_kept(case) == []
    # A file without a centre brings nothing.
    empty = await bring(case, sheet(), key="k2")
    assert (empty.status_code, empty.json()["state"]) == (200, "refused")


@pytest.mark.anyio
@pytest.mark.requirement("X05")
@pytest.mark.refusing
async def test_a_file_that_is_none_is_refused_as_a_whole(case: Case) -> None:
    whole = sheet(*ROWS)
    named = ROWS[0]["name"].encode()
    broken = {
        "in another encoding": (whole.decode().encode("gb18030"), 400),
        "in UTF-16": (whole.decode().encode("utf-16"), 400),
        "a column twice": (sheet(*ROWS, header=f"{HEADER},code"), 422),
        "10,000 columns": (sheet(header=",".join(f"c{number}" for number in range(10_000))), 422),
        "not text": (b"\xff\xfe\x00", 400),
        "a quote that is never closed": (whole.replace(named, b'"' + named), 400),
        "a row cut off in its quotes": (whole.replace(named, b'"' + named + b"\r\n"), 400),
    }
    for name, (content, status) in broken.items():
        answer = await bring(case, content, key=name)
        assert answer.status_code == status, (name, answer.text)
    # Rows that can be read and are wrong have each their verdict, and keep nothing either.
    spoiled = {
        "a cell too many": whole.replace(b"2018-03-01,,,", b"2018-03-01,,,,", 1),
        "NUL in a name": whole.replace(named, "示\x00例".encode()),
        "digits of another script": whole.replace(b"81.50", "８１.50".encode()),
        "points beyond all": whole.replace(b"81.50", b"100.01"),
        "the centre twice": sheet(CENTER, *ROWS),
    }
    for name, content in spoiled.items():
        answer = await bring(case, content, key=name)
        verdict = (answer.status_code, answer.json().get("state"))
        assert verdict == (200, "refused"), (name, answer.text)
        assert answer.json()["failed"] >= 1, name
    ahead = PATH.replace("2025-12-31", "2026-01-13")
    async with case.official("handler") as handler:
        headers = {"Content-Type": "text/csv", "Idempotency-Key": "ahead"}
        answer = await handler.post(ahead, content=whole, headers=headers)
    assert (answer.status_code, codes(answer)) == (422, ["DAY_IN_FUTURE"])
    listed = await case.call(case.official("auditor"), "GET", "/v1/registry/take-overs")
    assert listed.json()["items"] == []


@pytest.mark.anyio
@pytest.mark.requirement("X05")
@pytest.mark.refusing
async def test_a_missing_column_fails_its_rows(case: Case) -> None:
    index = COLUMNS.index("lead_uscc")
    lines = [",".join(row.get(name, "") for name in COLUMNS).split(",") for row in ROWS]
    content = "\n".join(
        ",".join(cells[:index] + cells[index + 1 :]) for cells in [COLUMNS, *lines]
    ).encode()
    answer = await bring(case, content)
    assert (answer.status_code, answer.json()["state"]) == (200, "refused"), answer.text
    assert answer.json()["results"][0]["problem"]["code"] == "FIELD_MISSING"


@pytest.mark.anyio
@pytest.mark.requirement("X05", "X03")
@pytest.mark.refusing
async def test_who_brought_it_does_not_commit_it_and_of_two_commits_one_wins(case: Case) -> None:
    take_over = await brought(case)
    alone = await commit(case, take_over, "handler")
    assert (alone.status_code, codes(alone)) == (403, ["SOD_VIOLATION"])
    answers = await asyncio.gather(
        commit(case, take_over, "approver"), commit(case, take_over, "approver2")
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await codes_kept(case) == ["C07"]
    types = await event_types(case.registry.sessions)
    assert types.count("center.taken_over") == 1


@pytest.mark.anyio
@pytest.mark.requirement("X05")
@pytest.mark.refusing
async def test_two_files_of_one_centre_enter_it_once(case: Case) -> None:
    first, second = await brought(case), (await bring(case, sheet(*ROWS), key="k2")).json()["id"]
    answers = await asyncio.gather(
        commit(case, first, "approver"), commit(case, second, "approver2")
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    [late] = [answer for answer in answers if answer.status_code == 409]
    assert set(codes(late)) == {"ALREADY_EXISTS", "ENTITY_TAKEN"}
    assert late.json()["errors"][0]["pointer"].startswith("/rows/0")
    waiting = first if late is answers[0] else second
    path = f"/v1/registry/take-overs/{waiting}/drop"
    dropped = await case.call(case.official("handler"), "POST", path, {"reason": "重复"})
    assert dropped.json()["state"] == "dropped"
    assert codes(await commit(case, waiting)) == ["STATE_CONFLICT"]


@pytest.mark.anyio
@pytest.mark.requirement("X04", "X05")
@pytest.mark.refusing
async def test_members_bring_nothing_and_see_nothing(case: Case) -> None:
    take_over = UUID(await brought(case))
    async with case.member("M01") as stranger:
        headers = {"Content-Type": "text/csv", "Idempotency-Key": "m"}
        brought_it = await stranger.post(PATH, content=sheet(*ROWS), headers=headers)
        seen = await stranger.get(f"/v1/registry/take-overs/{take_over}")
    assert (brought_it.status_code, seen.status_code) == (403, 403)
