"""Two versions of a scheme side by side, and a draft's query on the facts of a past year."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from evaluation.laboratory.comparison_rules import FIELDS, SchemeChangeKind, changes
from evaluation.schemes.guidance_rules import guided
from evaluation.schemes.schemas import ExpertLeaf, GateLeaf, RatioLeaf, ThresholdLeaf
from tests.evaluation.results import vector
from tests.evaluation.results.year import SCHEME_ID, JudgedYear
from tests.evaluation.reviewing import codes_of

CONTENT: dict[str, Any] = vector.DATA["scheme"]["content"]
SCHEMES = "/v1/evaluation/schemes"


def other(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    content = copy.deepcopy(CONTENT)
    change(content)
    return content


def leaf(content: dict[str, Any], code: str) -> dict[str, Any]:
    return next(
        leaf for one in content["criteria"] for leaf in one["leaves"] if leaf["code"] == code
    )


def leaves(content: dict[str, Any], criterion: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(
        one["leaves"] for one in content["criteria"] if one["code"] == criterion
    )
    return found


def _remove(content: dict[str, Any], code: str) -> dict[str, Any]:
    one = leaf(content, code)
    leaves(content, code[0]).remove(one)
    return one


def _swap(content: dict[str, Any]) -> None:
    leaf(content, "A1")["max"], leaf(content, "A2")["max"] = "5.00", "4"


CASES: dict[str, tuple[Callable[[dict[str, Any]], Any], list[tuple[str, str | None, str | None]]]]
CASES = {
    "nothing": (lambda _: None, []),
    "figures": (lambda one: leaf(one, "A2").update(max="3.00"), []),
    "weights": (_swap, [("weight", "A1", "max"), ("weight", "A2", "max")]),
    "query": (
        lambda one: leaf(one, "B1")["query"].update(filter="true"), [("query", "B1", "query")]
    ),
    "threshold": (lambda one: leaf(one, "C2").update(low="0.2"), [("threshold", "C2", "low")]),
    "evidence": (
        lambda one: leaf(one, "B1").update(evidence_required=False),
        [("threshold", "B1", "evidence_required")],
    ),
    "parameter": (
        lambda one: one["parameters"].update(good_from="76"), [("parameter", None, "good_from")]
    ),
    "removed": (
        lambda one: _remove(one, "E2"), [("weight", "E", "weight"), ("leaf_removed", "E2", None)]
    ),
    "added": (
        lambda one: leaves(one, "E").append({**leaf(one, "E2"), "code": "E9"}),
        [("weight", "E", "weight"), ("leaf_added", "E9", None)],
    ),
    "renamed": (lambda one: leaf(one, "E2").update(code="E9"), [("leaf_moved", "E2", None)]),
    "moved": (
        lambda one: leaves(one, "D").append(_remove(one, "E2")),
        [("weight", "D", "weight"), ("weight", "E", "weight"), ("leaf_moved", "E2", None)],
    ),
    "named": (lambda one: leaf(one, "E2").update(name="节点"), [("wording", "E2", "name")]),
}  # fmt: skip


@pytest.mark.requirement("A130")
@pytest.mark.parametrize("case", list(CASES))
def test_each_change_is_told_once_and_by_its_kind(case: str) -> None:
    change, expected = CASES[case]
    found = changes(CONTENT, other(change))
    assert [(one.kind.value, one.code, one.field) for one in found] == expected
    back = changes(other(change), CONTENT)
    assert len(back) == len(expected)
    undone = {"leaf_added": "leaf_removed", "leaf_removed": "leaf_added"}
    assert sorted(one.kind.value for one in back) == sorted(
        undone.get(kind, kind) for kind, _, _ in expected
    )


@pytest.mark.requirement("A130")
def test_what_a_leaf_leaves_unsaid_is_no() -> None:
    """Content may say that no evidence is asked, or say nothing: a pure renaming stays one."""
    unsaid = other(lambda one: leaf(one, "E2").pop("evidence_required", None))
    denied = other(lambda one: leaf(one, "E2").update(evidence_required=False))
    assert changes(unsaid, denied) == []
    asked = other(lambda one: leaf(one, "E2").update(evidence_required=True))
    (change,) = changes(unsaid, asked)
    assert (change.before, change.after) == (False, True)


@pytest.mark.requirement("A130")
def test_a_leaf_of_other_content_is_another_one_even_under_a_like_place() -> None:
    def replaced(content: dict[str, Any]) -> None:
        leaf(content, "E2").update(code="E9", name="别的指标")

    found = [(one.kind.value, one.code) for one in changes(CONTENT, other(replaced))]
    assert found == [("leaf_removed", "E2"), ("leaf_added", "E9")]


@pytest.mark.requirement("A130")
def test_leaves_alike_move_in_their_order() -> None:
    def placed(*codes: str) -> dict[str, Any]:
        def change(content: dict[str, Any]) -> None:
            alike = _remove(content, "E2")
            leaves(content, "E").extend({**alike, "code": code} for code in codes)

        return other(change)

    moved = changes(placed("E7", "E8"), placed("E9", "E10"))
    assert [(one.code, one.after) for one in moved] == [("E7", "E/E9"), ("E8", "E/E10")]


@pytest.mark.requirement("A130")
def test_a_criterion_is_renamed_in_either_language() -> None:
    def renamed(content: dict[str, Any]) -> None:
        content["criteria"][0].update(name="别名", name_en="Another name")

    found = [(one.kind.value, one.code, one.field) for one in changes(CONTENT, other(renamed))]
    first = CONTENT["criteria"][0]["code"]
    assert found == [("wording", first, "name"), ("wording", first, "name_en")]


def test_no_field_of_a_leaf_can_change_unseen() -> None:
    every = set[str]()
    for model in (RatioLeaf, ThresholdLeaf, ExpertLeaf, GateLeaf):
        every |= set(model.model_fields)
    assert every - {"code"} == set(FIELDS)
    assert set(FIELDS.values()) < set(SchemeChangeKind)


# --- over HTTP --------------------------------------------------------------------------------


async def drafted(year: JudgedYear, content: dict[str, Any]) -> str:
    body = {"code": "annual", "title": "草案", **content}
    answer = await year.as_("handler", "POST", SCHEMES, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _stricter(content: dict[str, Any]) -> None:
    leaf(content, "C1")["query"]["filter"] = "fact.derived.is_sme == true"
    _swap(content)
    for one in content["criteria"]:
        one["leaves"] = guided({"criteria": [one]}, vector.DATA["guidance"])["criteria"][0][
            "leaves"
        ]


@pytest.mark.anyio
@pytest.mark.requirement("A130")
async def test_a_drafts_query_is_tried_on_last_years_facts(year: JudgedYear) -> None:
    # One service record lacks what the draft's filter reads.
    served = vector.fact(999, "service", client_uscc="9131", amount=vector.money(1))
    del served["derived"]
    year.facts["registry"].append(served)
    await year.frozen()
    draft = await drafted(year, other(_stricter))

    path = f"{SCHEMES}/{draft}/leaves/C1/preview?cycle_id={year.cycle_id}"
    (told,) = (await year.as_("auditor", "GET", path)).json()["items"]
    assert (told["value"], told["counted"], told["left_out"], told["unreadable"]) == (
        "42", 42, 58, 1,
    )  # fmt: skip
    assert told["unreadable_ids"] == [served["id"]]
    assert len(set(told["counted_ids"]) | set(told["left_out_ids"])) == 100

    path = f"{SCHEMES}/{draft}/leaves/C2/preview?cycle_id={year.cycle_id}"
    (ratio,) = (await year.as_("auditor", "GET", path)).json()["items"]
    assert (ratio["numerator"], ratio["denominator"]) == ("42", "101")

    said = await year.as_("auditor", "GET", f"{SCHEMES}/{SCHEME_ID}/comparison?other_id={draft}")
    told = said.json()
    assert [one["kind"] for one in told["changes"]] == ["weight", "weight", "query"]
    assert told["changes"][2]["query_after"]["filter"] == "fact.derived.is_sme == true"
    assert not told["same"]


@pytest.mark.anyio
@pytest.mark.requirement("A130", "X04")
@pytest.mark.refusing
async def test_drafts_are_tried_by_officials_only(year: JudgedYear) -> None:
    await year.frozen()
    draft = await drafted(year, other(_stricter))
    preview = f"{SCHEMES}/{draft}/leaves/%s/preview?cycle_id={year.cycle_id}"
    assert (await year.own("GET", preview % "C1")).status_code == 403
    compared = f"{SCHEMES}/{SCHEME_ID}/comparison?other_id={draft}"
    assert (await year.own("GET", compared)).status_code == 404

    scored = await year.as_("auditor", "GET", preview % "A4")
    assert (scored.status_code, codes_of(scored)) == (422, ["FIELD_INVALID"])
    assert (await year.as_("auditor", "GET", preview % "E99")).status_code == 404
