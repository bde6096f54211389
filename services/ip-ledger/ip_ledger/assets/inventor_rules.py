"""Who made an asset, and what it takes to say so otherwise once it is registered.

Who invents does so from the beginning: persons that were left out or named wrongly are corrected
for all days (专利法实施细则14). Parts may be agreed anew from a day on. At the office a change of
inventors is a change of bibliographic data (著录项目变更; 实施细则（2010年文本）119): with its
reason proven, which the owners' consents and the evidence stand for here.

Held against what the office answers (cnipa.gov.cn, 2020-11-17): the form, evidence of what the new
person contributed, a statement signed by every applicant and by all inventors before the change,
and 200 yuan within a month of asking. That the Guidelines of 2023 (一 1.6.7.2.3) want those after
it to sign, too, and set a month from the filing's receipt, was not found in their text: both are
the office's to judge, whose notice is asked for, and no rule here rests on them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from ip_ledger.assets.proposal_rules import MOVES, Event
from ip_ledger.assets.proposal_rules import State as ChangeState
from ip_ledger.assets.rules import INCENTIVES, PATENTS, AssetKind, InventorShare
from ip_ledger.assets.rules import State as AssetState
from shared.rules import Check, Kind, Rule

INVENTORS: Final = Rule("A033", "二(三)功能三 · 专利法17、实施细则14")
OFFICE: Final = Rule("A043", "二(三)功能末段 · 专利法实施细则（2010年文本）119")  # 著录项目变更
CONSENTS: Final = Rule("A084", "三(三)1-④ · 专利法实施细则（2010年文本）119")


class Cause(StrEnum):
    """Why a list of inventors is what it is."""

    REGISTERED = "registered"  # told with the asset
    CARRIED_OVER = "carried_over"  # told before versions were kept
    OMITTED = "omitted"  # 漏填
    MISTAKEN = "mistaken"  # 错填
    DISPUTE = "dispute"  # 资格纠纷: settled, mediated, arbitrated or judged
    PARTS = "parts"  # parts agreed anew
    UNIT = "unit"  # the employing unit, or who leads it, told wrongly


GIVEN: Final = frozenset({Cause.REGISTERED, Cause.CARRIED_OVER})
OF_PERSONS: Final = frozenset({Cause.OMITTED, Cause.MISTAKEN, Cause.DISPUTE})


@dataclass(frozen=True, slots=True)
class Notice:
    """The office's word that a change was found in order (手续合格通知书)."""

    number: str
    approved_on: date


@dataclass(frozen=True, slots=True)
class Part:
    """A person's part, as a list keeps it."""

    person_id: UUID
    org_id: UUID
    share_ppm: int
    is_head_of_unit: bool = False


@dataclass(frozen=True, slots=True)
class Proposed:
    """A list of inventors as it is proposed, with why and on what it rests."""

    cause: Cause
    valid_from: date | None
    inventors: tuple[InventorShare, ...]
    reason: str
    evidence: tuple[UUID, ...]
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a change meets: the asset, and the list that is known to hold on its first day."""

    kind: AssetKind
    state: AssetState
    filed_on: date | None
    first_on: date | None
    parts: tuple[Part, ...]


def change_checks(one: Proposed, standing: Standing, today: date) -> list[Check]:
    """Check a change against the list that it takes the place of: cause, day, notice."""
    before = {part.person_id for part in standing.parts}
    after = {share.person_id for share in one.inventors if share.person_id is not None}
    has_new = any(share.person_id not in before for share in one.inventors)
    same_persons = not has_new and after == before
    fits = {
        Cause.OMITTED: has_new and before <= after,
        Cause.MISTAKEN: not same_persons and bool(before),
        Cause.DISPUTE: not same_persons and bool(before),
        Cause.PARTS: same_persons,
        Cause.UNIT: same_persons,
    }.get(one.cause, False)
    # Only parts are agreed; who made it, and where, was so from the beginning.
    from_a_day = one.valid_from is not None
    return [
        INVENTORS.check(
            "FIELD_INVALID", Kind.CONTENT, passed=fits, pointer="/cause", field="cause"
        ),
        INVENTORS.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=not from_a_day or (one.cause is Cause.PARTS and bool(before)),
            pointer="/valid_from",
            field="valid_from",
        ),
        INVENTORS.check(
            "BEFORE_ASSET",
            Kind.CONTENT,
            passed=one.valid_from is None
            or standing.first_on is None
            or standing.first_on <= one.valid_from,
            pointer="/valid_from",
            first_on=standing.first_on.isoformat() if standing.first_on else None,
        ),
        *_notice_checks(one, standing, today, names_persons=not same_persons),
    ]


def _notice_checks(
    one: Proposed, standing: Standing, today: date, *, names_persons: bool
) -> list[Check]:
    """Check the office's notice: asked for where the office keeps other inventors than these."""
    at_office = standing.kind in PATENTS and standing.state is not AssetState.DISCLOSED
    approved_on = None if one.notice is None else one.notice.approved_on
    return [
        OFFICE.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=one.notice is not None or not (at_office and names_persons),
            pointer="/notice",
            field="notice",
        ),
        OFFICE.past(approved_on, today, "/notice/approved_on"),
        OFFICE.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=approved_on is None
            or standing.filed_on is None
            or standing.filed_on <= approved_on,
            pointer="/notice/approved_on",
        ),
    ]


def needed_check(parts: Sequence[Part], following: Sequence[Part]) -> Check:
    """Check that a change says something other than what is known."""
    return INCENTIVES.check(
        "CORRECTION_NOT_NEEDED", Kind.STATE, passed=list(parts) != list(following)
    )


def answer_checks(
    state: ChangeState,
    org_id: UUID | None,
    concerned: Collection[UUID],
    answered: Collection[UUID],
) -> list[Check]:
    """Check that an owner answers for itself, once, while the change is pending."""
    return [
        CONSENTS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=org_id in concerned),
        CONSENTS.move(MOVES, state, Event.TAKE_EFFECT),
        CONSENTS.check("ALREADY_SIGNED", Kind.STATE, passed=org_id not in answered),
    ]


def judgment_checks(
    state: ChangeState, cause: Cause, proposed_by: UUID, person_id: UUID
) -> list[Check]:
    """Check that an official confirms a settled dispute, which somebody else proposed (X03).

    What a court or an arbitrator has decided needs nobody's consent.
    """
    return [
        CONSENTS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=cause is Cause.DISPUTE),
        CONSENTS.check(
            "SOD_VIOLATION", Kind.SCOPE, passed=proposed_by != person_id, held="proposer"
        ),
        CONSENTS.move(MOVES, state, Event.TAKE_EFFECT),
    ]


def base_check(base_number: int, last_number: int) -> Check:
    """Check that the list that owners consented to change is still the one that is known."""
    return INVENTORS.check("STALE_INPUT", Kind.STATE, passed=base_number == last_number)


def parts_of(
    inventors: Sequence[InventorShare], ppm: Sequence[int], ids: Mapping[int, UUID]
) -> list[Part]:
    """Give a list as it is kept; `ids` name by place the persons who had no id yet."""
    return [
        Part(one.person_id or ids[place], one.org_id, part, one.is_head_of_unit)
        for place, (one, part) in enumerate(zip(inventors, ppm, strict=True))
    ]
