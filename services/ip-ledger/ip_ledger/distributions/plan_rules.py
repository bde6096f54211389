"""How net income becomes lines for owners and rewards for inventors, explained to the last 分.

The same pure code makes a preview, a run, and the later comparison that finds moved inputs.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from ip_ledger.distributions.explanation_rules import (
    EventTold,
    explained_line,
    millionths,
    quoted,
    scaled_text,
    step_text,
)
from ip_ledger.revenue.rules import LAWFUL, Deduction, RevenueKind
from ip_ledger.rewards.rules import Incentive, is_state_institution
from shared.money import WHOLE_PPM, largest_remainder
from shared.rules import Check, Kind, Rule
from shared.shares import Part, allocate

REWARDS: Final = Rule("A033", "二(三)功能三")  # 多种激励方式，鼓励科技人员积极转化
BY_DEFAULT: Final = "转化法45(1)"
FOR_INSTITUTIONS: Final = "转化法45(2)"
IN_SHANGHAI: Final = "沪条例33"
AS_AGREED: Final = "转化法44"

# The law's own rates of net income (of the shares for equity, of operating profit for own use):
# no version of the programme's policy can lower them. Service income is no conversion of a result.
STATUTORY_PPM: Final[Mapping[RevenueKind, int]] = {
    RevenueKind.TRANSFER: 500_000,
    RevenueKind.LICENSE: 500_000,
    RevenueKind.EQUITY: 500_000,
    RevenueKind.SELF_IMPLEMENTATION: 50_000,
}
# Rates that the law itself names go up to the 分; what is freely agreed is rounded half up.
ROUNDED_UP_PPM: Final[Mapping[RevenueKind, Collection[int]]] = {
    RevenueKind.TRANSFER: (500_000, 700_000),
    RevenueKind.LICENSE: (500_000, 700_000),
    RevenueKind.EQUITY: (500_000, 700_000),
    RevenueKind.SELF_IMPLEMENTATION: (50_000,),
}
SHANGHAI_PPM: Final = 700_000


class OwnerType(StrEnum):
    """What the law asks of an owner: state-established institutions may not go below its rates."""

    STATE_INSTITUTION = "state_institution"
    OTHER = "other"


def owner_type(org_type: str, uscc: str) -> OwnerType:
    """Tell which of the law's two kinds an owner is (转化法45)."""
    if is_state_institution(org_type, uscc):
        return OwnerType.STATE_INSTITUTION
    return OwnerType.OTHER


@dataclass(frozen=True, slots=True)
class Inventor:
    """A person who made the invention, for the organization that employs him."""

    person_id: UUID
    org_id: UUID
    share_ppm: int


@dataclass(frozen=True, slots=True)
class Income:
    """One revenue event with everything that its division rests on.

    `order` names the owners in the order that settles ties: the signed agreement's, then by USCC.
    `carry` is what rounding owed each party before, for this asset; `staying` are those who own it
    on that day or on a later one, so that who is not among them has left. `agreed_ppm` are the
    rates of reward of the agreement of the day: a later one rewards no earlier income.
    """

    event_id: UUID
    asset_id: UUID
    kind: RevenueKind
    gross_fen: int
    deductions: tuple[Deduction, ...]
    net_fen: int
    received_on: date
    version_id: UUID
    origin_id: UUID
    shares: tuple[tuple[UUID, int], ...]
    order: tuple[UUID, ...]
    carry: Mapping[UUID, Fraction]
    inventors: tuple[Inventor, ...] = ()
    staying: frozenset[UUID] = frozenset()
    agreed_ppm: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RewardRule:
    """The rate that an owner's rule or its agreement with the inventors sets; `basis` cites it."""

    owner_id: UUID
    rate_ppm: int
    basis: str | None = None
    form: Incentive = Incentive.CASH


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """What one owner gets of one event; `told` is what its explanation shares with the others.

    `handed_scaled` is what rounding owes that is handed over, or written off, beside the division.
    """

    income: Income
    part: Part[UUID]
    told: EventTold
    handed_scaled: int

    @property
    def carry_change(self) -> int:
        """Give the change of the owner's carry, in millionths of a 分; settled leaves none."""
        after = self.part.after_scaled + self.handed_scaled
        return millionths(after - self.part.before_scaled, self.part.scale)

    @property
    def explained(self) -> str:
        """Write every step that led to the line, as canonical JSON, as it is kept and shown."""
        return explained_line(self.part, self.told, self.handed_scaled)

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Give the steps as they are shown."""
        steps: list[dict[str, Any]] = json.loads(self.explained)
        return steps


@dataclass(frozen=True, slots=True)
class PlannedReward:
    """What one owner owes its inventors of one event: at least `floor_fen`, by `rule`."""

    event_id: UUID
    owner_id: UUID
    rate_ppm: int
    amount_fen: int
    floor_fen: int
    rule: str
    basis: str | None
    inventors: tuple[tuple[UUID, int], ...]
    form: Incentive = Incentive.CASH


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole run before anyone has agreed to it."""

    lines: tuple[PlannedLine, ...]
    rewards: tuple[PlannedReward, ...]
    net_fen: int
    plan_hash: str


