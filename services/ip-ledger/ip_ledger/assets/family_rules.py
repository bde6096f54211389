"""How one right comes from another: priority, division, continuation, national phase (A026).

A family is everything that is joined by such kinships, the way an office's register shows it.
Nothing descends from itself, and nothing is filed before what it comes from.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from ip_ledger.assets.rules import INTERNATIONAL, PATENTS, AssetKind
from shared.calendar import months_after
from shared.rules import Check, Kind, Rule

FAMILY: Final = Rule("A026", "二(三)功能二；专利法29")  # 知识产权战略储备与布局


class KinshipKind(StrEnum):
    """By which act a right comes from its parent."""

    PRIORITY = "priority"
    DIVISION = "division"
    CONTINUATION = "continuation"
    NATIONAL_PHASE = "national_phase"


@dataclass(frozen=True, slots=True)
class Act:
    """What the law asks of an act.

    `months` gives by kind of right how long after the parent's filing the child may be filed, the
    day itself included; none where the act has no term of its own.
    """

    law: str
    months: Mapping[AssetKind, int]
    same_office: bool = False
    same_kind: bool = False


YEAR: Final = {AssetKind.INVENTION: 12, AssetKind.UTILITY: 12, AssetKind.DESIGN: 6}
ACTS: Final[Mapping[KinshipKind, Act]] = {
    KinshipKind.PRIORITY: Act("专利法29；巴黎公约4", YEAR),
    # 分案申请不得改变原申请的类别。
    KinshipKind.DIVISION: Act(
        "专利法31；实施细则（2010年文本）42、43", {}, same_office=True, same_kind=True
    ),
    KinshipKind.CONTINUATION: Act("35 U.S.C. 120", {}, same_office=True, same_kind=True),
    # 30 months from the earliest priority, and two more for a fee; some offices allow 31.
    KinshipKind.NATIONAL_PHASE: Act("专利合作条约22；实施细则（2010年文本）103", {}),
}
# The national phase begins 32 months after the earliest filing at the latest.
NATIONAL_PHASE_MONTHS: Final = 32


@dataclass(frozen=True, slots=True)
class Relative:
    """A right as far as its descent asks for it."""

    asset_id: UUID
    center_id: UUID
    kind: AssetKind
    jurisdiction: str
    filed_on: date | None


def kinship_checks(
    kind: KinshipKind,
    child: Relative,
    parent: Relative,
    *,
    above_parent: Collection[UUID],
    earliest_on: date | None,
    is_known: bool,
) -> list[Check]:
    """Check that a right may come from another by an act: every fault, not only the first.

    `above_parent` is what the parent itself comes from, near and far, with itself;
    `earliest_on` is the first filing among it; `is_known` tells that the two are joined already.
    """
    act = ACTS[kind]
    return [
        FAMILY.check(
            "FAMILY_CYCLE",
            Kind.CONTENT,
            passed=child.asset_id not in above_parent,
            pointer="/parent_id",
        ),
        FAMILY.check("ALREADY_EXISTS", Kind.STATE, passed=not is_known, pointer="/parent_id"),
        # Another centre's right is no kin that anybody here could have recorded.
        FAMILY.check(
            "NOT_FOUND", Kind.HIDDEN, passed=child.center_id == parent.center_id,
            pointer="/parent_id",
        ),
        FAMILY.check(
            "KINSHIP_INVALID",
            Kind.CONTENT,
            passed=not _misfits(act, kind, child, parent),
            pointer="/kind",
            parts=_misfits(act, kind, child, parent),
            law=act.law,
        ),
        *_day_checks(act, kind, child, parent, earliest_on),
    ]  # fmt: skip


def _misfits(act: Act, kind: KinshipKind, child: Relative, parent: Relative) -> list[str]:
    """Name what of the two rights does not fit the act."""
    international = parent.jurisdiction == INTERNATIONAL
    entering = kind is KinshipKind.NATIONAL_PHASE
    fits = {
        "patents": {child.kind, parent.kind} <= PATENTS,
        "same_office": not act.same_office or child.jurisdiction == parent.jurisdiction,
        "same_kind": not act.same_kind or child.kind is parent.kind,
        "international_parent": not entering or international,
        "national_child": not entering or child.jurisdiction != INTERNATIONAL,
        # An international application goes on in the offices that it designates.
        "filed": child.filed_on is not None and parent.filed_on is not None,
    }
    return [name for name, holds in fits.items() if not holds]


def _day_checks(
    act: Act, kind: KinshipKind, child: Relative, parent: Relative, earliest_on: date | None
) -> list[Check]:
    if child.filed_on is None or parent.filed_on is None:
        return []
    limit = None
    if child.kind in act.months:
        limit = months_after(parent.filed_on, act.months[child.kind])
    if kind is KinshipKind.NATIONAL_PHASE:
        limit = months_after(earliest_on or parent.filed_on, NATIONAL_PHASE_MONTHS)
    return [
        FAMILY.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=parent.filed_on <= child.filed_on,
            pointer="/parent_id",
        ),
        FAMILY.check(
            "KINSHIP_TERM_OVER",
            Kind.CONTENT,
            passed=limit is None or child.filed_on <= limit,
            pointer="/parent_id",
            limit=limit.isoformat() if limit else None,
        ),
    ]


def withdrawal_checks(*, stands: bool) -> list[Check]:
    """Check that a kinship that was recorded wrongly is withdrawn once."""
    return [FAMILY.check("STATE_CONFLICT", Kind.STATE, passed=stands)]
