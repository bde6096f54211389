"""When an agreement on ownership and sharing binds the parties.

It needs the four clauses, benefit and risk shares that are whole, and the signature of every party
over the same text. It prevails over the default law exactly where it says something else.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.money import WHOLE_PPM
from shared.rules import Check, Kind, Rule

COOPERATION: Final = Rule("A024", "二(三)功能一")  # 联合开发、优势互补、成果共享、风险共担
MARKET_TERMS: Final = Rule("A084", "三(三)1-④")  # 必须按照市场化原则设定知识产权归属和分享机制
SHARING: Final = Rule("A086", "三(三)1-④")  # 风险分担、利益共享机制
FLOW: Final = Rule("A063", "三(二)1")  # 创新要素的流动互通，实现互惠共赢
WHOLE_TEXT: Final = Rule("X07", "实施要求")

MIN_PARTIES: Final = 2


class State(StrEnum):
    """Where an agreement stands."""

    PROPOSED = "proposed"
    SIGNED = "signed"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    """What moves an agreement."""

    SIGN = "sign"
    SIGN_LAST = "sign_last"
    TAKE_EFFECT = "take_effect"
    SUPERSEDE = "supersede"
    WITHDRAW = "withdraw"


# The whole machine: a pair that is absent is refused.
MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.PROPOSED, Event.SIGN): State.PROPOSED,
    (State.PROPOSED, Event.SIGN_LAST): State.SIGNED,
    (State.PROPOSED, Event.WITHDRAW): State.WITHDRAWN,
    (State.SIGNED, Event.TAKE_EFFECT): State.IN_FORCE,
    # An amendment may be signed while its predecessor still waits for its day.
    (State.SIGNED, Event.SUPERSEDE): State.SUPERSEDED,
    (State.IN_FORCE, Event.SUPERSEDE): State.SUPERSEDED,
}


class Clause(StrEnum):
    """The four clauses that a cooperation agreement must tick and evidence (A024)."""

    JOINT_DEVELOPMENT = "joint_development"
    COMPLEMENTARITY = "complementarity"
    RESULT_SHARING = "result_sharing"
    RISK_SHARING = "risk_sharing"


class Rounding(StrEnum):
    """How a sum is divided to the last 分."""

    LARGEST_REMAINDER = "largest_remainder"


class ExitMethod(StrEnum):
    """What a party that leaves during a year still earns of it (C7 vector 5)."""

    EVENT_DATED = "event_dated"
    DAY_WEIGHTED = "day_weighted"


class Element(StrEnum):
    """What members let one another use."""

    EQUIPMENT = "equipment"
    SERVICE = "service"
    DATA = "data"
    IP = "ip"
    TALENT = "talent"


class UseUnit(StrEnum):
    """What use is counted in."""

    MINUTE = "minute"
    DAY = "day"
    TIME = "time"
    ITEM = "item"
    GIGABYTE = "gigabyte"


@dataclass(frozen=True, slots=True)
class UseRate:
    """A term of the agreement: what `per` units of an element cost, of one provider."""

    provider_id: UUID
    element: Element
    unit: UseUnit
    price_fen: int
    per: int = 1

    @property
    def place(self) -> tuple[UUID, Element, UseUnit]:
        """Tell what the rate is for."""
        return self.provider_id, self.element, self.unit


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """The template that a text was made from, and what stands in its blanks."""

    template_id: UUID
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for signature; the order of `parties` settles ties of every division.

    `clauses` maps each ticked clause to its evidence. `attribution` says who owns what the centre
    creates: the shares of the first ownership, where the parties fixed them, and words.
    """

    text_file_id: UUID
    parties: tuple[UUID, ...]
    clauses: Mapping[Clause, str]
    benefit_shares: tuple[tuple[UUID, int], ...]
    risk_shares: tuple[tuple[UUID, int], ...]
    rounding: Rounding
    exit_method: ExitMethod
    effective_on: date
    text_sha256: str | None = None
    attribution_text: str | None = None
    attribution_shares: tuple[tuple[UUID, int], ...] = ()
    reward_rates: tuple[tuple[UUID, int], ...] = ()
    ordinary_license_consent_ppm: int | None = None
    other_license_consent_ppm: int | None = None
    template: TemplateUse | None = None
    use_rates: tuple[UseRate, ...] = ()


