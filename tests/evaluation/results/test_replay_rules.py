"""What is kept of a result and shown to who computes it again: bytes and hashes, by hand."""

import hashlib
import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from evaluation.results import replay_rules as rules
from evaluation.results.leaf_rules import RatingGate, Sheet
from evaluation.schemes.rules import Source
from shared.rules import failed_codes
from tests.evaluation.results import vector

SHEETS = [Sheet("b", {"A4": Decimal("80.50")}), Sheet("a", {"A4": Decimal(70), "D4": Decimal(1)})]
ROWS = [
    {"sheet_id": "a", "scores": {"A4": "70", "D4": "1"}},
    {"sheet_id": "b", "scores": {"A4": "80.50"}},
]
TERMS: dict[str, Any] = {
    "profile": "default", "trim_from": 6,
    "weights": {code: str(weight) for code, weight in vector.PROFILES["default"].items()},
}  # fmt: skip


def snapshot(**over: Any) -> bytes:
    content = {
        "period": {"from_on": "2027-01-01", "until_on": "2027-12-31"},
        "facts": {"registry": [vector.fact(1, "training")], "ip_ledger": []},
        "report": {"state": "accepted", "lateness_days": 0, "fact": None}, "plan": {"targets": []},
    }  # fmt: skip
    return json.dumps(content | over).encode()


@pytest.mark.requirement("X13")
@pytest.mark.parametrize(
    ("state", "lateness", "gates"),
    [
        ("accepted", 0, set()), ("accepted", -1, set()), ("accepted", 1, {RatingGate.REPORT_LATE}),
        ("missing", 1, {RatingGate.REPORT_MISSING}),
    ],
)  # fmt: skip
def test_inputs_are_read_from_stored_bytes(
    state: str, lateness: int, gates: set[RatingGate]
) -> None:
    report = {"state": state, "lateness_days": lateness, "fact": vector.report_fact()}
    stored = snapshot(report=report)
    given = rules.inputs_of(stored, "h", vector.DATA["scheme"]["content"], TERMS, SHEETS)
    assert given.gates == gates
    assert (given.trim_from, given.snapshot_hash) == (6, "h")
    assert (given.profile, given.sheets, given.targets) == ("default", SHEETS, [])
    assert given.weights == vector.PROFILES["default"]
    assert given.indicator_weights == {}
    assert [len(given.facts[source]) for source in (Source.REGISTRY, Source.IP_LEDGER)] == [1, 0]
    assert [one["kind"] for one in given.facts[Source.REPORT]] == ["annual_report"]


def test_a_year_without_a_report_has_no_fact_of_it() -> None:
    assert rules.facts_in(json.loads(snapshot()))[Source.REPORT] == []


def test_weights_of_single_indicators_are_read_where_there_are_any() -> None:
    found = rules.weights_in(TERMS | {"indicator_weights": {"A5": "2.5"}})
    assert found == (vector.PROFILES["default"], {"A5": Fraction(5, 2)})


@pytest.mark.requirement("X13")
def test_sheets_are_kept_in_the_order_of_their_ids_and_read_back() -> None:
    stored = rules.inputs_document(SHEETS)
    assert json.loads(stored) == {"sheets": ROWS}
    kept = rules.kept_inputs(stored)
    assert (kept.sheets, kept.amended) == (SHEETS[::-1], [])
    more = rules.inputs_document(SHEETS, [b"{}", b"[]"])
    assert json.loads(more) == {"sheets": ROWS, "amendments": ["{}", "[]"]}
    assert rules.kept_inputs(more).amended == [b"{}", b"[]"]


DOCUMENT: dict[str, Any] = {
    "profile": "default", "weights": {"A": "100"}, "trim_from": 5, "sheets": 2,
    "sheets_hash": "s", "hinges_on_sheet": True,
}  # fmt: skip
SCORED = rules.scored_anew("c", 2, ["D4", "A4"], SHEETS)
CORRECTED = rules.corrected("c", ["B2", "B1"], vector.report_fact())


