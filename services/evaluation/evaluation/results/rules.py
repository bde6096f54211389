"""From facts and sheets to a rating: one pure function, exact until a leaf is rounded.

The same scheme, weights, snapshot and sheets give the same bytes and the same SHA-256, whatever
the order of the facts. Every leaf says what it measured, against what, and why it has its points.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from evaluation.results.leaf_rules import (
    Inputs,
    LeafNote,
    LeafResult,
    RatingGate,
    Sheet,
    judge,
    leaf_document,
    scaled,
)
from evaluation.schemes.counting_rules import below_zero
from evaluation.schemes.figure_rules import decimal_text, hundredths, points_text, score_text
from evaluation.schemes.rules import (
    FULL,
    Criterion,
    LeafCalc,
    Parameters,
    Rating,
    canonical,
    digest,
)
from evaluation.sheets.rules import means_without_one
from shared.rules import Check, Kind, Rule

COUNTED: Final = Rule("A127", "四(四)")
FROZEN: Final = Rule("X13", "delivery")
NEAR: Final = Rule("A126", "四(四)")
PROFILE: Final = Rule("A132", "四(四)")

FORMAT: Final = 1


class ReadingConclusion(StrEnum):
    """What a second reading comes to; only a confirming one lets a result go on."""

    CONFIRMED = "confirmed"
    DOUBTED = "doubted"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A computed result: `content` is the document's canonical form, and its hash names it.

    `exact` has what the document shows rounded: each leaf's share and the unrounded total.
    """

    total: Fraction
    rating: Rating
    document: Mapping[str, Any]
    content: bytes
    result_hash: str
    exact: Mapping[str, Any]


# --- a criterion, a whole -------------------------------------------------------------------


def spread(results: Sequence[LeafResult]) -> list[LeafResult]:
    """Spread the points of leaves that do not apply over their siblings, pro rata.

    With no sibling left the criterion keeps nothing here; `weigh` gives its points to the others.
    """
    whole = sum((one.max_points for one in results), Fraction(0))
    kept = sum((one.max_points for one in results if one.applicable), Fraction(0))
    factor = whole / kept if kept else Fraction(0)
    return [scaled(one, factor if one.applicable else Fraction(0)) for one in results]


def weigh(
    judged: Sequence[tuple[Criterion, list[LeafResult]]], weights: Mapping[str, Fraction]
) -> list[list[LeafResult]]:
    """Scale every leaf by profile / default (A132), so that the points stay 100 in all."""
    # A gate applies and has no points to stand for.
    standing = [
        one.code
        for one, leaves in judged
        if any(leaf.applicable and leaf.max_points for leaf in leaves)
    ]
    available = sum((weights[code] for code in standing), Fraction(0))
    lift = FULL / available if available else Fraction(0)
    # In a criterion without points there are gates at most, and nothing to scale.
    factors = [lift * weights[one.code] / (one.max_points or 1) for one, _ in judged]
    return [
        [scaled(leaf, factor) for leaf in spread(leaves)]
        for factor, (_, leaves) in zip(factors, judged, strict=True)
    ]


def rating_for(total: Fraction, parameters: Parameters) -> Rating:
    """Give the grade of a total; each lower bound belongs to its grade."""
    if total >= parameters.excellent_from:
        return Rating.EXCELLENT
    if total >= parameters.good_from:
        return Rating.GOOD
    return Rating.QUALIFIED if total >= parameters.qualified_from else Rating.UNQUALIFIED


ORDER: Final = (Rating.UNQUALIFIED, Rating.QUALIFIED, Rating.GOOD, Rating.EXCELLENT)


def gated(rating: Rating, gates: Iterable[RatingGate], parameters: Parameters) -> Rating:
    """Apply the gates: no honest report means unqualified, a late one caps the grade."""
    found = set(gates)
    if found & {RatingGate.REPORT_MISSING, RatingGate.REPORT_FALSIFIED}:
        return Rating.UNQUALIFIED
    if RatingGate.REPORT_LATE in found:
        return min(rating, parameters.late_cap, key=ORDER.index)
    return rating


