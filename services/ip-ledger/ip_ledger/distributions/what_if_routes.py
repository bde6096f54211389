"""What would be, over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends

from ip_ledger.distributions import actions
from ip_ledger.distributions.actions import Question, SupposedIncome, SupposedShares
from ip_ledger.distributions.plan_rules import Income, Plan, RewardRule
from ip_ledger.distributions.routes import LEADING, step_out
from ip_ledger.distributions.schemas import InventorRewardOut
from ip_ledger.distributions.what_if_schemas import (
    DistributionWhatIfIn,
    DistributionWhatIfOut,
    WhatIfLineOut,
    WhatIfRewardOut,
    WhatIfYearOut,
)
from ip_ledger.revenue.rules import Deduction
from shared.directory import ensure_organizations
from shared.http import CurrentActor, CurrentWork, Router, Services, Transaction, access, problems
from shared.http.schemas import fen

router = Router(prefix="/v1/ip-ledger/distribution-what-ifs", tags=["distributions"])
ROUTERS: Final = (router,)


async def owners_known(
    body: DistributionWhatIfIn, work: CurrentWork, services: Services
) -> frozenset[UUID]:
    """Ask the registry for owners that are only supposed, before any transaction is open."""
    await work.replay()
    named = {share.owner_id for one in body.shares for share in one.shares}
    return frozenset(await ensure_organizations(services, work.sessions, named))


@router.post(
    "",
    operation_id="ip_ledger_suppose_distribution",
    openapi_extra=access("member", tenant=LEADING, rules=("A033", "A086")),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "REVENUE_OF_TWO_CENTERS", "SHARES_NOT_100",
        "PARTY_REPEATED", "PARTY_UNKNOWN", "NET_NEGATIVE", "OWNERSHIP_MISSING",
        "REWARD_BELOW_FLOOR", "REWARD_OWNER_UNKNOWN", "AMOUNT_ZERO", "AMOUNT_TOO_LARGE",
        "BEFORE_ASSET", "CURRENCY_NOT_CNY", "NOT_YET_RECEIVED", "SHARES_PRECISION",
    ),
)  # fmt: skip
async def suppose(
    body: DistributionWhatIfIn,
    actor: CurrentActor,
    known_orgs: Annotated[frozenset[UUID], Depends(owners_known)],
    session: Transaction,
) -> DistributionWhatIfOut:
    """Plan a run of what is supposed, by the code that plans runs; nothing is written."""
    session.info["preview"] = True
    plan = await actions.suppose(session, actor, _question(body), known_orgs)
    return _shown(plan, frozenset(body.revenue_event_ids))


def _question(body: DistributionWhatIfIn) -> Question:
    return Question(
        center_id=body.center_id,
        event_ids=tuple(body.revenue_event_ids),
        incomes=tuple(
            SupposedIncome(
                one.asset_id,
                one.kind,
                one.gross.amount,
                one.received_on,
                tuple(Deduction(d.kind, d.amount.amount, d.clause) for d in one.deductions),
            )
            for one in body.incomes
        ),
        shares=tuple(
            SupposedShares(
                one.asset_id,
                one.valid_from,
                tuple((share.owner_id, share.ppm) for share in one.shares),
            )
            for one in body.shares
        ),
        reward_rules=tuple(
            RewardRule(one.owner_id, one.rate_ppm, one.basis, one.form) for one in body.reward_rules
        ),
        closing=body.closing,
    )


def _shown(plan: Plan, recorded: frozenset[UUID]) -> DistributionWhatIfOut:
    incomes: Mapping[UUID, Income] = {line.income.event_id: line.income for line in plan.lines}
    return DistributionWhatIfOut(
        plan_hash=plan.plan_hash,
        net=fen(plan.net_fen),
        lines=[
            WhatIfLineOut(
                payee_id=line.part.party,
                asset_id=line.income.asset_id,
                received_on=line.income.received_on,
                revenue_event_id=line.income.event_id if line.income.event_id in recorded else None,
                ppm=line.part.share_ppm,
                amount=fen(line.part.amount_fen),
                explanation=[step_out(step) for step in line.steps],
            )
            for line in plan.lines
        ],
        rewards=[
            WhatIfRewardOut(
                owner_id=reward.owner_id,
                received_on=incomes[reward.event_id].received_on,
                amount=fen(reward.amount_fen),
                floor=fen(reward.floor_fen),
                rate_ppm=reward.rate_ppm,
                rule=reward.rule,
                form=reward.form,
                inventors=[
                    InventorRewardOut(person_id=person_id, amount=fen(amount))
                    for person_id, amount in reward.inventors
                ],
            )
            for reward in plan.rewards
        ],
        years=_years(plan, incomes),
    )


def _years(plan: Plan, incomes: Mapping[UUID, Income]) -> list[WhatIfYearOut]:
    got: dict[tuple[int, UUID], int] = {}
    owed: dict[tuple[int, UUID], int] = {}
    for line in plan.lines:
        key = line.income.received_on.year, line.part.party
        got[key] = got.get(key, 0) + line.part.amount_fen
    for reward in plan.rewards:
        key = incomes[reward.event_id].received_on.year, reward.owner_id
        owed[key] = owed.get(key, 0) + reward.amount_fen
    return [
        WhatIfYearOut(
            year=year, payee_id=payee, amount=fen(got[year, payee]),
            rewards=fen(owed.get((year, payee), 0)),
        )
        for year, payee in sorted(got, key=lambda key: (key[0], str(key[1])))
    ]  # fmt: skip
