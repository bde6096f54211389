"""A sheet tells its expert what to look at: as its scheme was frozen, and for no other eyes."""

import copy
import json
import re
from dataclasses import replace
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import event

from evaluation.laboratory.comparison_rules import changes
from evaluation.panels.item_rules import APPLICATION_GUIDANCE, APPLICATION_INDICATORS
from evaluation.panels.tables import Panel, PanelSeat
from evaluation.results import rules as results
from evaluation.schemes import rules
from evaluation.schemes.guidance_rules import MAX_GUIDANCE, Guidance, guidance_of, guided
from evaluation.schemes.schemas import IndicatorSchemeIn
from evaluation.schemes.seed import reference
from evaluation.sheets import queries
from tests.evaluation.results import vector
from tests.evaluation.results.random_years import random_year
from tests.evaluation.results.test_recomputing import bundle_of
from tests.evaluation.results.year import SCHEME_ID, JudgedYear
from tests.evaluation.reviewing import ITEMS, Reviewing, codes_of
from zhichuang import recompute

SHEETS = "/v1/evaluation/score-sheets"
SCHEMES = "/v1/evaluation/schemes"
HEADING = {"code": "annual", "title": "年度"}
EXPERTS = ("A4", "B6", "C5", "D4", "E3")
# Of the shipped scheme before leaves could have guidance: kept results name it.
UNGUIDED = "16f21dd93bf9415082a46889daa66d5f27b1e14885419c2c7372c19766e0f34f"
HAN = re.compile(r"[\u4e00-\u9fff]")


def content() -> dict[str, Any]:
    return copy.deepcopy(vector.DATA["scheme"]["content"])


def leaf(scheme: dict[str, Any], code: str) -> dict[str, Any]:
    return next(one for part in scheme["criteria"] for one in part["leaves"] if one["code"] == code)


def stored(scheme: dict[str, Any]) -> dict[str, Any]:
    return IndicatorSchemeIn.model_validate({**HEADING, **scheme}).content()


# --- pure -------------------------------------------------------------------------------------


@pytest.mark.requirement("A130", "X13")
def test_a_scheme_without_guidance_keeps_its_content_to_the_byte() -> None:
    before, unsaid = stored(content()), content()
    leaf(unsaid, "A4").update(guidance=None, guidance_en=None)
    assert rules.digest(vector.DATA["scheme"]["content"]) == UNGUIDED
    assert rules.canonical(stored(unsaid)) == rules.canonical(before)
    assert b"guidance" not in rules.canonical(before)


@pytest.mark.requirement("A130")
@pytest.mark.parametrize("field", ["guidance", "guidance_en"])
def test_guidance_is_content_which_a_comparison_tells(field: str) -> None:
    before, after = content(), content()
    leaf(after, "A4")[field] = "看第三方验证"
    assert leaf(stored(after), "A4")[field] == "看第三方验证"
    assert rules.digest(stored(after)) != rules.digest(stored(before))
    (change,) = changes(before, after)
    told = (change.kind.value, change.code, change.field, change.before, change.after)
    assert told == ("wording", "A4", field, None, "看第三方验证")


@pytest.mark.requirement("A130")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("code", "text", "passed"),
    [
        ("A4", "看" * MAX_GUIDANCE, True), ("A4", "看" * (MAX_GUIDANCE + 1), False),
        ("A4", "看", True), ("A4", "", False), ("A4", "  \n ", False), ("A4", 5, False),
        ("A3", "看", False),
    ],
)  # fmt: skip
def test_guidance_has_two_thousand_characters_at_most_and_belongs_to_experts(
    code: str, text: str, *, passed: bool
) -> None:
    for field in ("guidance", "guidance_en"):
        scheme = content()
        leaf(scheme, code)[field] = text
        if passed:
            assert leaf(stored(scheme), code)[field] == text
        else:
            with pytest.raises(ValidationError):
                stored(scheme)


@pytest.mark.requirement("A121")
def test_what_is_read_stands_in_the_order_of_the_sheet_and_says_where_there_is_none() -> None:
    scheme = guided(content(), {"A4": {"guidance": "看技术", "guidance_en": "Look"}})
    del leaf(scheme, "E3")["name_en"]
    read = guidance_of(scheme, vector.PROFILES["default"], {}, ["E3", "A4"])
    assert read == [
        Guidance("E3", "情报与国际化成效", None, None, None, "4.00"),
        Guidance("A4", "技术水平", "Technical level", "看技术", "Look", "6.00"),
    ]


