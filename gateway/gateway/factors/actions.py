"""Enrolling a second factor, showing it, and taking it away."""

import base64
import hashlib
import hmac
import os
import secrets
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway import sealing
from gateway.accounts import actions as accounts
from gateway.accounts import queries as account_queries
from gateway.accounts import rules as account_rules
from gateway.accounts.tables import Account
from gateway.factors import queries, rules
from gateway.factors.passkeys import MOST_PASSKEYS, Made
from gateway.factors.tables import Passkey, RecoveryCode, SignInStep, TotpFactor
from gateway.identity.actions import digest_of
from shared.auth import Actor
from shared.events.recording import record


async def begin_step(session: AsyncSession, account: Account, now: datetime) -> str:
    """Keep that the password was right; give the value of the cookie that says so."""
    await session.execute(delete(SignInStep).where(col(SignInStep.expires_at) <= now))
    cookie = secrets.token_urlsafe(32)
    session.add(
        SignInStep(
            cookie_sha256=digest_of(cookie),
            account_id=account.id,
            expires_at=now + rules.STEP_LIFE,
        )
    )
    return cookie


async def propose(session: AsyncSession, account: Account, key_secret: str, now: datetime) -> bytes:
    """Give a new secret to enrol; one that was proposed before and never confirmed is gone."""
    await session.execute(delete(TotpFactor).where(col(TotpFactor.account_id) == account.id))
    secret = os.urandom(rules.SECRET_BYTES)
    session.add(
        TotpFactor(
            account_id=account.id,
            sealed_secret=sealing.seal(key_secret, _name(account.id), secret),
            last_step=0,
            created_at=now,
        )
    )
    return secret


async def take_code(
    session: AsyncSession,
    step: SignInStep,
    account: Account,
    given: str,
    key_secret: str,
    now: datetime,
) -> bool:
    """Judge the code for a first second factor; tell whether enrolling may begin."""
    expected = accounts.enrolment_code_of(key_secret, account)
    same = hmac.compare_digest(rules.recovery_of(given).encode(), expected.encode())
    lives = account.enrolment_until is not None and now < account.enrolment_until
    step.may_enrol = same and lives
    if step.may_enrol:
        # Counted as failed until now; the codes of the app are counted from the beginning.
        account.failures, account.resting_until = 0, None
        record(session, accounts.oneself(account.person_id), "account.enrolling", account.id)
    return step.may_enrol


async def confirm(
    session: AsyncSession, account: Account, factor: TotpFactor, now: datetime
) -> list[str]:
    """Let a factor count from now on; give its recovery codes, which are kept as digests only."""
    factor.confirmed_at = now
    # The code for this is used up, and whoever was signed in without a second factor is out.
    account.enrolment_until = None
    await accounts.end_sessions(session, account.person_id)
    await session.execute(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account.id))
    codes = [
        base64.b32encode(os.urandom(rules.RECOVERY_BYTES)).decode()
        for _ in range(rules.RECOVERY_CODES)
    ]
    session.add_all(
        RecoveryCode(code_sha256=digest_of(code), account_id=account.id) for code in codes
    )
    record(session, accounts.oneself(account.person_id), "factor.enrolled", account.id)
    return [account_rules.grouped(code) for code in codes]


async def shown(
    session: AsyncSession,
    account: Account,
    given: str,
    key_secret: str,
    now: datetime,
    *,
    enrolled: bool,
) -> TotpFactor | RecoveryCode | None:
    """Judge a code of the app or a recovery code; a right one is used up with that.

    Where another factor is `enrolled`, an app that was proposed and never confirmed counts for
    nothing.
    """
    factor = await queries.factor_of(session, account.id)
    if factor is None or (enrolled and factor.confirmed_at is None):
        return None
    secret = secret_of(key_secret, factor)
    codes = {step: code_of(secret, step) for step in rules.steps_around(now)}
    step = rules.matching_step(codes, given, factor.last_step)
    if step is not None:
        factor.last_step = step
        return factor
    digest = digest_of(rules.recovery_of(given))
    recovery = await queries.recovery_for_update(session, account.id, digest)
    if recovery is not None:
        recovery.used_at = now
        record(session, accounts.oneself(account.person_id), "factor.recovery_used", account.id)
    return recovery


def code_of(secret: bytes, step: int) -> str:
    """Give the code of a step (RFC 6238); SHA-1 is what every app takes."""
    totp = TOTP(secret, rules.DIGITS, SHA1(), rules.STEP_SECONDS)  # noqa: S303 - HMAC, as the RFC has it
    return totp.generate(step * rules.STEP_SECONDS).decode()


async def spend_challenge(session: AsyncSession, challenge: bytes, until: datetime) -> bool:
    """Keep that a challenge was answered; tell whether for the first time."""
    digest = hashlib.sha256(challenge).digest()
    statement = (
        insert(SignInStep)
        .values(cookie_sha256=digest, challenge=challenge, expires_at=until)
        .on_conflict_do_nothing()
        .returning(col(SignInStep.cookie_sha256))
    )
    return await session.scalar(statement) is not None


async def add_passkey(session: AsyncSession, account: Account, made: Made, now: datetime) -> bool:
    """Add a passkey to an account, unless it is known or there are enough; tell whether it was."""
    await account_queries.account_locked(session, account.id)
    held = await queries.passkeys_of(session, account.id)
    known = await queries.passkey_for_update(session, made.credential_id)
    if known is not None or len(held) >= MOST_PASSKEYS:
        return False
    passkey = Passkey(
        account_id=account.id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        created_at=now,
    )
    session.add(passkey)
    record(session, accounts.oneself(account.person_id), "factor.passkey_added", passkey.id)
    return True


async def end_passkey(session: AsyncSession, actor: Actor, passkey_id: UUID) -> None:
    """Take one of one's own passkeys away, as for a lost device.

    Raises `Refused`: NOT_FOUND.
    """
    passkey = await queries.passkey_of(session, actor.person_id, passkey_id)
    await session.delete(passkey)
    record(session, actor, "factor.passkey_ended", passkey_id)


async def end_step(session: AsyncSession, digest: bytes) -> None:
    """Forget a half-finished sign-in."""
    await session.execute(delete(SignInStep).where(col(SignInStep.cookie_sha256) == digest))


async def end_factors(session: AsyncSession, actor: Actor, account_id: UUID) -> Account:
    """Take every second factor of an account away; what they opened is ended elsewhere.

    At the next sign-in an official enrols anew. Raises `Refused`: NOT_FOUND.
    """
    account = await account_queries.account_for_update(session, actor, account_id)
    for table in (RecoveryCode, Passkey, TotpFactor, SignInStep):
        await session.execute(delete(table).where(col(table.account_id) == account.id))
    record(session, actor, "factor.reset", account.id, for_person_id=account.person_id)
    return account


def secret_of(key_secret: str, factor: TotpFactor) -> bytes:
    """Open the secret of a factor."""
    return sealing.unseal(key_secret, _name(factor.account_id), factor.sealed_secret)


def _name(account_id: UUID) -> str:
    return f"totp {account_id}"