def is_shut(result: LeafResult) -> bool:
    """Tell whether a leaf is a gate whose figure is not reached: it caps the grade."""
    return LeafNote.GATE_SHUT in result.notes


def graded(by_score: Rating, shut: Iterable[LeafResult], inputs: Inputs) -> Rating:
    """Give the grade after the report's gates and the scheme's own, of which the lowest counts."""
    caps = [one.leaf.cap for one in shut if one.leaf.cap is not None]
    reported = gated(by_score, inputs.gates, inputs.scheme.parameters)
    return min([reported, *caps], key=ORDER.index)


def is_near_boundary(total: Fraction, parameters: Parameters) -> bool:
    """Tell whether a total lies within the band of a grade's bound, the band's ends included."""
    bounds = (parameters.excellent_from, parameters.good_from, parameters.qualified_from)
    return any(abs(total - bound) <= parameters.second_reading_band for bound in bounds)


def points_of(weighed: Iterable[Iterable[LeafResult]]) -> Fraction:
    """Add up what the leaves earned, each rounded on its own."""
    return Fraction(sum(hundredths(leaf.points) for leaves in weighed for leaf in leaves), 100)


def hinges_on_sheet(
    weighed: Sequence[Sequence[LeafResult]], inputs: Inputs, rating: Rating
) -> bool:
    """Tell whether the rating would be another one without some single sheet.

    What facts decided stands, and so does what each leaf can earn: only experts' leaves are
    judged anew.
    """
    if inputs.gates & {RatingGate.REPORT_MISSING, RatingGate.REPORT_FALSIFIED}:
        return False
    leaves = [leaf for one in weighed for leaf in one]
    points = sum(hundredths(one.points) for one in leaves)
    shut = [one for one in leaves if is_shut(one)]
    for scored in _scored_together(leaves, inputs):
        rest = points - sum(hundredths(leaf.points) for leaf, _ in scored)
        for left in zip(*(_left_out(leaf, scores, inputs) for leaf, scores in scored), strict=True):
            total = min(Fraction(rest + sum(left), 100), FULL)
            if graded(rating_for(total, inputs.scheme.parameters), shut, inputs) is not rating:
                return True
    return False


def _scored_together(
    leaves: Iterable[LeafResult], inputs: Inputs
) -> list[list[tuple[LeafResult, list[Decimal]]]]:
    """Put experts' leaves together that the same sheets score, with what these say of each."""
    found: dict[int, list[tuple[LeafResult, list[Decimal]]]] = {}
    for one in leaves:
        if one.leaf.calc is LeafCalc.EXPERT:
            place, sheets = inputs.scoring_of(one.leaf.code)
            if len(sheets) > 1:
                scores = [sheet.scores[one.leaf.code] for sheet in sheets]
                found.setdefault(place, []).append((one, scores))
    return list(found.values())


def _left_out(one: LeafResult, scores: Sequence[Decimal], inputs: Inputs) -> list[int]:
    """Give a leaf's points, in hundredths, without each sheet in turn."""
    worth = one.max_points / FULL
    return [hundredths(mean * worth) for mean in means_without_one(scores, inputs.trim_from)]


def rate(
    judged: Sequence[tuple[Criterion, list[LeafResult]]], inputs: Inputs
) -> tuple[Fraction, Rating]:
    """Give total and grade of judged leaves under the weights, parameters and gates of inputs."""
    total = min(points_of(weigh(judged, inputs.weights)), FULL)
    shut = [leaf for _, leaves in judged for leaf in leaves if is_shut(leaf)]
    return total, graded(rating_for(total, inputs.scheme.parameters), shut, inputs)