@dataclass(frozen=True, slots=True)
class Correction:
    """The paid run that a plan takes the place of, and the day on which it does."""

    run_id: UUID
    effective_on: date


@dataclass(frozen=True, slots=True)
class Terms:
    """What the run's rewards rest on: each owner's kind, and the rules that are given."""

    owner_types: Mapping[UUID, OwnerType]
    rules: Sequence[RewardRule] = ()

    def rule_of(self, owner_id: UUID, income: Income) -> RewardRule | None:
        """Give the rule that sets an owner's rate: the one given, else the agreement's."""
        for rule in self.rules:
            if rule.owner_id == owner_id:
                return rule
        agreed = income.agreed_ppm.get(owner_id)
        return None if agreed is None else RewardRule(owner_id, agreed, "agreement")


def without_run(
    incomes: Sequence[Income], carried: Mapping[tuple[UUID, UUID], int]
) -> tuple[Income, ...]:
    """Give incomes as if a run had not been: `carried` is what it changed, by asset and party."""
    return tuple(
        replace(
            income,
            carry={
                party: income.carry.get(party, Fraction(0))
                - Fraction(carried.get((income.asset_id, party), 0), WHOLE_PPM)
                for party in {
                    *income.order,
                    *income.carry,
                    *(party for asset_id, party in carried if asset_id == income.asset_id),
                }
            },
        )
        for income in incomes
    )


def plan(
    incomes: Sequence[Income],
    terms: Terms,
    *,
    closing: bool = False,
    corrects: Correction | None = None,
) -> Plan:
    """Divide the net income of events among their owners, and set the inventors' rewards.

    Events of one asset follow one another: what rounding owes after one counts in the next. A
    `closing` run is the asset's last: what it cannot pay out is written off.
    """
    carried: dict[UUID, dict[UUID, Fraction]] = {}
    last = {income.asset_id: income.event_id for income in incomes} if closing else {}
    lines: list[PlannedLine] = []
    rewards: list[PlannedReward] = []
    for income in incomes:
        known = carried.setdefault(income.asset_id, {})
        carry = {**income.carry, **known}
        told = _event_told(income)
        handed = _handed_over(income, carry, told)
        lines += handed
        for line in handed:
            known[line.part.party] = carry[line.part.party] = _carry_after(line)
        parts = allocate(income.net_fen, income.shares, order=income.order, carry=carry)
        # Ties went by `order`; lines are told as the owners are listed.
        places = {owner: place for place, (owner, _) in enumerate(income.shares)}
        parts.sort(key=lambda part: places[part.party])
        known |= {part.party: part.carry_after for part in parts}
        is_last = last.get(income.asset_id) == income.event_id
        lines += [
            PlannedLine(income, part, told, -part.after_scaled if is_last else 0) for part in parts
        ]
        rewards += [
            reward for part in parts if (reward := _reward(income, part, terms)) is not None
        ]
    net_fen = sum(income.net_fen for income in incomes)
    return Plan(
        tuple(lines),
        tuple(rewards),
        net_fen,
        _plan_hash(lines, rewards, incomes, terms, closing=closing, corrects=corrects),
    )


def _handed_over(
    income: Income, carry: Mapping[UUID, Fraction], told: EventTold
) -> list[PlannedLine]:
    """Let who left the asset hand what rounding owes it, or it owes, to the largest owner (C7-4).

    Each side is shown by a line of its own, without any money: what is handed is less than a 分 for
    each who left, and whoever stays has no more and no less to be shared than the income.
    """
    owners = dict(income.shares)
    gone = [
        party
        for party, owed in carry.items()
        if owed and party not in owners and party not in income.staying
    ]
    left = sorted(gone, key=str)
    if not left:
        return []
    # Of equally large ones the first by the order that settles ties.
    taker = max(income.order, key=lambda owner: owners.get(owner, 0))
    taken = sum((carry[party] for party in left), Fraction(0))
    lines = [_beside(income, told, party, carry[party], -carry[party]) for party in left]
    return [*lines, _beside(income, told, taker, carry.get(taker, Fraction(0)), taken)]