@pytest.mark.requirement("A121", "A132")
@pytest.mark.parametrize("profile", list(vector.PROFILES))
def test_the_points_read_are_those_that_the_result_counts(profile: str) -> None:
    inputs = vector.inputs(profile)
    read = guidance_of(content(), inputs.weights, inputs.indicator_weights, EXPERTS)
    counted = {one["code"]: one["max"] for one in results.compute(inputs).document["leaves"]}
    assert {one.code: one.max for one in read} == {code: counted[code] for code in EXPERTS}


def test_a_leaf_that_weighs_nothing_is_read_so() -> None:
    (one,) = guidance_of(content(), vector.PROFILES["default"], {"A4": Fraction(0)}, ["A4"])
    assert one.max == "0.00"


@pytest.mark.requirement("X13")
def test_guidance_changes_no_points_and_is_recomputed_from_its_bundle() -> None:
    year = random_year(1)
    codes = rules.scheme_from(year.scheme).expert_codes()
    words = replace(year, scheme=guided(year.scheme, {code: {"guidance": "看"} for code in codes}))
    plain, told = (results.compute(one.inputs()) for one in (year, words))
    assert codes
    assert told.document["leaves"] == plain.document["leaves"]
    assert told.document["scheme_hash"] != plain.document["scheme_hash"]
    _, made = recompute.recomputed(rules.canonical(bundle_of(words, told, open_sheets=True)))
    assert recompute.sha256(recompute.canonical(made)) == told.result_hash


@pytest.mark.requirement("A120", "A121")
def test_every_item_of_an_application_and_every_shipped_leaf_is_guided_in_both_languages() -> None:
    assert (tuple(APPLICATION_GUIDANCE), APPLICATION_INDICATORS) == (ITEMS, ITEMS)
    items = [(one.guidance, one.guidance_en) for one in APPLICATION_GUIDANCE.values()]
    shipped = reference()["guidance"]
    assert tuple(shipped) == EXPERTS
    items += [(one["guidance"], one["guidance_en"]) for one in shipped.values()]
    for chinese, english in items:
        assert chinese
        assert english
        assert max(len(chinese), len(english)) <= MAX_GUIDANCE
        assert HAN.search(chinese)
        assert not HAN.search(english)
    assert all(one.max is None for one in APPLICATION_GUIDANCE.values())


@pytest.mark.requirement("A130")
def test_the_shipped_guidance_is_what_the_api_would_store() -> None:
    shipped = guided(content(), reference()["guidance"])
    for code in EXPERTS:
        assert leaf(stored(shipped), code) == leaf(shipped, code)


# --- over HTTP --------------------------------------------------------------------------------


async def scheme_of(year: JudgedYear) -> dict[str, Any]:
    """Give the shipped scheme as a body to send."""
    shown = (await year.as_("handler", "GET", f"{SCHEMES}/{SCHEME_ID}")).json()
    return {name: shown[name] for name in ("code", "title", "parameters", "criteria")}


async def frozen_with_panel(year: JudgedYear, **over: Any) -> dict[str, str]:
    """Open, report and freeze a cycle, and form the panel."""
    await year.opened(**over)
    assert (await year.reported()).status_code == 200
    assert (await year.as_("handler", "POST", "/snapshot")).status_code == 201
    return await year.panel()


@pytest.mark.anyio
@pytest.mark.requirement("A121", "X04", "X08")
async def test_an_expert_reads_the_guidance_after_declaring_and_nobody_reads_another_s(
    year: JudgedYear,
) -> None:
    sheets = await frozen_with_panel(year, weight_profile="by_model")
    path = f"{SHEETS}/{sheets['ex02']}"
    async with year.expert("ex02") as own, year.expert("ex04") as other:
        early = await own.get(path)
        declared = await year.declare("ex02", sheets["ex02"])
        shown, hidden = await own.get(path), await other.get(path)
    async with year.operator() as operator, year.official("auditor") as auditor:
        withheld, read = await operator.get(path), await auditor.get(path)

    assert (early.status_code, codes_of(early)) == (403, ["DECLARATION_MISSING"])
    assert "guidance" not in early.text
    assert (hidden.status_code, withheld.status_code) == (404, 404)
    told = shown.json()["guidance"]
    assert told == declared.json()["guidance"] == read.json()["guidance"]
    assert [one["code"] for one in told] == shown.json()["indicators"] == list(EXPERTS)
    shipped = reference()["guidance"]
    assert [one["guidance"] for one in told] == [shipped[code]["guidance"] for code in EXPERTS]
    # The centre is of the enterprise model, where A weighs 28: 6 × 28 ÷ 25.
    assert (told[0]["name"], told[0]["name_en"]) == ("技术水平", "Technical level")
    assert [one["max"] for one in told] == ["6.72", "2.13", "4.50", "3.00", "4.00"]
    assert read.json()["items"] == []