def compute(inputs: Inputs) -> Outcome:
    """Compute a result. Raises `ValueError` where `input_checks` would have refused."""
    judged = [
        (criterion, [judge(leaf, inputs) for leaf in criterion.leaves])
        for criterion in inputs.scheme.criteria
    ]
    weighed = weigh(judged, inputs.weights)
    points = points_of(weighed)
    # Each leaf is rounded on its own, so that full marks may add up to a hair over 100.
    total = min(points, FULL)
    by_score = rating_for(total, inputs.scheme.parameters)
    shut = [leaf for leaves in weighed for leaf in leaves if is_shut(leaf)]
    rating = graded(by_score, shut, inputs)
    gates = inputs.gates | (frozenset({RatingGate.LEAF_GATE}) if shut else frozenset())
    document = {
        "format": FORMAT,
        "scheme_hash": inputs.scheme.content_hash,
        "snapshot_hash": inputs.snapshot_hash,
        "amendments": [{"hash": one.hash, "codes": sorted(one.codes)} for one in inputs.amendments],
        "sheets_hash": sheets_hash(inputs.sheets),
        "sheets": len(inputs.sheets),
        "trim_from": inputs.trim_from,
        "profile": inputs.profile,
        "weights": weight_texts(inputs.weights),
        **stressed(inputs.indicator_weights),
        "total": points_text(total),
        "rounding": f"-{points_text(points - total)}" if points > total else "0.00",
        "rating": rating.value,
        "score_rating": by_score.value,
        "gates": sorted(gate.value for gate in gates),
        "near_boundary": is_near_boundary(total, inputs.scheme.parameters),
        "hinges_on_sheet": hinges_on_sheet(weighed, inputs, rating),
        "leaves": [leaf_document(leaf, inputs) for leaves in weighed for leaf in leaves],
    }
    exact = exact_figures(weighed, graded(Rating.EXCELLENT, shut, inputs))
    content = canonical(document)
    return Outcome(total, rating, document, content, content_hash(content), exact)


def weight_texts(weights: Mapping[str, Fraction]) -> dict[str, str]:
    """Write weights as decimals, in the order of their codes."""
    return {code: decimal_text(weights[code]) for code in sorted(weights)}


def stressed(indicators: Mapping[str, Fraction]) -> dict[str, dict[str, str]]:
    """Write a profile's weights of single indicators, where it has any (A067)."""
    return {"indicator_weights": weight_texts(indicators)} if indicators else {}


def exact_figures(weighed: Sequence[Sequence[LeafResult]], cap: Rating) -> dict[str, Any]:
    """Give what ranks come from: the unrounded total, each leaf's share, the best grade left."""
    leaves = [leaf for leaves in weighed for leaf in leaves]
    return {
        "total": str(sum((leaf.points for leaf in leaves), Fraction(0))),
        "cap": cap.value,
        "leaves": [
            {"code": leaf.leaf.code, "share": str(leaf.share), "applies": leaf.applicable}
            for leaf in leaves
        ],
    }


def scoring_hash(sheets: str, anew: Sequence[str]) -> str:
    """Name all sheets that a result rests on: the first, and those of leaves scored anew."""
    return digest([sheets, *anew]) if anew else sheets


def sheets_hash(sheets: Iterable[Sheet]) -> str:
    """Hash the sheets that a result rests on, in the order of their ids."""
    ordered = sorted(sheets, key=lambda sheet: sheet.sheet_id)
    return digest(
        [
            {
                "sheet_id": sheet.sheet_id,
                "scores": {code: score_text(score) for code, score in sheet.scores.items()},
            }
            for sheet in ordered
        ]
    )


# --- what must hold -------------------------------------------------------------------------


def input_checks(inputs: Inputs) -> list[Check]:
    """Check that figures can be computed with: nothing below zero, every leaf scored."""
    codes = set(inputs.scheme.expert_codes())
    negative = negatives(inputs)
    scored = [(one, codes) for one in inputs.sheets]
    scored += [(one, set(anew.codes)) for anew in inputs.amendments for one in anew.sheets]
    incomplete = [one.sheet_id for one, wanted in scored if not wanted <= set(one.scores)]
    return [
        COUNTED.check("VALUE_NEGATIVE", Kind.CONTENT, passed=not negative, where=negative),
        Rule("A121", "四(三)2").check(
            "SHEET_INCOMPLETE", Kind.CONTENT, passed=not incomplete, missing=incomplete
        ),
    ]


