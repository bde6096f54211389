"""Rewards over HTTP: bonuses, what each inventor is owed and paid, and an owner's own use."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger.rewards import actions, queries, restating, rules
from ip_ledger.rewards.rules import RewardKind, State
from ip_ledger.rewards.schemas import (
    BonusDueOut,
    BonusesDueOut,
    GrantBonusIn,
    GrantBonusOut,
    InventorPaymentOut,
    InventorRewardRowOut,
    OwnUseIn,
    OwnUseOut,
    OwnUseYearIn,
    OwnUseYearOut,
    PublicityIn,
    RestatementIn,
    RestatementOut,
    RewardPaymentIn,
)
from ip_ledger.rewards.tables import InventorPayment, InventorReward, OwnUse, OwnUseYear
from shared.evidence import evidence_of
from shared.http import (
    CurrentActor,
    IfMatch,
    Page,
    PageQuery,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)
from shared.http.schemas import fen
from shared.rules import found

bonuses = Router(prefix="/v1/ip-ledger/grant-bonuses", tags=["rewards"])
rewards = Router(prefix="/v1/ip-ledger/inventor-rewards", tags=["rewards"])
uses = Router(prefix="/v1/ip-ledger/own-uses", tags=["rewards"])

SEERS: Final = "the owner that owes it, the centre, officials"
OWNER: Final = "an owner's own account"
# Bonuses of older grants are no longer looked for.
LOOK_BACK: Final = timedelta(days=3 * 365)


@bonuses.post(
    "",
    operation_id="ip_ledger_give_grant_bonus",
    status_code=201,
    openapi_extra=access("member", tenant=OWNER, rules=("A033",), key_required=True),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "NOT_GRANTED", "REWARD_BELOW_FLOOR", "INVENTORS_MISSING",
        "ALREADY_EXISTS", "IDEMPOTENCY_KEY_REQUIRED", "ACCOUNT_OVERDRAWN", "AMOUNT_TOO_LARGE",
        "CURRENCY_NOT_CNY", "PERIOD_CLOSED", "BEFORE_OPENING"),
)  # fmt: skip
async def give_bonus(
    body: GrantBonusIn, actor: CurrentActor, today: Today, session: Transaction
) -> GrantBonusOut:
    """Owe one's own inventors a bonus for a granted patent, due three months after the grant."""
    bonus = actions.Bonus(body.asset_id, body.amount.amount, body.form, body.basis)
    rows = await actions.give_bonus(session, actor, bonus, today)
    return GrantBonusOut(rewards=[_reward(row, (), today) for row in rows])


@bonuses.get(
    "/due",
    operation_id="ip_ledger_list_bonuses_due",
    openapi_extra=access("member", "official", tenant=SEERS, rules=("A033",)),
    responses=problems("NOT_FOUND"),
)
async def list_bonuses_due(
    actor: CurrentActor,
    today: Today,
    session: Reading,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
) -> BonusesDueOut:
    """List patents granted in the last three years whose inventors got no bonus yet."""
    rows = await queries.granted_without_bonus(session, actor, center_id, today - LOOK_BACK)
    items = []
    for asset, org_id in rows:
        granted_on = found(asset.granted_on)
        due_on = rules.bonus_due_on(granted_on)
        least = rules.least_bonus_fen(asset.kind, granted_on)
        items.append(
            BonusDueOut(
                asset_id=asset.id, owner_id=org_id, granted_on=granted_on, due_on=due_on,
                least=fen(least), is_overdue=due_on < today,
            )
        )  # fmt: skip
    return BonusesDueOut(items=items)