@pytest.mark.anyio
@pytest.mark.requirement("A130", "X13")
async def test_guidance_is_that_of_the_day_of_opening(year: JudgedYear) -> None:
    body = await scheme_of(year)
    leaf(body, "A4").update(guidance="看验证", guidance_en=None)
    leaf(body, "B6").update(guidance=None, guidance_en=None)
    async with year.handler as handler:
        path = f"{SCHEMES}/{SCHEME_ID}"
        tag = (await handler.get(path)).headers["etag"]
        kept = await handler.put(path, json=body, headers={"If-Match": tag})
        assert kept.status_code == 200, kept.text
    sheets = await frozen_with_panel(year)
    leaf(body, "A4").update(guidance="看别的")
    async with year.handler as handler:
        late = await handler.put(path, json=body, headers={"If-Match": '"3"'})
        second = await handler.post(SCHEMES, json=body)
        other = {"other_id": second.json()["id"]}
        compared = await handler.get(f"{path}/comparison", params=other)
    told = (await year.declare("ex02", sheets["ex02"])).json()["guidance"]

    assert codes_of(late) == ["SCHEME_FROZEN"]
    assert second.json()["number"] == 2
    assert [(one["guidance"], one["guidance_en"]) for one in told[:2]] == [
        ("看验证", None), (None, None),
    ]  # fmt: skip
    assert compared.status_code == 200, compared.text
    (change,) = compared.json()["changes"]
    assert (change["kind"], change["field"], change["before"], change["after"]) == (
        "wording", "guidance", "看验证", "看别的",
    )  # fmt: skip


@pytest.mark.anyio
@pytest.mark.requirement("A121")
async def test_a_whole_sheet_is_guided_by_one_statement(year: JudgedYear) -> None:
    sheets = await frozen_with_panel(year)
    counted: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        counted.append(statement)

    async with year.service.sessions.reading() as session:
        seat = await session.get_one(PanelSeat, UUID(sheets["ex02"]))
        panel = await session.get_one(Panel, seat.panel_id)
        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", note)
        try:
            assert len(await queries.guidance(session, panel)) == len(EXPERTS)
        finally:
            event.remove(engine, "before_cursor_execute", note)
    assert len(counted) == 1


@pytest.mark.anyio
@pytest.mark.requirement("A130")
@pytest.mark.refusing
async def test_guidance_too_long_or_broken_is_refused_at_the_door(year: JudgedYear) -> None:
    for text in ("看" * (MAX_GUIDANCE + 1), "看\u0000", "\ud800"):
        body = await scheme_of(year)
        leaf(body, "A4")["guidance"] = text
        raw = json.dumps(body)
        async with year.handler as handler:
            answer = await handler.post(
                SCHEMES, content=raw, headers={"Content-Type": "application/json"}
            )
        assert answer.status_code in (400, 422), answer.text
    listed = (await year.as_("handler", "GET", SCHEMES)).json()["items"]
    assert [one["number"] for one in listed] == [1]


@pytest.mark.anyio
@pytest.mark.requirement("A120", "A121")
async def test_a_sheet_of_an_application_guides_its_five_items(review: Reviewing) -> None:
    sheets = await review.formed()
    told = (await review.declare("ex02", sheets["ex02"])).json()
    assert [one["code"] for one in told["guidance"]] == told["indicators"] == list(ITEMS)
    for one in told["guidance"]:
        fixed = APPLICATION_GUIDANCE[one["code"]]
        assert one == {
            "code": fixed.code, "name": fixed.name, "name_en": fixed.name_en, "max": None,
            "guidance": fixed.guidance, "guidance_en": fixed.guidance_en,
        }  # fmt: skip
