"""Names as people write them: made comparable, searched for, and matched with the register."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from registry.organizations.rules.vocabulary import IDENTITY, NameKind
from shared.rules import Check, Kind

WORD: Final = re.compile(r"[0-9a-z]+|[^\W0-9a-z_]")
# The legal form says nothing about who it is.
FORMS: Final = ("股份有限公司", "有限责任公司", "有限公司", "集团", "公司", "股份")
PLACES: Final = ("上海市", "上海", "中国")
NOTES: Final = re.compile(r"[(（〔【\[][^)）〕】\]]*[)）〕】\]]")
BRANCH: Final = re.compile(
    r"分公司|分行|支行|分所|分院|分校|分厂|分店|分中心|分部|办事处|代表处|营业部|联络处"
)
# Control, format (direction marks, zero-width), surrogates, private use, line and paragraph ends.
UNWRITABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
MIN_FUZZY_LETTERS: Final = 4
CERTAIN_PPM: Final = 920_000
MARGIN_PPM: Final = 60_000
ALL_PPM: Final = 1_000_000
BRANCH_CAP_PPM: Final = 500_000


class MatchReason(StrEnum):
    """Why a candidate fits a written name, or why it does not."""

    USCC_EQUAL = "uscc_equal"
    NAME_EQUAL = "name_equal"
    SHORT_NAME_EQUAL = "short_name_equal"
    FORMER_NAME_EQUAL = "former_name_equal"
    NAME_CONTAINED = "name_contained"
    NAME_SIMILAR = "name_similar"
    REGION_EQUAL = "region_equal"
    REGION_DIFFERS = "region_differs"
    BRANCH_DIFFERS = "branch_differs"
    USCC_DIFFERS = "uscc_differs"


@dataclass(frozen=True, slots=True)
class Known:
    """A name that an organization of the register bears or bore."""

    org_id: UUID
    uscc: str
    name: str
    kind: NameKind
    region_code: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An organization that may be meant: how well it fits in ppm, and why."""

    org_id: UUID
    score_ppm: int
    reasons: tuple[MatchReason, ...]


def is_writable(name: str) -> bool:
    """Tell whether a name holds only what can be seen and written in order.

    Control characters, marks that turn the direction of writing, and invisible spaces make two
    names look alike that are not, or one look like another.
    """
    return not any(unicodedata.category(letter) in UNWRITABLE for letter in name)


def folded(name: str) -> str:
    """Give a name with one form for each letter: full width, case and blanks make no difference."""
    return unicodedata.normalize("NFKC", name).casefold()


def search_key(name: str) -> str:
    """Give the letters of a name, each Chinese one a word of its own, between blanks.

    Trigrams are of words: only so does a name of two letters, or one with a wrong letter, share
    some with what it stands for.
    """
    return f" {' '.join(WORD.findall(folded(name)))} "


def search_pattern(part: str) -> str | None:
    """Give the LIKE pattern of the names that contain a part; None where it holds no letter."""
    words = WORD.findall(folded(part))
    if not words:
        return None
    first = "" if words[0].isascii() else " "
    last = "" if words[-1].isascii() else " "
    return f"%{first}{' '.join(words)}{last}%"


def core(name: str) -> str:
    """Give what tells a name from others: without place, legal form and remarks in brackets."""
    text = NOTES.sub("", folded(name)).strip()
    for place in PLACES:
        if text.startswith(place):
            text = text.removeprefix(place)
            break
    for form in FORMS:
        text = text.removesuffix(form)
    return text if len(WORD.findall(text)) > 1 else folded(name)


def fuzzy_key(name: str) -> str | None:
    """Give the key by which names with a wrong letter are found; short ones find too much."""
    words = WORD.findall(core(name))
    return " ".join(words) if len(words) >= MIN_FUZZY_LETTERS else None


def name_checks(kind: NameKind, from_on: date | None, until_on: date | None) -> list[Check]:
    """Check the days of a name, and that a former one has ended."""
    return [
        IDENTITY.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=from_on is None or until_on is None or from_on <= until_on,
            pointer="/until_on",
        ),
        IDENTITY.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=kind is not NameKind.FORMER or until_on is not None,
            pointer="/until_on",
            field="until_on",
        ),
    ]