@rewards.get(
    "",
    operation_id="ip_ledger_list_inventor_rewards",
    openapi_extra=access("member", "official", tenant=SEERS),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_rewards(
    actor: CurrentActor,
    today: Today,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
    asset_id: Annotated[UUID | None, Query(description="For one asset.")] = None,
    owner_id: Annotated[UUID | None, Query(description="Owed by one owner.")] = None,
    source_id: Annotated[UUID | None, Query(description="Of one run or year.")] = None,
    kind: Annotated[RewardKind | None, Query(description="Of one kind.")] = None,
    state: Annotated[State | None, Query(description="In one state.")] = None,
) -> Page[InventorRewardRowOut]:
    """List what inventors are owed, the newest first."""
    filters = {
        "center_id": center_id, "asset_id": asset_id, "owner_id": owner_id,
        "source_id": source_id, "kind": kind, "state": state,
    }  # fmt: skip
    rows, cursor = await paginate(
        session,
        queries.visible_rewards(actor, **filters),
        page,
        keys=[col(InventorReward.id).desc()],
        filters=filters,
    )
    return Page(items=await _rewards(session, rows, today), next_cursor=cursor)


@rewards.post(
    "/restatements",
    operation_id="ip_ledger_restate_inventor_rewards",
    status_code=201,
    openapi_extra=access("member", tenant=OWNER, rules=("A033", "X07"), key_required=True),
    responses=problems(
        "NOT_FOUND", "CORRECTION_NOT_NEEDED", "INVENTORS_MISSING", "IDEMPOTENCY_KEY_REQUIRED"
    ),
)
async def restate(
    body: RestatementIn, actor: CurrentActor, today: Today, session: Transaction
) -> RestatementOut:
    """Divide one's bonuses and years of own use anew, after the inventors were corrected."""
    rows = await restating.restate(session, actor, body.asset_id, today)
    return RestatementOut(rewards=await _rewards(session, rows, today))


@rewards.get(
    "/{reward_id}",
    operation_id="ip_ledger_get_inventor_reward",
    openapi_extra=access("member", "official", tenant=SEERS),
    responses=problems("NOT_FOUND"),
)
async def get_reward(
    reward_id: UUID, actor: CurrentActor, today: Today, session: Reading, response: Response
) -> InventorRewardRowOut:
    """Show what one inventor is owed, with its payments."""
    return await _answer(
        session, response, await queries.visible_reward(session, actor, reward_id), today
    )


@rewards.post(
    "/{reward_id}/payments",
    operation_id="ip_ledger_pay_inventor",
    status_code=201,
    openapi_extra=access("member", tenant=OWNER, rules=("A033", "X07"), key_required=True),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT", "PAYMENT_EXCEEDED", "DAY_IN_FUTURE",
        "PUBLICITY_MISSING", "IDEMPOTENCY_KEY_REQUIRED", "DAYS_OUT_OF_ORDER", "ACCOUNT_OVERDRAWN",
        "AMOUNT_TOO_LARGE", "CURRENCY_NOT_CNY", "PERIOD_CLOSED", "BEFORE_OPENING", "FILE_UNKNOWN"),
    dependencies=[Depends(evidence_of(RewardPaymentIn))],
)  # fmt: skip
async def pay(
    reward_id: UUID,
    body: RewardPaymentIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
    response: Response,
) -> InventorRewardRowOut:
    """Record what the inventor was paid; the entry is posted with it."""
    payment = actions.Payment(body.amount.amount, body.paid_on, tuple(body.evidence))
    row = await actions.pay(session, actor, reward_id, payment, today)
    return await _answer(session, response, row, today)