def _beside(
    income: Income, told: EventTold, party: UUID, before: Fraction, handed: Fraction
) -> PlannedLine:
    """Make a line that moves what rounding owes and pays nothing."""
    own, over = (millionths(value.numerator, value.denominator) for value in (before, handed))
    part = Part(party, 0, 0, own, WHOLE_PPM, 0, raised=False, amount_fen=0)
    return PlannedLine(income, part, told, over)


def _carry_after(line: PlannedLine) -> Fraction:
    return Fraction(line.part.after_scaled + line.handed_scaled, line.part.scale)


def _event_told(income: Income) -> EventTold:
    """Explain an event's net income: with these steps all its lines begin."""
    law = quoted("沪条例34(2)")
    steps = [step_text("gross", amount_fen=income.gross_fen, ref_id=f'"{income.event_id}"')]
    for deduction in income.deductions:
        clause = quoted(deduction.clause) if deduction.clause else law
        steps.append(
            step_text(f"less_{deduction.kind.value}", clause, amount_fen=deduction.amount_fen)
        )
    steps.append(step_text("net", law, amount_fen=income.net_fen))
    return EventTold(",".join(steps), f'"{income.version_id}"', f'"{income.asset_id}"')


def reward_floor_ppm(kind: RevenueKind, owner: OwnerType, rule: RewardRule | None) -> int:
    """Give the rate below which a reward may not lie, 0 where everything may be agreed (A033)."""
    if owner is OwnerType.OTHER and rule is not None:
        return 0
    return STATUTORY_PPM.get(kind, 0)


def reward_amount(kind: RevenueKind, base_fen: int, rate_ppm: int) -> int:
    """Give a reward at a rate: up to the 分 at a rate that the law names, else half up."""
    if rate_ppm in ROUNDED_UP_PPM.get(kind, ()):
        return _up(base_fen, rate_ppm)
    return (2 * base_fen * rate_ppm + WHOLE_PPM) // (2 * WHOLE_PPM)


def reward_base_fen(income: Income, part: Part[UUID]) -> int:
    """Give what a reward is a part of: the owner's line, and what no law lets one take off of it.

    A fee that the owners agreed among themselves lowers their income, and not the inventors'.
    """
    agreed_fen = sum(one.amount_fen for one in income.deductions if one.kind not in LAWFUL)
    return part.amount_fen + _up(agreed_fen, part.share_ppm)


