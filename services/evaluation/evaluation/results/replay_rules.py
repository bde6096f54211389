"""What a third party needs to compute a result again, offline: `zhichuang recompute`."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from evaluation.cycles.rules import targets_of
from evaluation.results.leaf_rules import Amendment, Inputs, Sheet
from evaluation.results.rules import gates_of
from evaluation.schemes.counting_rules import Period
from evaluation.schemes.rules import Scheme, Source, canonical, digest, scheme_from
from evaluation.schemes.weight_rules import fractions, reweighed
from shared.reading import read_json
from shared.rules import Check, Kind, Rule

REPLAY_FORMAT: Final = "zhichuang-replay-1"
REPRODUCIBLE: Final = Rule("X13", "delivery")


def inputs_of(
    snapshot: bytes,
    snapshot_hash: str,
    scheme: Mapping[str, Any],
    terms: Mapping[str, Any],
    sheets: Sequence[Sheet],
) -> Inputs:
    """Read inputs from stored bytes; `terms` has `profile`, weights and `trim_from`.

    A result's own document has these terms too, so that an old result needs nothing else.
    """
    return inputs_under(snapshot, snapshot_hash, scheme_from(scheme), terms, sheets)


def inputs_under(
    snapshot: bytes,
    snapshot_hash: str,
    scheme: Scheme,
    terms: Mapping[str, Any],
    sheets: Sequence[Sheet],
) -> Inputs:
    """Read inputs as `inputs_of`, under a scheme that was read before."""
    content: dict[str, Any] = read_json(snapshot)
    report = content["report"]
    weights, indicators = weights_in(terms)
    return Inputs(
        scheme=reweighed(scheme, weights, indicators),
        profile=terms["profile"],
        weights=weights,
        indicator_weights=indicators,
        period=Period(**content["period"]),
        facts=facts_in(content),
        targets=targets_of(content["plan"]),
        snapshot_hash=snapshot_hash,
        sheets=sheets,
        gates=gates_of(report["state"], report["lateness_days"]),
        trim_from=terms["trim_from"],
    )


def weights_in(terms: Mapping[str, Any]) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """Read the weights of criteria and of single indicators; documents of old lack the latter."""
    return fractions(terms["weights"]), fractions(terms.get("indicator_weights", {}))


def facts_in(content: Mapping[str, Any]) -> dict[Source, list[Any]]:
    """Give the facts of a snapshot's content by their source."""
    report = content["report"]["fact"]
    return {
        Source.REGISTRY: content["facts"]["registry"],
        Source.IP_LEDGER: content["facts"]["ip_ledger"],
        Source.REPORT: [] if report is None else [report],
    }


def inputs_document(sheets: Sequence[Sheet], amended: Sequence[bytes] = ()) -> bytes:
    """Give the sheets that a result rests on, as stored with it: no name, no seat, no person.

    `amended` are the bytes of new sheets and corrections that count for reopened leaves.
    """
    kept = {"amendments": [content.decode("utf-8") for content in amended]} if amended else {}
    return canonical({"sheets": sheet_rows(sheets), **kept})


def sheet_rows(sheets: Sequence[Sheet]) -> list[dict[str, Any]]:
    """Write sheets as they are kept, in the order of their ids."""
    return [
        {
            "sheet_id": sheet.sheet_id,
            "scores": {code: str(score) for code, score in sheet.scores.items()},
        }
        for sheet in sorted(sheets, key=lambda sheet: sheet.sheet_id)
    ]


def sheets_in(rows: Iterable[Mapping[str, Any]]) -> list[Sheet]:
    """Read sheets as they are kept."""
    return [
        Sheet(one["sheet_id"], {code: Decimal(score) for code, score in one["scores"].items()})
        for one in rows
    ]


@dataclass(frozen=True, slots=True)
class KeptInputs:
    """What was stored with a result: its sheets, and what else counts for reopened leaves."""

    sheets: Sequence[Sheet]
    amended: Sequence[bytes]


def kept_inputs(content: bytes) -> KeptInputs:
    """Read what was stored with a result."""
    read = json.loads(content)
    amended = [text.encode("utf-8") for text in read.get("amendments", ())]
    return KeptInputs(sheets_in(read["sheets"]), amended)