def negatives(inputs: Inputs) -> list[str]:
    """Name the facts and targets whose figures are below zero."""
    found = [f"target {one.code}" for one in inputs.targets if one.value < 0]
    for leaf in inputs.scheme.leaves():
        if leaf.query is not None:
            facts = inputs.facts_for(leaf, leaf.query.source)
            found.extend(f"{leaf.code} {fact_id}" for fact_id in below_zero(leaf.query, facts))
    return sorted(found)


def gates_of(report_state: str, lateness: int) -> frozenset[RatingGate]:
    """Give the gates that a frozen report opens or shuts."""
    if report_state == "missing":
        return frozenset({RatingGate.REPORT_MISSING})
    return frozenset({RatingGate.REPORT_LATE} if lateness > 0 else ())


def content_hash(content: bytes) -> str:
    """Hash the stored bytes of a snapshot."""
    return hashlib.sha256(content).hexdigest()


def snapshot_checks(*, has_snapshot: bool) -> list[Check]:
    """Check that there are frozen facts to compute from (X13)."""
    return [FROZEN.check("SNAPSHOT_MISSING", Kind.STATE, passed=has_snapshot)]


def integrity_checks(stored_hash: str, content_hash: str) -> list[Check]:
    """Check that a snapshot is what was stored (X13)."""
    return [FROZEN.check("SNAPSHOT_CHANGED", Kind.STATE, passed=stored_hash == content_hash)]


def waiting_checks(leaves: Sequence[str]) -> list[Check]:
    """Check that no reopened leaf still waits for its new sheets or its correction (X09)."""
    objected = Rule("X09", "practice")
    return [objected.check("LEAF_WAITING", Kind.STATE, passed=not leaves, leaves=sorted(leaves))]


def profile_checks(asked: str | None, frozen: str) -> list[Check]:
    """Check that what is kept is computed under the case's own profile (A132)."""
    passed = asked is None or asked == frozen
    return [PROFILE.check("SCHEME_FROZEN", Kind.STATE, passed=passed, profile=frozen)]


def second_reading_checks(*, needed: bool, readings: int) -> list[Check]:
    """Check that a result in the grey zone was read a second time.

    It is there when its total is near a grade's bound or its rating hinges on a single sheet.
    """
    passed = not needed or readings > 0
    return [NEAR.check("SECOND_READING_MISSING", Kind.STATE, passed=passed)]


MEASURED: Final = ("raw", "target", "fact_ids")


def leaves_of(document: bytes) -> dict[str, Mapping[str, Any]]:
    """Read a stored document's leaves, by code."""
    return {leaf["code"]: leaf for leaf in json.loads(document)["leaves"]}


def reopened_checks(
    before: Mapping[str, Mapping[str, Any]],
    after: Mapping[str, Mapping[str, Any]],
    reopened: Iterable[str],
) -> list[Check]:
    """Check that a further version measures only reopened leaves otherwise (D10).

    Points of others may move by themselves alone: when a leaf begins to apply, its siblings share.
    """
    moved = sorted(
        code
        for code in set(before) | set(after)
        if [before.get(code, {}).get(name) for name in MEASURED]
        != [after.get(code, {}).get(name) for name in MEASURED]
    )
    others = [code for code in moved if code not in set(reopened)]
    return [FROZEN.check("LEAF_NOT_REOPENED", Kind.STATE, passed=not others, leaves=others)]


def freshness_checks(used: str, standing: str) -> list[Check]:
    """Check that the sheets are still those that the result was computed from."""
    return [FROZEN.check("STALE_INPUT", Kind.STATE, passed=used == standing)]


def tenancy_checks(org_ids: AbstractSet[UUID], center_orgs: Iterable[UUID]) -> list[Check]:
    """Check that nobody decides on a centre of an organization for which he acts (X03)."""
    passed = org_ids.isdisjoint(center_orgs)
    separate = Rule("X03", "delivery")
    return [separate.check("SOD_VIOLATION", Kind.SCOPE, passed=passed, held="submitter")]
