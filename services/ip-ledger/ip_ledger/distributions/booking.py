"""A run as journal entries: what the owners are due, what they are paid, what they owe inventors.

Pure: rows and account ids in, entries and mirrored rows out.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from ip_ledger.distributions.tables import DistributionLine, DistributionReward, DistributionRun
from ip_ledger.journal.rules import (
    CASH,
    INCOME_TO_SHARE,
    AccountName,
    EntryDraft,
    Line,
    due_to_owner,
    reward_expense,
    reward_payable,
)
from shared.database import new_id


def accounts(
    lines: Sequence[DistributionLine],
    rewards: Sequence[DistributionReward],
    cash: AccountName = CASH,
) -> list[AccountName]:
    """Name the accounts that a run posts to; `cash` is a trustee's for a consortium (A053)."""
    owners = [due_to_owner(line.payee_id) for line in lines]
    owing = [
        name(reward.owner_id) for reward in rewards for name in (reward_expense, reward_payable)
    ]
    return [cash, INCOME_TO_SHARE, *owners, *owing]


def entries(
    run: DistributionRun,
    lines: Sequence[DistributionLine],
    rewards: Sequence[DistributionReward],
    ids: Mapping[AccountName, UUID],
    cash: AccountName = CASH,
) -> list[EntryDraft]:
    """Give a run's entries: sharing, payment, and rewards; without any amount there is none."""
    paid = [(due_to_owner(line.payee_id), line.amount_fen) for line in lines if line.amount_fen]
    owed = [reward for reward in rewards if reward.amount_fen]
    total = sum(amount for _, amount in paid)
    made = []
    if total:
        shared = [Line(ids[INCOME_TO_SHARE], total), *(Line(ids[n], -fen) for n, fen in paid)]
        out = [*(Line(ids[n], fen) for n, fen in paid), Line(ids[cash], -total)]
        made += [_entry(run, "shares", shared), _entry(run, "payment", out)]
    if owed:
        rewarded = [
            line
            for reward in owed
            for line in (
                Line(ids[reward_expense(reward.owner_id)], reward.amount_fen),
                Line(ids[reward_payable(reward.owner_id)], -reward.amount_fen),
            )
        ]
        made.append(_entry(run, "rewards", rewarded))
    return made


def _entry(run: DistributionRun, what: str, lines: Sequence[Line]) -> EntryDraft:
    if run.paid_on is None:
        msg = "a run that is not paid has no entries"
        raise ValueError(msg)
    return EntryDraft(
        id=new_id(),
        center_id=run.center_id,
        effective_on=run.paid_on,
        reference=f"run {run.id} {what}",
        lines=tuple(lines),
        source_id=run.id,
    )


def mirrored_line(line: DistributionLine, run_id: UUID) -> DistributionLine:
    """Give the line that undoes another one."""
    return DistributionLine(
        run_id=run_id,
        place=line.place,
        event_id=line.event_id,
        asset_id=line.asset_id,
        payee_id=line.payee_id,
        ppm=line.ppm,
        amount_fen=-line.amount_fen,
        ownership_version_id=line.ownership_version_id,
        carry_change=-line.carry_change,
        explanation=line.explanation,
    )


def mirrored_reward(reward: DistributionReward, run_id: UUID) -> DistributionReward:
    """Give the reward that undoes another one."""
    return DistributionReward(
        run_id=run_id,
        place=reward.place,
        event_id=reward.event_id,
        owner_id=reward.owner_id,
        rate_ppm=reward.rate_ppm,
        amount_fen=-reward.amount_fen,
        floor_fen=-reward.floor_fen,
        rule=reward.rule,
        basis=reward.basis,
        form=reward.form,
        inventors=[
            {**inventor, "amount_fen": -inventor["amount_fen"]} for inventor in reward.inventors
        ],
    )