def proposal_checks(proposal: Proposal) -> list[Check]:
    """Check everything that the terms themselves must meet (A024, A084, A086)."""
    parties = proposal.parties
    checks = [
        *clause_checks(proposal.clauses),
        *party_checks(parties),
        *share_checks(proposal.benefit_shares, parties, "/benefit_shares"),
        *share_checks(proposal.risk_shares, parties, "/risk_shares"),
        *rate_checks(proposal.reward_rates, parties),
        *use_rate_checks(proposal.use_rates, parties),
    ]
    if proposal.attribution_shares:
        checks += share_checks(proposal.attribution_shares, parties, "/attribution_rule/shares")
    return checks


def rate_checks(rates: Sequence[tuple[UUID, int]], parties: Collection[UUID]) -> list[Check]:
    """Check that reward rates belong to parties, one each."""
    return _naming_checks([party for party, _ in rates], parties, "/reward_rates")


def use_rate_checks(rates: Sequence[UseRate], parties: Collection[UUID]) -> list[Check]:
    """Check that an agreement's rates are its parties' own, one for each thing."""
    strangers = sorted({str(r.provider_id) for r in rates if r.provider_id not in parties})
    places = [rate.place for rate in rates]
    repeated = sorted({str(place[0]) for place in places if places.count(place) > 1})
    return [
        FLOW.check(
            "PARTY_UNKNOWN", Kind.CONTENT, passed=not strangers,
            pointer="/use_rates", org_ids=strangers,
        ),
        FLOW.check(
            "USE_RATE_REPEATED", Kind.CONTENT, passed=not repeated,
            pointer="/use_rates", org_ids=repeated,
        ),
    ]  # fmt: skip


def _naming_checks(named: Sequence[UUID], parties: Collection[UUID], pointer: str) -> list[Check]:
    strangers = sorted({str(party) for party in named if party not in parties})
    repeated = sorted({str(party) for party in named if named.count(party) > 1})
    return [
        SHARING.check(
            "PARTY_UNKNOWN",
            Kind.CONTENT,
            passed=not strangers,
            pointer=pointer,
            org_ids=strangers,
        ),
        SHARING.check(
            "PARTY_REPEATED",
            Kind.CONTENT,
            passed=not repeated,
            pointer=pointer,
            org_ids=repeated,
        ),
    ]


def clause_checks(ticked: Collection[Clause]) -> list[Check]:
    """Check that all four clauses are ticked with evidence; `missing` names the others (A024)."""
    missing = [clause.value for clause in Clause if clause not in ticked]
    return [
        COOPERATION.check(
            "CLAUSE_MISSING",
            Kind.CONTENT,
            passed=not missing,
            pointer="/clauses",
            missing=missing,
        )
    ]


def party_checks(parties: Sequence[UUID]) -> list[Check]:
    """Check that at least two organizations are parties, each named once."""
    repeated = sorted({str(party) for party in parties if parties.count(party) > 1})
    return [
        MARKET_TERMS.check(
            "PARTIES_TOO_FEW",
            Kind.CONTENT,
            passed=len(set(parties)) >= MIN_PARTIES,
            pointer="/parties",
            min=MIN_PARTIES,
        ),
        MARKET_TERMS.check(
            "PARTY_REPEATED",
            Kind.CONTENT,
            passed=not repeated,
            pointer="/parties",
            org_ids=repeated,
        ),
    ]


