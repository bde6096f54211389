"""What a third party needs to compute a result again, offline: `zhichuang recompute`."""

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from evaluation.cycles.rules import targets_of
from evaluation.results.leaf_rules import Amendment, Inputs, Sheet
from evaluation.results.rules import gates_of
from evaluation.schemes.counting_rules import Period
from evaluation.schemes.rules import Source, canonical, digest, scheme_from
from shared.rules import Check, Kind, Rule

REPLAY_FORMAT: Final = "zhichuang-replay-1"
REPRODUCIBLE: Final = Rule("X13", "architecture 5")


def inputs_of(
    snapshot: bytes,
    snapshot_hash: str,
    scheme: Mapping[str, Any],
    terms: Mapping[str, Any],
    sheets: Sequence[Sheet],
) -> Inputs:
    """Read inputs from stored bytes; `terms` has `profile`, `weights` and `trim_from`.

    A result's own document has these terms too, so that an old result needs nothing else.
    """
    content: dict[str, Any] = json.loads(snapshot)
    report = content["report"]
    return Inputs(
        scheme=scheme_from(scheme),
        profile=terms["profile"],
        weights={code: Fraction(text) for code, text in terms["weights"].items()},
        period=Period(**content["period"]),
        facts=facts_in(content),
        targets=targets_of(content["plan"]),
        snapshot_hash=snapshot_hash,
        sheets=sheets,
        gates=gates_of(report["state"], report["lateness_days"]),
        trim_from=terms["trim_from"],
    )


def facts_in(content: Mapping[str, Any]) -> dict[Source, list[Any]]:
    """Give the facts of a snapshot's content by their source."""
    report = content["report"]["fact"]
    return {
        Source.REGISTRY: content["facts"]["registry"],
        Source.IP_LEDGER: content["facts"]["ip_ledger"],
        Source.REPORT: [] if report is None else [report],
    }


def inputs_document(sheets: Sequence[Sheet]) -> bytes:
    """Give the sheets that a result rests on, as stored with it: no name, no seat, no person."""
    rows = [
        {
            "sheet_id": sheet.sheet_id,
            "scores": {code: str(score) for code, score in sheet.scores.items()},
        }
        for sheet in sorted(sheets, key=lambda sheet: sheet.sheet_id)
    ]
    return canonical({"sheets": rows})


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

    `amendments` are the reopened leaves with the bytes of the facts known then, oldest first.

    `sheets` is None for those who may not see any: the experts' exact means stand in for them,
    and everything else is computed again. The snapshot is a text, so that its bytes stay.
    """
    return {
        "format": REPLAY_FORMAT,
        "case": dict(case),
        "scheme": dict(scheme),
        "profile": document["profile"],
        "weights": document["weights"],
        "trim_from": document["trim_from"],
        "snapshot": snapshot.decode("utf-8"),
        "amendments": [
            {"codes": sorted(codes), "content": content.decode("utf-8")}
            for codes, content in amendments
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


def same_checks(stored: str, recomputed: str) -> list[Check]:
    """Check that a result computed again is the one that was kept (X13)."""
    return [
        REPRODUCIBLE.check(
            "RESULT_DIFFERS", Kind.STATE, passed=stored == recomputed,
            stored=stored, recomputed=recomputed,
        )
    ]  # fmt: skip


def amendment_of(digest: str, codes: Sequence[str], content: bytes) -> Amendment:
    """Read reopened leaves and the facts that count for them alone from stored bytes."""
    facts = json.loads(content)["facts"]
    read = {Source.REGISTRY: facts["registry"], Source.IP_LEDGER: facts["ip_ledger"]}
    return Amendment(digest, frozenset(codes), read)


def computed_checks(document: Mapping[str, Any]) -> list[Check]:
    """Check that a result was computed: a void one was decided, and has no inputs of its own."""
    void = document.get("voids")
    return [REPRODUCIBLE.check("RESULT_VOID", Kind.STATE, passed=void is None)]