def bundle(
    *,
    case: Mapping[str, Any],
    scheme: Mapping[str, Any],
    snapshot: bytes,
    document: Mapping[str, Any],
    sheets: Sequence[Mapping[str, Any]] | None,
    means: Mapping[str, str],
    amendments: Sequence[tuple[Sequence[str], bytes]] = (),
) -> dict[str, Any]:
    """Put together what `document` was computed from.

    `amendments` are the reopened leaves with the bytes that count for them, oldest first.

    `sheets` is None for those who may not see any: the experts' exact means stand in for them,
    and everything else is computed again. The snapshot is a text, so that its bytes stay.
    """
    return {
        "format": REPLAY_FORMAT,
        "case": dict(case),
        "scheme": dict(scheme),
        "profile": document["profile"],
        "weights": document["weights"],
        "indicator_weights": document.get("indicator_weights", {}),
        "trim_from": document["trim_from"],
        "snapshot": snapshot.decode("utf-8"),
        "amendments": [
            _amended(codes, content, withheld=sheets is None) for codes, content in amendments
        ],
        "sheets": None if sheets is None else list(sheets),
        "experts": {
            "sheets": document["sheets"],
            "sheets_hash": document["sheets_hash"],
            "means": dict(means),
            "hinges_on_sheet": document["hinges_on_sheet"],
        },
        "result_hash": digest(document),
    }


def _amended(codes: Iterable[str], content: bytes, *, withheld: bool) -> dict[str, Any]:
    """Show what counts for reopened leaves; new sheets are as little to be seen as the others."""
    scored = json.loads(content).get("sheets")
    if scored is None or not withheld:
        return {"codes": sorted(codes), "content": content.decode("utf-8")}
    named = hashlib.sha256(content).hexdigest()
    return {"codes": sorted(codes), "content": None, "hash": named, "sheets": len(scored)}


def same_checks(stored: str, recomputed: str) -> list[Check]:
    """Check that a result computed again is the one that was kept (X13)."""
    return [
        REPRODUCIBLE.check(
            "RESULT_DIFFERS", Kind.STATE, passed=stored == recomputed,
            stored=stored, recomputed=recomputed,
        )
    ]  # fmt: skip


def amendment_of(content: bytes) -> Amendment:
    """Read reopened leaves and what counts for them alone from stored bytes."""
    read = json.loads(content)
    facts, report = read.get("facts", {}), read.get("report")
    return Amendment(
        hashlib.sha256(content).hexdigest(),
        frozenset(read["codes"]),
        {
            Source.REGISTRY: facts.get("registry", ()),
            Source.IP_LEDGER: facts.get("ip_ledger", ()),
            Source.REPORT: [] if report is None else [report],
        },
        sheets_in(read.get("sheets", ())),
    )


def scored_anew(
    case_id: str, panel_round: int, codes: Sequence[str], sheets: Sequence[Sheet]
) -> bytes:
    """Give the bytes of sheets that count for reopened leaves."""
    return canonical(
        {
            "format": 1,
            "case_id": case_id,
            "round": panel_round,
            "codes": sorted(codes),
            "sheets": sheet_rows(sheets),
        }
    )


def corrected(case_id: str, codes: Sequence[str], report: Mapping[str, Any]) -> bytes:
    """Give the bytes of a corrected report that counts for reopened leaves."""
    return canonical(
        {"format": 1, "case_id": case_id, "codes": sorted(codes), "report": dict(report)}
    )


def named_in(document: Mapping[str, Any], contents: Iterable[bytes]) -> list[bytes]:
    """Give what a document was computed with, in its order, of all that was kept."""
    by_hash = {hashlib.sha256(content).hexdigest(): content for content in contents}
    named = [one["hash"] for one in document.get("amendments", ())]
    return [by_hash[one] for one in named if one in by_hash]


def amended_checks(document: Mapping[str, Any], named: Sequence[bytes]) -> list[Check]:
    """Check that everything which a document names is kept as it was (X13)."""
    passed = len(named) == len(document.get("amendments", ()))
    return [REPRODUCIBLE.check("SNAPSHOT_CHANGED", Kind.STATE, passed=passed)]


def computed_checks(document: Mapping[str, Any]) -> list[Check]:
    """Check that a result was computed: a void one was decided, and has no inputs of its own."""
    void = document.get("voids")
    return [REPRODUCIBLE.check("RESULT_VOID", Kind.STATE, passed=void is None)]