@pytest.mark.requirement("X13")
@pytest.mark.parametrize("is_open", [True, False])
def test_a_bundle_shows_sheets_only_to_who_may_see_them(*, is_open: bool) -> None:
    told = rules.bundle(
        case={"id": "c"}, scheme={"code": "s"}, snapshot=b"{}", document=DOCUMENT,
        sheets=ROWS if is_open else None, means={"A4": "75"},
        amendments=[(["D4", "A4"], SCORED), (["B1"], CORRECTED)],
    )  # fmt: skip
    scored, corrected = told.pop("amendments")
    canonical = json.dumps(DOCUMENT, sort_keys=True, separators=(",", ":")).encode()
    assert told == {
        "format": "zhichuang-replay-1", "case": {"id": "c"}, "scheme": {"code": "s"},
        "profile": "default", "weights": {"A": "100"}, "indicator_weights": {}, "trim_from": 5,
        "snapshot": "{}", "sheets": ROWS if is_open else None,
        "experts": {
            "sheets": 2, "sheets_hash": "s", "means": {"A4": "75"}, "hinges_on_sheet": True,
        },
        "result_hash": hashlib.sha256(canonical).hexdigest(),
    }  # fmt: skip
    assert corrected == {"codes": ["B1"], "content": CORRECTED.decode()}
    hashed = hashlib.sha256(SCORED).hexdigest()
    assert scored == (
        {"codes": ["A4", "D4"], "content": SCORED.decode()}
        if is_open
        else {"codes": ["A4", "D4"], "content": None, "hash": hashed, "sheets": 2}
    )


@pytest.mark.requirement("X09", "X13")
def test_what_counts_for_reopened_leaves_is_read_back_from_its_bytes() -> None:
    scored, corrected = rules.amendment_of(SCORED), rules.amendment_of(CORRECTED)
    assert scored.hash == hashlib.sha256(SCORED).hexdigest()
    assert scored.codes == {"A4", "D4"}
    assert scored.sheets == SHEETS[::-1]
    assert [len(rows) for rows in scored.facts.values()] == [0, 0, 0]
    assert corrected.codes == {"B1", "B2"}
    assert corrected.sheets == []
    assert [len(rows) for rows in corrected.facts.values()] == [0, 0, 1]
    assert rules.scored_anew("c", 2, ["D4", "A4"], SHEETS) == SCORED
    assert rules.corrected("c", ["B2", "B1"], vector.report_fact()) == CORRECTED
    told = json.loads(SCORED), json.loads(CORRECTED)
    assert [(one["format"], one["case_id"], one["codes"]) for one in told] == [
        (1, "c", ["A4", "D4"]), (1, "c", ["B1", "B2"]),
    ]  # fmt: skip
    assert told[0]["round"] == 2


@pytest.mark.requirement("X13")
@pytest.mark.refusing
def test_everything_that_a_document_names_has_to_be_kept() -> None:
    hashes = [hashlib.sha256(one).hexdigest() for one in (CORRECTED, SCORED)]
    document = {"amendments": [{"hash": one} for one in hashes]}
    for kept, codes in (
        ([SCORED, CORRECTED, b"other"], []), ([SCORED], ["SNAPSHOT_CHANGED"]),
    ):  # fmt: skip
        named = rules.named_in(document, kept)
        assert named == [one for one in (CORRECTED, SCORED) if one in kept]
        assert failed_codes(rules.amended_checks(document, named)) == codes
    assert rules.named_in({}, [SCORED]) == []
    assert failed_codes(rules.amended_checks({}, [])) == []


@pytest.mark.requirement("X13")
@pytest.mark.refusing
def test_a_result_is_computed_and_comes_to_the_same() -> None:
    assert failed_codes(rules.computed_checks({})) == []
    assert failed_codes(rules.computed_checks({"voids": "x"})) == ["RESULT_VOID"]
    assert failed_codes(rules.same_checks("a", "a")) == []
    assert failed_codes(rules.same_checks("a", "b")) == ["RESULT_DIFFERS"]
