"""Compute a rating again, offline: `zhichuang recompute bundle.json`.

A second implementation of the computation, written from the rules' text: it shares no code with
the services and needs no network, only the standard library and `cel`, a published library that
evaluates the filters of a scheme (Common Expression Language). From the bundle's scheme, frozen
facts and score sheets it makes the result document anew; the result stands when the document's
SHA-256 is the one that was published. A centre's bundle has no sheets, which are nobody's to see:
it names the experts' means instead, and what is then proven is everything but these.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import cel

from zhichuang.recompute_sheets import expert_means, one_left_out
from zhichuang.recompute_words import Verdict, leaf_row, plain, two_places

FORMAT: Final = "zhichuang-replay-1"
FIELDS: Final = {
    "format", "case", "scheme", "profile", "weights", "trim_from", "snapshot", "sheets", "experts",
    "amendments", "result_hash",
}  # fmt: skip
# What earlier bundles lack.
ADDED: Final = {"indicator_weights"}
MAX_FILE_BYTES: Final = 256 * 1024 * 1024
MAX_FILTER: Final = 500
# What a filter may call; none of these loops, so that every filter ends.
CALLS: Final = {
    "@in", "_&&_", "_||_", "!_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_?_:_", "_[_]",
    "size", "startsWith", "endsWith", "contains", "has",
}  # fmt: skip
GRADES: Final = ("unqualified", "qualified", "good", "excellent")
# A plan's units in 分 and in shares of one.
IN_FEN: Final = {
    "fen": 1, "分": 1, "cny_fen": 1, "cny": 100, "rmb": 100, "yuan": 100, "元": 100,
    "人民币元": 100, "10k_cny": 10**6, "10k_yuan": 10**6, "cny_10k": 10**6, "yuan_10k": 10**6,
    "wan_yuan": 10**6, "10k": 10**6, "万": 10**6, "万元": 10**6, "人民币万元": 10**6,
    "亿元": 10**10, "100m_cny": 10**10,
}  # fmt: skip
PERCENT: Final = {"percent", "pct", "%", "％"}
ONES: Final = {"ratio", "share", "fraction"}


class BundleError(Exception):
    """The bundle does not hold; the message says where."""


def need(condition: object, message: str) -> None:
    """Refuse unless the condition holds."""
    if not condition:
        raise BundleError(message)


def canonical(value: object) -> bytes:
    """Write JSON in the one form that is hashed."""
    text = json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return text.encode("utf-8")


def sha256(content: bytes) -> str:
    """Give the SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


# --- figures --------------------------------------------------------------------------------


def number_in(value: object) -> Fraction:
    """Read an integer, a decimal text, or money; anything else adds nothing."""
    if isinstance(value, dict):
        value = value.get("amount")
    if isinstance(value, bool) or not isinstance(value, int | str):
        return Fraction(0)
    if isinstance(value, int):
        return Fraction(value)
    whole, dot, rest = value.removeprefix("-").partition(".")
    good = whole.isascii() and whole.isdigit() and len(whole) <= 18
    good = good and (not dot or (rest.isascii() and rest.isdigit() and len(rest) <= 6))
    return Fraction(value) if good else Fraction(0)