def _up(amount_fen: int, rate_ppm: int) -> int:
    """Give a part of an amount, up to the next 分."""
    return -(-amount_fen * rate_ppm // WHOLE_PPM)


def _reward(income: Income, part: Part[UUID], terms: Terms) -> PlannedReward | None:
    owner = terms.owner_types.get(part.party, OwnerType.OTHER)
    rule = terms.rule_of(part.party, income)
    floor_ppm = reward_floor_ppm(income.kind, owner, rule)
    if not part.share_ppm or (rule is None and not floor_ppm):
        return None
    base_fen = reward_base_fen(income, part)
    floor_fen = _up(base_fen, floor_ppm)
    rate_ppm = floor_ppm if rule is None else rule.rate_ppm
    amount_fen = max(floor_fen, reward_amount(income.kind, base_fen, rate_ppm))
    return PlannedReward(
        event_id=income.event_id,
        owner_id=part.party,
        rate_ppm=rate_ppm,
        amount_fen=amount_fen,
        floor_fen=floor_fen,
        rule=_law_of(income.kind, owner, rule),
        basis=None if rule is None else rule.basis,
        inventors=_among_inventors(amount_fen, income.inventors, part.party),
        form=Incentive.CASH if rule is None else rule.form,
    )


def _law_of(kind: RevenueKind, owner: OwnerType, rule: RewardRule | None) -> str:
    """Name the provision by which a reward is what it is."""
    if rule is None:
        return BY_DEFAULT
    if owner is OwnerType.OTHER:
        return AS_AGREED
    above = rule.rate_ppm >= SHANGHAI_PPM and kind is not RevenueKind.SELF_IMPLEMENTATION
    return IN_SHANGHAI if above else FOR_INSTITUTIONS


def _among_inventors(
    amount_fen: int, inventors: Sequence[Inventor], owner_id: UUID
) -> tuple[tuple[UUID, int], ...]:
    """Divide a reward among the owner's own inventors, in proportion to their parts."""
    own = [inventor for inventor in inventors if inventor.org_id == owner_id]
    whole = sum(inventor.share_ppm for inventor in own)
    if not whole:
        return ()
    quotas = [Fraction(amount_fen * inventor.share_ppm, whole) for inventor in own]
    amounts = largest_remainder(amount_fen, quotas, range(len(own)))
    return tuple(
        (inventor.person_id, amount) for inventor, amount in zip(own, amounts, strict=True)
    )


def _plan_hash(
    lines: Sequence[PlannedLine],
    rewards: Sequence[PlannedReward],
    incomes: Sequence[Income],
    terms: Terms,
    *,
    closing: bool,
    corrects: Correction | None,
) -> str:
    """Hash what was put in and what came out, so that those who agree know to what.

    Ownership goes in by its origin and shares: restating a version over a shorter period moves
    nobody's money.
    """
    content: dict[str, Any] = {
        "closing": closing,
        "incomes": [
            [str(i.event_id), i.kind.value, i.net_fen, str(i.origin_id), i.received_on.isoformat()]
            for i in incomes
        ],
        "rules": sorted(
            [str(r.owner_id), r.rate_ppm, r.basis or "", r.form.value] for r in terms.rules
        ),
        "rewards": [_reward_content(reward) for reward in rewards],
    }
    if corrects is not None:
        content["corrects"] = [str(corrects.run_id), corrects.effective_on.isoformat()]
    # Canonical JSON, of which the lines, which may be very many, are written by hand.
    parts = {
        name: json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        for name, value in content.items()
    }
    parts["lines"] = f"[{','.join(_line_content(line.part) for line in lines)}]"
    text = ",".join(f'"{name}":{parts[name]}' for name in sorted(parts))
    return hashlib.sha256(f"{{{text}}}".encode()).hexdigest()


def _line_content(part: Part[UUID]) -> str:
    carried = scaled_text(part.before_scaled, part.scale)
    return f'["{part.party}",{part.share_ppm},{part.amount_fen},"{carried}"]'


def _reward_content(reward: PlannedReward) -> list[Any]:
    inventors = [[str(person_id), amount_fen] for person_id, amount_fen in reward.inventors]
    return [
        str(reward.owner_id),
        reward.rate_ppm,
        reward.amount_fen,
        reward.floor_fen,
        reward.rule,
        inventors,
    ]


def reward_checks(incomes: Sequence[Income], terms: Terms, planned: Plan) -> list[Check]:
    """Check the rates given against the law's floors, and that each is an owner's (A033).

    A rate is judged and not the amount: half a 分 of rounding makes no unlawful rule lawful.
    """
    owners = {owner for income in incomes for owner, ppm in income.shares if ppm}
    named = [rule.owner_id for rule in terms.rules]
    repeated = sorted({str(owner) for owner in named if named.count(owner) > 1})
    checks = [
        REWARDS.check(
            "PARTY_REPEATED",
            Kind.CONTENT,
            passed=not repeated,
            pointer="/reward_rules",
            org_ids=repeated,
        )
    ]
    for place, rule in enumerate(terms.rules):
        pointer = f"/reward_rules/{place}"
        checks.append(
            REWARDS.check(
                "REWARD_OWNER_UNKNOWN",
                Kind.CONTENT,
                passed=rule.owner_id in owners,
                pointer=f"{pointer}/owner_id",
            )
        )
    shared = {income.event_id: income for income in incomes}
    bases = {
        (ln.income.event_id, ln.part.party): reward_base_fen(ln.income, ln.part)
        for ln in planned.lines
        if ln.part.share_ppm
    }
    for reward in planned.rewards:
        income, base_fen = shared[reward.event_id], bases[reward.event_id, reward.owner_id]
        owner = terms.owner_types.get(reward.owner_id, OwnerType.OTHER)
        statutory = reward_floor_ppm(income.kind, owner, terms.rule_of(reward.owner_id, income))
        least_ppm = max(statutory, income.agreed_ppm.get(reward.owner_id, 0))
        least_fen = reward_amount(income.kind, base_fen, least_ppm)
        clause = FOR_INSTITUTIONS if statutory else AS_AGREED
        checks.append(_floor_check(reward, clause, least_ppm, least_fen, terms.rules))
    return checks


def _floor_check(
    reward: PlannedReward,
    clause: str,
    least_ppm: int,
    least_fen: int,
    reward_rules: Sequence[RewardRule],
) -> Check:
    places = [i for i, rule in enumerate(reward_rules) if rule.owner_id == reward.owner_id]
    return Rule(REWARDS.row, clause).check(
        "REWARD_BELOW_FLOOR",
        Kind.STATE,
        passed=reward.rate_ppm >= least_ppm,
        pointer=f"/reward_rules/{places[0]}/rate_ppm" if places else None,
        owner_id=str(reward.owner_id),
        rate_ppm=reward.rate_ppm,
        min_ppm=least_ppm,
        min={"amount": least_fen, "currency": "CNY"},
    )
