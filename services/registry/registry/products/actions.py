"""What happens to products: nominated, reviewed, shown, catalogued, and bought first."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.queries import center_by_id, next_number
from registry.centers.rules import active_checks
from registry.files.queries import files_seen
from registry.notices import actions as notices
from registry.notices.actions import NoticeText
from registry.notices.queries import objection_deciders, objection_states, open_notice_of
from registry.notices.rules import DECIDER, NoticeSubject, objection_checks, period_checks
from registry.notices.rules import State as NoticeState
from registry.notices.tables import PublicNotice
from registry.organizations.queries import barred_on, organization_found, predecessor_ids
from registry.products import queries, rules
from registry.products.commands import NewCall, Nomination, Purchase
from registry.products.right_rules import right_checks, told_of
from registry.products.rules import (
    MOVES,
    REVIEW_EVENTS,
    ProductEvent,
    ProductKind,
    ReviewResult,
)
from registry.products.tables import FirstPurchase, Product, ProductCall
from registry.programme.queries import policies_of_acts, policy_on, working_days
from registry.resources.queries import place_of
from shared.auth import Actor
from shared.codes.patents import normalized
from shared.events import record
from shared.events.recording import plain
from shared.http.dependencies import version_checks
from shared.rules import Check, Kind, Policy, found, require


async def open_call(session: AsyncSession, actor: Actor, new: NewCall, today: date) -> ProductCall:
    """Open a year's call for the catalogue; there is one a year (A144).

    Raises `Refused`: DAYS_OUT_OF_ORDER or ALREADY_EXISTS.
    """
    require(rules.call_day_checks(new.year, new.cut_off_on, new.valid_until, today))
    call = ProductCall(
        year=new.year,
        title=new.title,
        cut_off_on=new.cut_off_on,
        valid_until=new.valid_until,
        opened_by=actor.person_id,
        opened_on=today,
    )
    session.add(call)
    # The row goes first: the second call of a year is refused here.
    await session.flush()
    record(
        session,
        actor,
        "product_call.opened",
        call.id,
        after=call.model_dump(),
        year=call.year,
        cut_off_on=call.cut_off_on,
        valid_until=call.valid_until,
    )
    return call


async def nominate(
    session: AsyncSession, actor: Actor, new: Nomination, today: date, now: datetime
) -> tuple[Product, list[Check]]:
    """Nominate a product to a year's catalogue, for the centre or as its maker (A144).

    Raises `Refused`: NOT_FOUND, STATE_CONFLICT, ALREADY_EXISTS, or what `_judged` finds by the
    tests of its kind.
    """
    call = await queries.call_found(session, new.call_id)
    policy = await policy_on(session, today)
    values, checks = await _judged(session, actor, new, call, policy, today)
    checks += rules.call_checks(call.cut_off_on, today)
    warnings = require(checks)
    product = Product(**values, nominated_by=actor.person_id, nominated_at=now)
    session.add(product)
    await session.flush()
    _told(session, actor, "product.nominated", product, None, capacity="nominator")
    return product, warnings


async def correct(
    session: AsyncSession,
    actor: Actor,
    product_id: UUID,
    new: Nomination,
    version: int,
    today: date,
) -> tuple[Product, list[Check]]:
    """Hand a returned nomination in again; it is judged anew, and its call stays (A144).

    Raises `Refused`: as `nominate`, and FORBIDDEN_SCOPE, VERSION_CONFLICT.
    """
    product = await queries.product_for_update(session, actor, product_id, today)
    await _own(session, actor, product)
    call = await queries.call_found(session, product.call_id)
    policy = await policy_on(session, today)
    values, checks = await _judged(session, actor, new, call, policy, today)
    same = (new.call_id, new.center_id) == (product.call_id, product.center_id)
    warnings = require(
        [
            *rules.move_checks(product.state, ProductEvent.CORRECT),
            *version_checks(product.version, version),
            rules.CATALOGUE.check("STATE_CONFLICT", Kind.STATE, passed=same),
            *checks,
        ]
    )
    before = product.model_dump()
    product.sqlmodel_update(values)
    # Whoever hands it in again answers for it from here on.
    product.nominated_by, product.reviewed_by = actor.person_id, None
    _moved(session, actor, product, ProductEvent.CORRECT, "product.nominated", before)
    await session.flush()
    return product, warnings


async def review(
    session: AsyncSession,
    actor: Actor,
    product_id: UUID,
    result: ReviewResult,
    comment: str,
    today: date,
) -> Product:
    """Let the editors accept, return or reject a nomination (A144).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    product = await queries.product_for_update(session, actor, product_id, today)
    event = REVIEW_EVENTS[result]
    require(
        [
            *rules.apart_checks({"nominator": product.nominated_by}, actor.person_id),
            *_review_moves(product, event),
        ]
    )
    before = product.model_dump()
    product.reviewed_by, product.reason = actor.person_id, comment
    # The word of the state that follows: reviewed, returned or rejected.
    followed = MOVES[product.state, event]
    _moved(session, actor, product, event, f"product.{followed.value}", before, "reviewer")
    return product


