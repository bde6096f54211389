"""Keeping schemes and profiles, and freezing them when a cycle opens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.schemes import queries, rules, weight_rules
from evaluation.schemes.schemas import IndicatorSchemeIn, WeightProfileIn
from evaluation.schemes.tables import IndicatorScheme, WeightProfile
from shared.auth import Actor
from shared.events import record
from shared.http import version_checks
from shared.rules import Check, require


async def create(
    session: AsyncSession, actor: Actor, body: IndicatorSchemeIn, now: datetime
) -> IndicatorScheme:
    """Store the next version of a scheme as a draft (A130).

    Raises `Refused`: WEIGHTS_NOT_100 or SCHEME_INVALID.
    """
    content = body.content()
    require(rules.scheme_checks(rules.scheme_from(content)))
    scheme = IndicatorScheme(
        **body.heading(),
        number=await queries.latest_number(session, body.code) + 1,
        content=content,
        content_hash=rules.digest(content),
        created_at=now,
    )
    session.add(scheme)
    await session.flush()
    record(session, actor, "scheme.created", scheme.id, content_hash=scheme.content_hash)
    return scheme


async def replace(
    session: AsyncSession, actor: Actor, scheme_id: UUID, body: IndicatorSchemeIn, version: int
) -> IndicatorScheme:
    """Replace a draft's content (A130).

    Raises `Refused`: NOT_FOUND, VERSION_CONFLICT, SCHEME_FROZEN, WEIGHTS_NOT_100 or SCHEME_INVALID.
    """
    scheme = await queries.scheme_for_update(session, scheme_id)
    content = body.content()
    require(
        [
            *version_checks(scheme.version, version),
            *rules.edit_checks(scheme.state),
            *rules.scheme_checks(rules.scheme_from(content)),
        ]
    )
    before = scheme.content_hash
    for name, value in body.heading().items():
        setattr(scheme, name, value)
    scheme.content = content
    scheme.content_hash = rules.digest(content)
    scheme.version += 1
    record(
        session, actor, "scheme.changed", scheme.id,
        before=before, after=scheme.content_hash, content_hash=scheme.content_hash,
    )  # fmt: skip
    return scheme


async def freeze(
    session: AsyncSession, actor: Actor, scheme_id: UUID, now: datetime
) -> IndicatorScheme:
    """Freeze a scheme because a cycle opens with it; frozen already, it stays as it is (A130)."""
    scheme = await queries.scheme_for_update(session, scheme_id)
    if scheme.state is not rules.SchemeState.FROZEN:
        scheme.state = rules.MOVES[scheme.state, rules.SchemeEvent.OPEN_CYCLE]
        scheme.frozen_at = now
        scheme.version += 1
        record(session, actor, "scheme.frozen", scheme.id, content_hash=scheme.content_hash)
    return scheme


async def create_profile(
    session: AsyncSession, actor: Actor, body: WeightProfileIn, now: datetime
) -> WeightProfile:
    """Store a weight profile (A132).

    Raises `Refused`: WEIGHTS_NOT_100, SCHEME_INVALID or VALUE_NEGATIVE.
    """
    require(_weight_checks(body))
    profile = WeightProfile(**body.row(), created_at=now)
    session.add(profile)
    await session.flush()
    record(session, actor, "weight_profile.created", profile.id, **_weights_of(profile))
    return profile


async def replace_profile(
    session: AsyncSession, actor: Actor, profile_id: UUID, body: WeightProfileIn, version: int
) -> WeightProfile:
    """Replace a profile that no cycle has opened with (A132).

    Raises `Refused`: NOT_FOUND, VERSION_CONFLICT, SCHEME_FROZEN, WEIGHTS_NOT_100, SCHEME_INVALID or
    VALUE_NEGATIVE.
    """
    profile = await queries.profile_for_update(session, profile_id)
    require(
        [
            *version_checks(profile.version, version),
            *weight_rules.profile_edit_checks(locked=profile.locked_at is not None),
            *_weight_checks(body),
        ]
    )
    before = _weights_of(profile)
    for name, value in body.row().items():
        setattr(profile, name, value)
    profile.version += 1
    record(
        session, actor, "weight_profile.changed", profile.id,
        before=before, after=_weights_of(profile), **_weights_of(profile),
    )  # fmt: skip
    return profile


def lock(
    session: AsyncSession, actor: Actor, profiles: Sequence[WeightProfile], now: datetime
) -> None:
    """Lock the profiles that a cycle opens with (A132); the caller has locked their rows."""
    for profile in profiles:
        if profile.locked_at is None:
            profile.locked_at = now
            profile.version += 1
            record(session, actor, "weight_profile.locked", profile.id, **_weights_of(profile))


def _weights_of(profile: WeightProfile) -> dict[str, Any]:
    return {"weights": profile.weights, "indicator_weights": profile.indicator_weights}


def _weight_checks(body: WeightProfileIn) -> list[Check]:
    row = body.row()
    weights = weight_rules.fractions(row["weights"])
    indicators = weight_rules.fractions(row["indicator_weights"])
    return [
        *weight_rules.weight_checks(weights),
        *weight_rules.indicator_checks(weights, indicators),
    ]
