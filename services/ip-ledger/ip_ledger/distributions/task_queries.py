"""Runs that wait for somebody: an owner's word, another person's approval, the payment."""

from datetime import date
from typing import Final

from sqlalchemy import exists
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from ip_ledger import tenancy
from ip_ledger.distributions.rules import FOUR_EYES, SHARING, State
from ip_ledger.distributions.tables import (
    DistributionConfirmation,
    DistributionLine,
    DistributionRun,
)
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.tasks import MOST_TASKS, Task, TaskKind

CONFIRM_RUN: Final = TaskKind(
    "confirm_distribution",
    "确认收益分配方案",
    "Confirm how an income is shared out",
    SHARING,
    "POST",
    "/v1/ip-ledger/distribution-runs/{id}/confirmations",
)
APPROVE_RUN: Final = TaskKind(
    "approve_distribution",
    "批准收益分配方案",
    "Approve a run that all owners have confirmed",
    FOUR_EYES,
    "POST",
    "/v1/ip-ledger/distribution-runs/{id}/approve",
)
PAY_RUN: Final = TaskKind(
    "pay_distribution",
    "支付已批准的收益分配",
    "Pay a run that has been approved",
    SHARING,
    "POST",
    "/v1/ip-ledger/distribution-runs/{id}/pay",
)


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Give the runs that the caller may bring a step on; nobody approves what he drafted (I7)."""
    del today  # A run has no last day of its own.
    if actor.org_id is None or not actor.has("member"):
        return []
    run = DistributionRun
    payee = exists().where(
        col(DistributionLine.run_id) == col(run.id),
        col(DistributionLine.payee_id).in_(actor.org_ids),
    )
    confirmed = exists().where(
        col(DistributionConfirmation.run_id) == col(run.id),
        col(DistributionConfirmation.owner_id).in_(actor.org_ids),
    )
    acting = exists().where(
        col(DirectoryCenter.id) == col(run.center_id), tenancy.acts_for(actor.org_ids)
    )
    another = col(run.drafted_by) != actor.person_id
    waiting = (
        (CONFIRM_RUN, [col(run.state) == State.CALCULATED, payee, ~confirmed]),
        (APPROVE_RUN, [col(run.state) == State.CONFIRMED, acting, another]),
        (PAY_RUN, [col(run.state) == State.APPROVED, acting]),
    )
    tasks = []
    for kind, conditions in waiting:
        statement = select(run).where(*conditions).order_by(col(run.id)).limit(MOST_TASKS)
        tasks += [Task(kind, row.id, row.center_id) for row in await session.scalars(statement)]
    return tasks