async def open_notice(
    session: AsyncSession, actor: Actor, product_id: UUID, today: date, now: datetime
) -> PublicNotice:
    """Show everyone a product that is about to be catalogued (X09).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    product = await queries.product_for_update(session, actor, product_id, today)
    require(
        [
            *rules.apart_checks({"nominator": product.nominated_by}, actor.person_id),
            *rules.move_checks(product.state, ProductEvent.OPEN_NOTICE),
        ]
    )
    text = NoticeText(
        product.id,
        product.center_id,
        f"拟列入{product.year}年度创新产品推荐目录：{product.name}",
        f"{product.name}（{product.maker_name}）",
        NoticeSubject.PRODUCT,
        frozenset({product.nominated_by}),
    )
    notice = await notices.open_notice(session, actor, text, today, now)
    before = product.model_dump()
    product.noticed_by = actor.person_id
    _moved(session, actor, product, ProductEvent.OPEN_NOTICE, "product.noticed", before, "handler")
    return notice


async def enter(session: AsyncSession, actor: Actor, product_id: UUID, today: date) -> Product:
    """Enter a product in the catalogue after its notice, under a number and with its days (A144).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, NOTICE_OPEN, OBJECTION_PENDING, STATE_CONFLICT.
    """
    product = await queries.product_for_update(session, actor, product_id, today)
    require(
        [
            *await _apart_checks(session, actor, product),
            *rules.move_checks(product.state, ProductEvent.CATALOGUE),
        ]
    )
    # The lock of the notice keeps an objection from coming between the check and the entry.
    notice = found(await open_notice_of(session, NoticeSubject.PRODUCT, product.id))
    call = await queries.call_found(session, product.call_id)
    require(
        [
            *period_checks(notice.closes_on, today),
            *objection_checks(await objection_states(session, notice.id)),
            rules.CATALOGUE.check("STATE_CONFLICT", Kind.STATE, passed=today <= call.valid_until),
        ]
    )
    before = product.model_dump()
    number = await next_number(session, f"products:{product.year}")
    product.catalog_no = f"{product.year}-{number:04d}"
    product.valid_from, product.valid_to = today, call.valid_until
    product.decided_by = actor.person_id
    await notices.close(session, actor, notice, NoticeState.CLOSED)
    _moved(
        session, actor, product, ProductEvent.CATALOGUE, "product.catalogued", before, "approver"
    )
    return product


async def end(
    session: AsyncSession,
    actor: Actor,
    product_id: UUID,
    event: ProductEvent,
    reason: str,
    today: date,
) -> Product:
    """Withdraw a nomination, reject a noticed one, or remove a product from the catalogue.

    A removal holds from today on: the last day in the catalogue is yesterday. Raises `Refused`:
    NOT_FOUND, FORBIDDEN_SCOPE, SOD_VIOLATION, STATE_CONFLICT.
    """
    product = await queries.product_for_update(session, actor, product_id, today)
    if event is ProductEvent.WITHDRAW:
        await _own(session, actor, product)
    elif event is ProductEvent.REJECT:
        require(await _apart_checks(session, actor, product))
    else:
        require(rules.apart_checks({"nominator": product.nominated_by}, actor.person_id))
    require(rules.move_checks(product.state, event))
    before = product.model_dump()
    product.reason = reason
    if event is ProductEvent.REMOVE and product.valid_to is not None:
        product.valid_to = min(product.valid_to, date.fromordinal(today.toordinal() - 1))
    notice = await open_notice_of(session, NoticeSubject.PRODUCT, product.id)
    if notice is not None:
        await notices.close(session, actor, notice, NoticeState.WITHDRAWN)
    state = MOVES[product.state, event]
    _moved(session, actor, product, event, f"product.{state.value}", before)
    return product


async def enter_purchase(
    session: AsyncSession, actor: Actor, new: Purchase, today: date, now: datetime
) -> tuple[FirstPurchase, list[Check]]:
    """Enter a first-purchase contract, which makes it public (A145).

    The policy of the day of its signing judges it, for its term runs from there. Raises `Refused`:
    NOT_FOUND, FIRST_PURCHASE_NO, FIRST_PURCHASE_MISMATCH, CATALOG_NOT_FIRST_SALE,
    CATALOG_NOT_VALID, DAY_IN_FUTURE, ALREADY_EXISTS.
    """
    # The lock keeps a removal from coming between the check and the entry.
    product = await queries.product_for_update(session, actor, new.product_id, today)
    contract, signed_on = new.contract, new.contract.signed_on
    policy = (await policies_of_acts(session, [signed_on], today))[signed_on]
    entry = rules.Entry(
        product.state,
        product.name,
        product.maker_name,
        product.first_purchase,
        product.valid_from,
        product.valid_to,
    )
    require(rules.contract_checks(policy, contract, entry, today))
    due_on = rules.recording_due_on(policy, await working_days(session), signed_on)
    warnings = require(rules.lateness_checks(policy, due_on, today))
    purchase = FirstPurchase(
        contract_no=contract.number,
        product_id=product.id,
        center_id=product.center_id,
        product_name=contract.product_name,
        maker_name=contract.maker_name,
        buyer_name=new.buyer_name,
        amount_fen=new.amount_fen,
        signed_on=signed_on,
        due_on=due_on,
        recorded_on=today,
        recorded_at=now,
        recorded_by=actor.person_id,
        recorded_by_org_id=actor.org_id,
        late=bool(warnings),
    )
    session.add(purchase)
    # The row goes first: the second entry of one number is refused here.
    await session.flush()
    _bought(session, actor, "first_purchase.recorded", purchase, None)
    return purchase, warnings


async def withdraw_purchase(
    session: AsyncSession, actor: Actor, purchase_id: UUID, reason: str, now: datetime
) -> FirstPurchase:
    """Take back a contract entered by mistake: who entered it does, or a handler.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or STATE_CONFLICT.
    """
    purchase = await queries.first_purchase_for_update(session, actor, purchase_id)
    may = actor.has("handler") or actor.person_id == purchase.recorded_by
    require(
        [
            rules.FIRST_PURCHASE.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=may),
            rules.FIRST_PURCHASE.check(
                "STATE_CONFLICT", Kind.STATE, passed=purchase.withdrawn_at is None
            ),
        ]
    )
    before = purchase.model_dump()
    purchase.withdrawn_at, purchase.withdrawn_by = now, actor.person_id
    purchase.reason = reason
    purchase.version += 1
    _bought(session, actor, "first_purchase.withdrawn", purchase, before)
    return purchase


async def _judged(
    session: AsyncSession,
    actor: Actor,
    new: Nomination,
    call: ProductCall,
    policy: Policy,
    today: date,
) -> tuple[dict[str, Any], list[Check]]:
    """Judge a nomination; give its columns and every check, warnings among them."""
    claim = new.claim
    maker_id = new.maker_org_id or actor.org_id or new.center_id
    place = await place_of(session, actor, new.center_id, today)
    require(
        rules.nominator_checks(
            operates=place.operates,
            acting_id=actor.org_for(maker_id),
            maker_id=maker_id,
            belongs=maker_id in place.org_ids,
        )
    )
    maker = await organization_found(session, maker_id)
    center = found(await center_by_id(session, new.center_id))
    own = frozenset(one for one in (maker_id, center.legal_entity_id) if one is not None)
    succeeded = {maker_id: await predecessor_ids(session, maker_id)}
    seen = await files_seen(session, actor, new.evidence)
    unknown = [str(one) for one in new.evidence if one not in seen]
    checks = [
        *active_checks(place.stage),
        *rules.maker_checks(
            policy, maker.region_code, barred=await barred_on(session, maker_id, today)
        ),
        *rules.first_sale_checks(
            policy, claim.first_sale_on, call.cut_off_on, today, wanted=claim.first_purchase
        ),
        *rules.kind_checks(policy, claim, call.cut_off_on),
        *rules.patent_checks(policy, claim, call.cut_off_on, own),
        *right_checks(claim.patents, new.rights, succeeded),
        rules.CATALOGUE.check(
            "FILE_UNKNOWN",
            Kind.CONTENT,
            passed=not unknown,
            pointer="/evidence",
            file_ids=unknown,
        ),
        *rules.rule_set_checks(policy, claim.kind),
    ]
    return _columns(new, call, policy, maker_id, maker.name), checks


def _columns(
    new: Nomination, call: ProductCall, policy: Policy, maker_id: UUID, maker_name: str
) -> dict[str, Any]:
    claim = new.claim
    provisional, source = rules.rule_set(policy, claim.kind)
    particulars = {
        ProductKind.FIRST_SET: claim.equipment,
        ProductKind.FIRST_BATCH: claim.material,
        ProductKind.FIRST_VERSION: claim.software,
    }[claim.kind]
    return {
        "call_id": call.id,
        "center_id": new.center_id,
        "maker_org_id": maker_id,
        "maker_name": maker_name,
        "kind": claim.kind,
        "sector": claim.sector,
        "name": new.name,
        "description": new.description,
        "patents": [
            {
                "number": patent.number,
                "granted_on": patent.granted_on.isoformat(),
                "owner_id": str(patent.owner_id),
                **told_of(new.rights.get(normalized(patent.number))),
            }
            for patent in claim.patents
        ],
        "particulars": plain(particulars or {}),
        "first_sale_on": claim.first_sale_on,
        "first_purchase": claim.first_purchase,
        "evidence": [str(one) for one in new.evidence],
        "provisional": provisional,
        "rule_source": source,
        "policy_version": policy.version,
        "year": call.year,
    }


async def _own(session: AsyncSession, actor: Actor, product: Product) -> None:
    speaks = await queries.speaks_for(session, actor, product)
    require([rules.CATALOGUE.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=speaks)])


def _review_moves(product: Product, event: ProductEvent) -> list[Check]:
    """Check a review's step; what is noticed already is rejected by an approver instead."""
    reviewable = product.state is rules.ProductState.NOMINATED
    return [
        *rules.move_checks(product.state, event),
        rules.CATALOGUE.check("STATE_CONFLICT", Kind.STATE, passed=reviewable),
    ]