@rewards.post(
    "/{reward_id}/publicity",
    operation_id="ip_ledger_publish_inventor_reward",
    status_code=201,
    openapi_extra=access("member", tenant=OWNER, rules=("A033",)),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "VERSION_CONFLICT",
        "DAY_IN_FUTURE",
        "FILE_UNKNOWN",
    ),
    dependencies=[Depends(evidence_of(PublicityIn))],
)
async def publish(
    reward_id: UUID,
    body: PublicityIn,
    actor: CurrentActor,
    today: Today,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> InventorRewardRowOut:
    """Record that the reward of the unit's head was made public inside (沪条例39)."""
    row = await actions.publish(
        session, actor, reward_id, body.published_on, body.file_id, version=version, today=today
    )
    return await _answer(session, response, row, today)


@uses.post(
    "",
    operation_id="ip_ledger_begin_own_use",
    status_code=201,
    openapi_extra=access("member", tenant=OWNER, rules=("A033",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "DAY_IN_FUTURE", "ALREADY_EXISTS"),
)
async def begin_use(
    body: OwnUseIn, actor: CurrentActor, today: Today, session: Transaction
) -> OwnUseOut:
    """Record that one puts one's own asset to use."""
    new = actions.NewUse(body.asset_id, body.started_on, body.agreed_years)
    return _use(await actions.begin_use(session, actor, new, today), ())


@uses.get(
    "/{use_id}",
    operation_id="ip_ledger_get_own_use",
    openapi_extra=access("member", "official", tenant=SEERS),
    responses=problems("NOT_FOUND"),
)
async def get_use(use_id: UUID, actor: CurrentActor, session: Reading) -> OwnUseOut:
    """Show an own use with its years."""
    use = await queries.visible_use(session, actor, use_id)
    return _use(use, await queries.years_of(session, use.id))


@uses.post(
    "/{use_id}/years",
    operation_id="ip_ledger_close_year_of_own_use",
    status_code=201,
    openapi_extra=access("member", tenant=OWNER, rules=("A033",), key_required=True),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "DAY_IN_FUTURE", "DAYS_OUT_OF_ORDER", "ALREADY_EXISTS",
        "REWARD_BELOW_FLOOR", "INVENTORS_MISSING", "IDEMPOTENCY_KEY_REQUIRED", "ACCOUNT_OVERDRAWN",
        "AMOUNT_TOO_LARGE", "CURRENCY_NOT_CNY", "PERIOD_CLOSED", "BEFORE_OPENING"),
)  # fmt: skip
async def close_year(
    use_id: UUID, body: OwnUseYearIn, actor: CurrentActor, today: Today, session: Transaction
) -> OwnUseYearOut:
    """Record a year's operating profit; the inventors' part is owed at once."""
    new = actions.NewYear(body.year, body.operating_profit.amount, body.rate_ppm, body.basis)
    return _year(await actions.close_year(session, actor, use_id, new, today))


async def _answer(
    session: AsyncSession, response: Response, row: InventorReward, today: date
) -> InventorRewardRowOut:
    await session.flush()
    tagged(response, row.version)
    return (await _rewards(session, [row], today))[0]


async def _rewards(
    session: AsyncSession, rows: Sequence[InventorReward], today: date
) -> list[InventorRewardRowOut]:
    payments = await queries.payments_of(session, [row.id for row in rows])
    return [_reward(row, payments.get(row.id, ()), today) for row in rows]


def _reward(
    row: InventorReward, payments: Sequence[InventorPayment], today: date
) -> InventorRewardRowOut:
    open_still = row.state in {State.DUE, State.PARTLY_PAID}
    shown: dict[str, Any] = {
        **row.model_dump(),
        "amount": fen(row.amount_fen),
        "paid": fen(row.paid_fen),
        "offset": fen(row.offset_fen),
        "floor": fen(row.floor_fen),
        "is_overdue": open_still and row.due_on is not None and row.due_on < today,
        "payments": [
            InventorPaymentOut(
                id=one.id, amount=fen(one.amount_fen), paid_on=one.paid_on,
                evidence=one.evidence_ids, entry_id=one.entry_id,
            )
            for one in payments
        ],
    }  # fmt: skip
    return InventorRewardRowOut.model_validate(shown)


def _use(use: OwnUse, years: Sequence[OwnUseYear]) -> OwnUseOut:
    return OwnUseOut.model_validate({**use.model_dump(), "years": [_year(row) for row in years]})


def _year(row: OwnUseYear) -> OwnUseYearOut:
    shown = {
        **row.model_dump(),
        "operating_profit": fen(row.profit_fen),
        "reward": fen(row.amount_fen),
        "floor": fen(row.floor_fen),
    }
    return OwnUseYearOut.model_validate(shown)


ROUTERS: Final = (bonuses, rewards, uses)