def similarity_ppm(one: str, other: str) -> int:
    """Tell how alike two names are: 1,000,000 less the share of letters to be changed."""
    first, second = WORD.findall(folded(one)), WORD.findall(folded(other))
    longest = max(len(first), len(second))
    if not longest:
        return 0
    return ALL_PPM * (longest - _distance(first, second)) // longest


def _distance(first: Sequence[str], second: Sequence[str]) -> int:
    """Count the words to add, drop or change (Levenshtein)."""
    row = list(range(len(second) + 1))
    for place, word in enumerate(first, 1):
        previous, row = row, [place]
        for index, against in enumerate(second, 1):
            change = previous[index - 1] + (word != against)
            row.append(min(change, previous[index] + 1, row[-1] + 1))
    return row[-1]


def percent(ppm: int) -> str:
    """Write a share as a score from 0 to 100 with two decimals."""
    hundredths = ppm // 100
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def matched(
    written: str, code: str | None, region_code: str | None, names: Iterable[Known]
) -> tuple[list[Candidate], UUID | None]:
    """Weigh the names that may be meant: the candidates, best first, and the one that is, if any.

    A branch is another organization than the one it belongs to: it never stands for it, however
    alike they are.
    """
    best: dict[UUID, Candidate] = {}
    for name in names:
        candidate, known = _weighed(written, code, region_code, name), best.get(name.org_id)
        if known is None or candidate.score_ppm > known.score_ppm:
            best[name.org_id] = candidate
    ranked = sorted(best.values(), key=lambda one: (-one.score_ppm, one.org_id))
    return ranked, _chosen(ranked)


def _weighed(written: str, code: str | None, region_code: str | None, name: Known) -> Candidate:
    score, reasons = _by_name(written, name)
    if bool(BRANCH.search(folded(written))) != bool(BRANCH.search(folded(name.name))):
        score, reasons = min(score, BRANCH_CAP_PPM), [*reasons, MatchReason.BRANCH_DIFFERS]
    if region_code is not None:
        near = name.region_code.startswith(region_code[:4])
        reasons.append(MatchReason.REGION_EQUAL if near else MatchReason.REGION_DIFFERS)
        score -= 0 if near else MARGIN_PPM
    if code is not None:
        equal = code == name.uscc
        reasons.insert(0, MatchReason.USCC_EQUAL if equal else MatchReason.USCC_DIFFERS)
        # A code is one organization's own; a name next to another code is someone else's.
        score = ALL_PPM if equal else min(score, BRANCH_CAP_PPM)
    return Candidate(name.org_id, max(score, 1), tuple(reasons))


def _by_name(written: str, name: Known) -> tuple[int, list[MatchReason]]:
    if search_key(written) == search_key(name.name):
        equal = {
            NameKind.FULL: (ALL_PPM, MatchReason.NAME_EQUAL),
            NameKind.FORMER: (980_000, MatchReason.FORMER_NAME_EQUAL),
            NameKind.SHORT: (950_000, MatchReason.SHORT_NAME_EQUAL),
        }
        score, reason = equal[name.kind]
        return score, [reason]
    of_cores = similarity_ppm(core(written), core(name.name))
    score = max(similarity_ppm(written, name.name), 950_000 * of_cores // ALL_PPM)
    key, other = search_key(written).strip(), search_key(name.name).strip()
    if key in other or other in key:
        return max(score, 600_000), [MatchReason.NAME_CONTAINED]
    return score, [MatchReason.NAME_SIMILAR]


def _chosen(ranked: Sequence[Candidate]) -> UUID | None:
    """Choose the first where it is certain, and the second is clearly not it."""
    if not ranked or ranked[0].score_ppm < CERTAIN_PPM:
        return None
    if len(ranked) > 1 and ranked[0].score_ppm - ranked[1].score_ppm < MARGIN_PPM:
        return None
    return ranked[0].org_id