async def _apart_checks(session: AsyncSession, actor: Actor, product: Product) -> list[Check]:
    """Check that who decides a nomination had no part in it, an objection's decision included."""
    deciders = await objection_deciders(session, product.id)
    held = {
        "nominator": product.nominated_by,
        "reviewer": product.reviewed_by,
        "handler": product.noticed_by,
        DECIDER: actor.person_id if actor.person_id in deciders else None,
    }
    return rules.apart_checks(held, actor.person_id)


def _moved(
    session: AsyncSession,
    actor: Actor,
    product: Product,
    event: ProductEvent,
    event_type: str,
    before: dict[str, Any],
    capacity: str | None = None,
) -> None:
    product.state = MOVES[product.state, event]
    product.version += 1
    _told(session, actor, event_type, product, before, capacity=capacity)


def _told(
    session: AsyncSession,
    actor: Actor,
    event_type: str,
    product: Product,
    before: dict[str, Any] | None,
    *,
    capacity: str | None,
) -> None:
    record(
        session,
        actor,
        event_type,
        product.id,
        center_id=product.center_id,
        case_id=product.id,
        capacity=capacity,
        reason=product.reason,
        before=before,
        after=product.model_dump(),
        kind=product.kind,
        state=product.state,
        name=product.name,
        year=product.year,
        catalog_no=product.catalog_no,
        valid_from=product.valid_from,
        valid_to=product.valid_to,
    )


def _bought(
    session: AsyncSession,
    actor: Actor,
    event_type: str,
    purchase: FirstPurchase,
    before: dict[str, Any] | None,
) -> None:
    record(
        session,
        actor,
        event_type,
        purchase.id,
        center_id=purchase.center_id,
        reason=purchase.reason,
        before=before,
        after=purchase.model_dump(),
        contract_no=purchase.contract_no,
        product_id=purchase.product_id,
        signed_on=purchase.signed_on,
        recorded_on=purchase.recorded_on,
        late=purchase.late,
    )