def share_checks(
    shares: Sequence[tuple[UUID, int]], parties: Collection[UUID], pointer: str
) -> list[Check]:
    """Check that shares belong to parties, each once, and sum to 1,000,000 ppm (A086)."""
    total = sum(ppm for _, ppm in shares)
    return [
        SHARING.check(
            "SHARES_NOT_100",
            Kind.CONTENT,
            passed=total == WHOLE_PPM,
            pointer=pointer,
            sum_ppm=total,
        ),
        *_naming_checks([party for party, _ in shares], parties, pointer),
    ]


def text_checks(stored_sha256: str | None, stated_sha256: str | None) -> list[Check]:
    """Check that the text exists, and that its hash is the one stated, where one is."""
    return [
        WHOLE_TEXT.check(
            "FILE_UNKNOWN",
            Kind.CONTENT,
            passed=stored_sha256 is not None,
            pointer="/text_file_id",
        ),
        WHOLE_TEXT.check(
            "TEXT_HASH_MISMATCH",
            Kind.STATE,
            passed=stated_sha256 in {None, stored_sha256} or stored_sha256 is None,
            pointer="/text_sha256",
        ),
    ]


def template_check(*, is_published: bool) -> Check:
    """Check that the template that a text is said to be made from is one that may be used."""
    return MARKET_TERMS.check(
        "TEMPLATE_UNKNOWN", Kind.CONTENT, passed=is_published, pointer="/template/template_id"
    )


def succession_checks(
    parties: Collection[UUID], bound: Collection[UUID], taking_part: Collection[UUID]
) -> list[Check]:
    """Check that whoever the present agreement binds is a party of the one that replaces it.

    `bound` are the parties of the agreement in force, none when there is none. One that has left
    the centre need not sign again: its rights rest on the ownership, not on the next agreement.
    """
    missing = [str(party) for party in bound if party in taking_part and party not in parties]
    return [
        MARKET_TERMS.check(
            "CONSENT_MISSING",
            Kind.STATE,
            passed=not missing,
            pointer="/parties",
            orgs=missing,
            decided_by="agreement",
        )
    ]


def amendment_checks(state: State) -> list[Check]:
    """Check that an agreement may be amended: it binds, or will bind, its parties."""
    return [
        MARKET_TERMS.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=state in {State.SIGNED, State.IN_FORCE},
            state=state.value,
        )
    ]


def signature_checks(
    state: State,
    party: UUID | None,
    parties: Collection[UUID],
    signed: Collection[UUID],
    *,
    is_same_text: bool,
) -> list[Check]:
    """Check that a party's own account signs the text that stands, once (A084)."""
    return [
        MARKET_TERMS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=party in parties),
        MARKET_TERMS.move(MOVES, state, Event.SIGN),
        MARKET_TERMS.check("ALREADY_SIGNED", Kind.STATE, passed=party not in signed),
        MARKET_TERMS.check(
            "TEXT_HASH_MISMATCH", Kind.STATE, passed=is_same_text, pointer="/text_sha256"
        ),
    ]


def event_checks(state: State, event: Event) -> list[Check]:
    """Check that an agreement may take a step."""
    return [MARKET_TERMS.move(MOVES, state, event)]


def signing_event(parties: Collection[UUID], signed: Collection[UUID]) -> Event:
    """Give the event of a signature, `signed` including it."""
    return Event.SIGN_LAST if set(parties) <= set(signed) else Event.SIGN


def gives_way(state: State, edition: int, successor_edition: int) -> bool:
    """Tell whether an agreement ends when another one of its centre takes effect.

    What is in force does, whichever text was proposed first: the last word of all parties holds.
    One that is signed and waits for its own day gives way only to a later text.
    """
    return state is State.IN_FORCE or (state is State.SIGNED and edition < successor_edition)


def takes_effect(state: State, effective_on: date, today: date) -> bool:
    """Tell whether a signed agreement binds: its first day has come."""
    return state is State.SIGNED and effective_on <= today
