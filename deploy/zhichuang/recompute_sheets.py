"""What experts gave, for `recompute`: means, and leaves that an objection had scored anew.

Written from the rules' text and not from the services' code; see `recompute`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from zhichuang.recompute_words import two_places


def mean_of(scores: Sequence[Fraction], trim_from: int) -> Fraction:
    """Drop one highest and one lowest where there are enough; give the mean."""
    ordered = sorted(scores)
    counted = ordered[1:-1] if len(ordered) >= trim_from else ordered
    return sum(counted, Fraction(0)) / len(counted)


@dataclass(frozen=True, slots=True)
class Scored:
    """What experts gave: the mean of each leaf, and how many sheets it comes from."""

    means: Mapping[str, Fraction]
    counts: Mapping[str, int]
    sheets: int
    # What their hash is taken of, where they are shown; else the hash as it is stated.
    rows: Sequence[Mapping[str, Any]] | None
    stated_hash: str

    def count(self, code: str) -> int:
        """Give how many sheets a leaf's mean comes from."""
        return self.counts.get(code, self.sheets)


def expert_means(bundle: Mapping[str, Any]) -> Scored:
    """Give what experts gave; a leaf that was scored anew counts from its new sheets alone."""
    sheets, anew = bundle["sheets"], scored_anew(bundle)
    counts = {code: count for codes, count, _ in anew for code in codes}
    if sheets is None:
        stated = bundle["experts"]
        means = {code: Fraction(text) for code, text in stated["means"].items()}
        return Scored(means, counts, stated["sheets"], None, stated["sheets_hash"])
    rows = [
        {
            "sheet_id": sheet["sheet_id"],
            "scores": {code: two_places(Fraction(x)) for code, x in sheet["scores"].items()},
        }
        for sheet in sorted(sheets, key=lambda sheet: str(sheet["sheet_id"]))
    ]
    means = means_over(rows, {code for row in rows for code in row["scores"]}, bundle)
    for codes, _, newer in anew:
        means |= means_over(newer, codes, bundle)
    return Scored(means, counts, len(rows), rows, "")


def means_over(
    rows: Sequence[Mapping[str, Any]], codes: Iterable[str], bundle: Mapping[str, Any]
) -> dict[str, Fraction]:
    """Give the mean of some leaves over sheets."""
    return {
        code: mean_of([Fraction(row["scores"][code]) for row in rows], bundle["trim_from"])
        for code in codes
        if rows
    }


def scored_anew(
    bundle: Mapping[str, Any],
) -> list[tuple[list[str], int, list[Mapping[str, Any]]]]:
    """List the leaves that were scored anew: which, by how many sheets, and those, where shown."""
    found: list[tuple[list[str], int, list[Mapping[str, Any]]]] = []
    for one in bundle["amendments"]:
        if one["content"] is None:
            found.append((one["codes"], one["sheets"], []))
        elif sheets := json.loads(one["content"]).get("sheets"):
            found.append((one["codes"], len(sheets), sheets))
    return found


def one_left_out(bundle: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Give the bundle without each of its sheets in turn, those of leaves scored anew too."""
    sheets = bundle["sheets"]
    for place in range(len(sheets)):
        yield {**bundle, "sheets": [*sheets[:place], *sheets[place + 1 :]]}
    for at, one in enumerate(bundle["amendments"]):
        content = json.loads(one["content"])
        newer = content.get("sheets", [])
        for place in range(len(newer) if len(newer) > 1 else 0):
            rest = {**content, "sheets": [*newer[:place], *newer[place + 1 :]]}
            amendments = list(bundle["amendments"])
            amendments[at] = {**one, "content": json.dumps(rest)}
            yield {**bundle, "amendments": amendments}