def found_at(fact: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - facts hold any JSON
    """Follow a dotted path into a fact."""
    value: Any = fact
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


# --- facts ----------------------------------------------------------------------------------


def chosen(
    facts: Iterable[Mapping[str, Any]], text: str | None, period: Mapping[str, str]
) -> list[Mapping[str, Any]]:
    """Keep the facts for which a filter is true; one that lacks what it reads is left out."""
    if text is None:
        return list(facts)
    need(len(text) <= MAX_FILTER, "scheme: a filter is too long")
    program = cel.compile(text)
    need(set(program.variables()) <= {"fact", "period"}, "scheme: a filter reads something else")
    need(set(program.functions()) <= CALLS, "scheme: a filter calls something else")
    kept = []
    for fact in facts:
        try:
            if program.execute({"fact": dict(fact), "period": dict(period)}) is True:
                kept.append(fact)
        except (ValueError, LookupError, TypeError, RuntimeError):
            continue
    return kept


def figure(
    query: Mapping[str, Any], facts: Sequence[Mapping[str, Any]], period: Mapping[str, str]
) -> tuple[Fraction | None, tuple[str, ...]]:
    """Turn facts into a leaf's figure, and name those that it rests on."""
    of_kind = [fact for fact in facts if fact["kind"] == query["kind"]]
    kept = chosen(of_kind, query.get("filter"), period)
    kept.sort(key=lambda fact: str(fact["id"]))
    ids = tuple(str(fact["id"]) for fact in kept)
    if query["aggregate"] == "ratio":
        above, below = (part(query[side], kept, period) for side in ("numerator", "denominator"))
        return (above / below if below > 0 else None), ids
    return aggregated(query, kept), ids


def aggregated(query: Mapping[str, Any], facts: Sequence[Mapping[str, Any]]) -> Fraction:
    """Count, add up, or weigh the facts that a filter kept."""
    path = query.get("path")
    if query["aggregate"] == "count":
        return Fraction(len(facts))
    if query["aggregate"] == "distinct":
        values = [found_at(fact, path or "") for fact in facts]
        return Fraction(len({str(value) for value in values if value is not None}))
    if query["aggregate"] == "sum":
        return sum((number_in(found_at(fact, path or "")) for fact in facts), Fraction(0))
    total = Fraction(0)
    for fact in facts:
        amount = Fraction(1) if path is None else number_in(found_at(fact, path))
        for weighting in query["weights"]:
            factors = {one["value"]: Fraction(one["factor"]) for one in weighting["factors"]}
            amount *= factors.get(str(found_at(fact, weighting["path"])), Fraction(0))
        total += amount
    return total


def part(
    side: Mapping[str, Any], facts: Sequence[Mapping[str, Any]], period: Mapping[str, str]
) -> Fraction:
    """Give one side of a ratio."""
    kept = chosen(facts, side.get("filter"), period)
    if side["aggregate"] == "count":
        return Fraction(len(kept))
    return sum((number_in(found_at(fact, side.get("path") or "")) for fact in kept), Fraction(0))


# --- leaves ---------------------------------------------------------------------------------


def in_unit(unit: str, target: Mapping[str, Any]) -> Fraction:
    """Bring a plan's figure into the leaf's unit: 分, or a share of one."""
    value, given = Fraction(target["value"]), target["unit"].strip().lower()
    if unit not in ("fen", "ratio"):
        return value
    if given in IN_FEN:
        return value * IN_FEN[given]
    if given in PERCENT or (given not in ONES and unit == "ratio" and value > 1):
        return value / 100
    return value


def target_of(
    leaf: Mapping[str, Any], targets: Sequence[Mapping[str, Any]]
) -> tuple[Fraction | None, tuple[str, ...]]:
    """Give the plan's target, not below the minimum; else the baseline; else none."""
    planned = next((one for one in targets if one["metric_code"] == leaf["code"]), None)
    value = Fraction(0) if planned is None else in_unit(leaf["unit"], planned)
    if value > 0:
        least = Fraction(leaf.get("minimum") or 0)
        return (least, ("minimum_applied",)) if value < least else (value, ())
    baseline = Fraction(leaf.get("baseline") or 0)
    return (baseline, ("baseline_used",)) if baseline > 0 else (None, ())


def ratio(
    leaf: Mapping[str, Any],
    measured: tuple[Fraction | None, tuple[str, ...]],
    targets: Sequence[Mapping[str, Any]],
) -> Verdict:
    """R: min(actual / target, 1); without target not applicable, named metrics excepted."""
    raw, ids = measured[0] or Fraction(0), measured[1]
    target, notes = target_of(leaf, targets)
    if leaf.get("evidence_required") and not ids:
        return Verdict(leaf, raw, target, notes=(*notes, "no_evidence"))
    if target is None:
        return Verdict(leaf, raw, ids=ids, notes=("not_applicable",), applies=False)
    return Verdict(leaf, raw, target, min(raw / target, Fraction(1)), ids, notes)


def threshold(
    leaf: Mapping[str, Any], measured: tuple[Fraction | None, tuple[str, ...]], reading: str
) -> Verdict:
    """T: nothing below `low`, all from `high` on, between them by the scheme's reading."""
    raw, ids = measured
    if raw is None:
        return Verdict(leaf, ids=ids, notes=("no_evidence",))
    low, high = Fraction(leaf["low"]), Fraction(leaf["high"])
    between = raw / high if reading == "proportion" else (raw - low) / (high - low)
    share = Fraction(raw >= high) if raw < low or raw >= high else between
    return Verdict(leaf, raw, share=share, ids=ids)


def gate(leaf: Mapping[str, Any], measured: tuple[Fraction | None, tuple[str, ...]]) -> Verdict:
    """G: no points; a figure below `low` caps the grade."""
    raw, ids = measured
    shut = raw is None or raw < Fraction(leaf["low"])
    return Verdict(leaf, raw, ids=ids, notes=("gate_shut",) if shut else (), shut=shut)


# --- the whole ------------------------------------------------------------------------------


def judged(
    leaf: Mapping[str, Any],
    facts: Mapping[str, Sequence[Mapping[str, Any]]],
    snapshot: Mapping[str, Any],
    means: Mapping[str, Fraction],
    reading: str,
) -> Verdict:
    """Judge a leaf by its way of calculating."""
    if leaf["calc"] == "expert":
        if leaf["code"] not in means:
            return Verdict(leaf, notes=("no_evidence",))
        mean = means[leaf["code"]]
        return Verdict(leaf, mean, share=mean / 100)
    measured = figure(leaf["query"], facts[leaf["query"]["source"]], snapshot["period"])
    if leaf["calc"] == "threshold":
        return threshold(leaf, measured, reading)
    if leaf["calc"] == "gate":
        return gate(leaf, measured)
    return ratio(leaf, measured, snapshot["plan"]["targets"])


def own_points(
    leaves: Sequence[Verdict], weight: Fraction, named: Mapping[str, Fraction]
) -> list[Fraction]:
    """Give the parts of a criterion's leaves in each other's measure.

    What the profile says of an indicator is its part of the criterion's weight; the others share
    what is left of it as the scheme has them.
    """
    stated = [named.get(one.leaf["code"]) for one in leaves]
    plain_parts = [Fraction(one.leaf["max"]) for one in leaves]
    if all(part is None for part in stated):
        return plain_parts
    taken = sum((part for part in stated if part is not None), Fraction(0))
    pairs = list(zip(stated, plain_parts, strict=True))
    others = sum((part for said, part in pairs if said is None), Fraction(0))
    need(taken <= weight if others else taken == weight, "indicator_weights: beyond a criterion")
    left = (weight - taken) / others if others else Fraction(0)
    return [part * left if said is None else said for said, part in pairs]


def spread(
    criteria: Sequence[Sequence[Verdict]],
    weights: Sequence[Fraction],
    named: Mapping[str, Fraction],
) -> None:
    """Give every leaf its points: not applicable ones leave theirs to siblings, pro rata."""
    own = [
        own_points(leaves, weight, named) for leaves, weight in zip(criteria, weights, strict=True)
    ]
    live = [
        sum((points for one, points in zip(leaves, row, strict=True) if one.applies), Fraction(0))
        for leaves, row in zip(criteria, own, strict=True)
    ]
    standing = sum(
        (weight for weight, points in zip(weights, live, strict=True) if points), Fraction(0)
    )
    for leaves, row, points, weight in zip(criteria, own, live, weights, strict=True):
        for one, most in zip(leaves, row, strict=True):
            if one.applies and points:
                one.most = most / points * weight / standing * 100


def gates_of(snapshot: Mapping[str, Any]) -> set[str]:
    """Name the gates that the report shuts."""
    report = snapshot["report"]
    if report["state"] == "missing":
        return {"report_missing"}
    return {"report_late"} if report["lateness_days"] > 0 else set()


def grade(total: Fraction, parameters: Mapping[str, str]) -> str:
    """Give the grade of a total."""
    bounds = [Fraction(parameters[f"{name}_from"]) for name in GRADES[1:]]
    return GRADES[sum(total >= bound for bound in bounds)]


def capped(by_score: str, gates: set[str], leaves: Iterable[Verdict], late_cap: str) -> str:
    """Apply what decides over the score; of several caps the lowest counts."""
    caps: list[str] = [one.leaf["cap"] for one in leaves if one.shut]
    if gates & {"report_missing", "report_falsified"}:
        caps.append("unqualified")
    if "report_late" in gates:
        caps.append(late_cap)
    return min([by_score, *caps], key=GRADES.index)


def facts_by_leaf(
    bundle: Mapping[str, Any], snapshot: Mapping[str, Any]
) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Give each leaf the facts it reads: the frozen ones, or those of its last reopening.

    Besides, what the document names of reopened leaves: facts, sheets or a corrected report.
    """
    report = snapshot["report"]["fact"]
    frozen = {**snapshot["facts"], "report": [] if report is None else [report]}
    leaves = [leaf for criterion in bundle["scheme"]["criteria"] for leaf in criterion["leaves"]]
    facts = {leaf["code"]: frozen for leaf in leaves}
    named = []
    for one in bundle["amendments"]:
        if one["content"] is None:
            named.append({"hash": one["hash"], "codes": sorted(one["codes"])})
            continue
        content = json.loads(one["content"])
        need(sorted(content["codes"]) == sorted(one["codes"]), "amendments: other leaves inside")
        nothing: dict[str, Any] = {"registry": [], "ip_ledger": []}
        told = [content["report"]] if "report" in content else []
        known = {**content.get("facts", nothing), "report": told}
        facts |= dict.fromkeys(one["codes"], known)
        named.append(
            {"hash": sha256(one["content"].encode("utf-8")), "codes": sorted(one["codes"])}
        )
    return facts, named


def computed(
    bundle: Mapping[str, Any], snapshot: Mapping[str, Any], means: Mapping[str, Fraction]
) -> tuple[list[Verdict], Fraction]:
    """Judge and weigh every leaf; give what they add up to, a hair over 100 included."""
    scheme = bundle["scheme"]
    facts, _ = facts_by_leaf(bundle, snapshot)
    reading = scheme["parameters"]["reading"]
    criteria = [
        [judged(leaf, facts[leaf["code"]], snapshot, means, reading) for leaf in row["leaves"]]
        for row in scheme["criteria"]
    ]
    weights = {code: Fraction(text) for code, text in bundle["weights"].items()}
    need(sum(weights.values(), Fraction(0)) == 100, "weights: they do not sum to 100")
    known = {leaf["code"] for row in scheme["criteria"] for leaf in row["leaves"]}
    named = stated_weights(bundle)
    need(named.keys() <= known, "indicator_weights: of unknown indicators")
    spread(criteria, [weights[criterion["code"]] for criterion in scheme["criteria"]], named)
    leaves = [one for row in criteria for one in row]
    return leaves, sum((one.points for one in leaves), Fraction(0))


def stated_weights(bundle: Mapping[str, Any]) -> dict[str, Fraction]:
    """Give what the profile says of single indicators; earlier bundles say nothing."""
    return {code: Fraction(text) for code, text in bundle.get("indicator_weights", {}).items()}


def hinges(
    bundle: Mapping[str, Any], leaves: Sequence[Verdict], gates: set[str], rating: str
) -> bool:
    """Tell whether the grade is another one without some single sheet."""
    sheets, parameters = bundle["sheets"], bundle["scheme"]["parameters"]
    if sheets is None:
        return bundle["experts"]["hinges_on_sheet"] is True
    if len(sheets) < 2 or gates & {"report_missing", "report_falsified"}:
        return False
    for rest in one_left_out(bundle):
        means = expert_means(rest).means
        again = [
            replace(one, share=means[one.leaf["code"]] / 100)
            if one.leaf["calc"] == "expert"
            else one
            for one in leaves
        ]
        total = min(sum((one.points for one in again), Fraction(0)), Fraction(100))
        if capped(grade(total, parameters), gates, again, parameters["late_cap"]) != rating:
            return True
    return False


def stressed(named: Mapping[str, Fraction]) -> dict[str, Any]:
    """Show weights of single indicators, where there are any."""
    if not named:
        return {}
    return {"indicator_weights": {code: plain(weight) for code, weight in named.items()}}


def document_of(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """Make the result document from a bundle's inputs."""
    scheme, snapshot = bundle["scheme"], json.loads(bundle["snapshot"])
    parameters = scheme["parameters"]
    scored = expert_means(bundle)
    shown = scored.rows
    sheets_hash = scored.stated_hash if shown is None else sha256(canonical(shown))
    reading = parameters["reading"]
    _, amendments = facts_by_leaf(bundle, snapshot)
    weights = {code: Fraction(text) for code, text in bundle["weights"].items()}
    leaves, points = computed(bundle, snapshot, scored.means)
    total = min(points, Fraction(100))
    gates = gates_of(snapshot)
    by_score = grade(total, parameters)
    rating = capped(by_score, gates, leaves, parameters["late_cap"])
    band = Fraction(parameters["second_reading_band"])
    bounds = [Fraction(parameters[f"{name}_from"]) for name in GRADES[1:]]
    shut = {"leaf_gate"} if any(one.shut for one in leaves) else set()
    return {
        "format": 1,
        "scheme_hash": sha256(canonical(scheme)),
        "snapshot_hash": sha256(bundle["snapshot"].encode("utf-8")),
        "amendments": amendments,
        "sheets_hash": sheets_hash,
        "sheets": scored.sheets,
        "trim_from": bundle["trim_from"],
        "profile": bundle["profile"],
        "weights": {code: plain(weight) for code, weight in weights.items()},
        **stressed(stated_weights(bundle)),
        "total": two_places(total),
        "rounding": f"-{two_places(points - total)}" if points > total else "0.00",
        "rating": rating,
        "score_rating": by_score,
        "gates": sorted(gates | shut),
        "hinges_on_sheet": hinges(bundle, leaves, gates, rating),
        "near_boundary": any(abs(total - bound) <= band for bound in bounds),
        "leaves": [leaf_row(one, scored.count(one.leaf["code"]), reading) for one in leaves],
    }


def recomputed(raw: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a bundle and compute it; raise `BundleError` where it cannot be read."""
    try:
        bundle = json.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BundleError("the bundle is not readable as JSON") from error
    need(
        isinstance(bundle, dict) and set(bundle) | ADDED == FIELDS | ADDED,
        "other fields than expected",
    )
    need(bundle["format"] == FORMAT, "a format that this program does not know")
    try:
        return bundle, document_of(bundle)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        msg = f"the bundle cannot be computed: {type(error).__name__}: {error}"
        raise BundleError(msg) from error


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command: 0 when the hash is the published one, 1 when not, 2 when unreadable."""
    parser = argparse.ArgumentParser(prog="zhichuang recompute", description="Offline.")
    parser.add_argument("bundle", type=Path, help="the bundle, as the service gave it")
    parser.add_argument("--document", action="store_true", help="print the document made anew")
    arguments = parser.parse_args(argv)
    try:
        with arguments.bundle.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
        need(len(raw) <= MAX_FILE_BYTES, "the bundle is too large")
        bundle, document = recomputed(raw)
    except OSError as error:
        print(f"cannot read: {error}", file=sys.stderr)
        return 2
    except BundleError as error:
        print(f"REFUSED  {error}", file=sys.stderr)
        return 1
    made = sha256(canonical(document))
    if arguments.document:
        print(json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True))
    told = f"{document['total']} {document['rating']}"
    if made != bundle["result_hash"]:
        print(f"REFUSED  {told} hashes to {made}, not {bundle['result_hash']}", file=sys.stderr)
        return 1
    rest = "" if bundle["sheets"] is not None else " (experts' means taken as stated)"
    print(f"RECOMPUTED  {told} {made}{rest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
