"""What is read of second factors."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.accounts.tables import Account
from gateway.factors.tables import Passkey, RecoveryCode, SignInStep, TotpFactor
from shared.rules import found


async def factor_of(session: AsyncSession, account_id: UUID) -> TotpFactor | None:
    """Find an account's authenticator app, confirmed or not."""
    return await session.get(TotpFactor, account_id)


async def has_factor(session: AsyncSession, account_id: UUID) -> bool:
    """Tell whether an account has a second factor that counts: an app, or a passkey."""
    app = select(col(TotpFactor.account_id)).where(
        col(TotpFactor.account_id) == account_id, col(TotpFactor.confirmed_at).is_not(None)
    )
    key = select(col(Passkey.account_id)).where(col(Passkey.account_id) == account_id)
    return await session.scalar(app.union_all(key).limit(1)) is not None


async def step_for_update(
    session: AsyncSession, digest: bytes, now: datetime
) -> tuple[SignInStep, Account] | None:
    """Lock a half-finished sign-in and its open account, so that attempts at once are counted."""
    statement = (
        select(SignInStep, Account)
        .join(Account, col(Account.id) == col(SignInStep.account_id))
        .where(
            col(SignInStep.cookie_sha256) == digest,
            col(SignInStep.expires_at) > now,
            col(Account.closed_at).is_(None),
        )
        .with_for_update()
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else (row[0], row[1])


async def recovery_for_update(
    session: AsyncSession, account_id: UUID, digest: bytes
) -> RecoveryCode | None:
    """Lock an unused recovery code of an account."""
    statement = select(RecoveryCode).where(
        col(RecoveryCode.code_sha256) == digest,
        col(RecoveryCode.account_id) == account_id,
        col(RecoveryCode.used_at).is_(None),
    )
    return await session.scalar(statement.with_for_update())


async def recovery_codes_left(session: AsyncSession, account_id: UUID) -> int:
    """Count the recovery codes that were not used."""
    statement = select(func.count()).where(
        col(RecoveryCode.account_id) == account_id, col(RecoveryCode.used_at).is_(None)
    )
    return await session.scalar(statement) or 0


async def passkeys_of(session: AsyncSession, account_id: UUID) -> list[Passkey]:
    """List the passkeys of an account, oldest first."""
    statement = (
        select(Passkey).where(col(Passkey.account_id) == account_id).order_by(col(Passkey.id))
    )
    return list((await session.scalars(statement)).all())


async def passkey_for_update(
    session: AsyncSession, credential_id: bytes
) -> tuple[Passkey, Account] | None:
    """Lock a passkey and its open account."""
    statement = (
        select(Passkey, Account)
        .join(Account, col(Account.id) == col(Passkey.account_id))
        .where(col(Passkey.credential_id) == credential_id, col(Account.closed_at).is_(None))
        .with_for_update()
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else (row[0], row[1])


async def passkey_of(session: AsyncSession, person_id: UUID, passkey_id: UUID) -> Passkey:
    """Load and lock a passkey of a person's open account."""
    statement = (
        select(Passkey)
        .join(Account, col(Account.id) == col(Passkey.account_id))
        .where(
            col(Passkey.id) == passkey_id,
            col(Account.person_id) == person_id,
            col(Account.closed_at).is_(None),
        )
    )
    return found(await session.scalar(statement.with_for_update(of=Passkey)))
