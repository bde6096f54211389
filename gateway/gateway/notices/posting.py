"""One letter over the network: by mail, or as a signed call. Whatever goes wrong is an outcome.

Nothing of an address or a letter is ever logged.
"""

import json
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from typing import Final
from uuid import UUID

import aiosmtplib
from aiosmtplib import SMTP, SMTPException, SMTPRecipientsRefused, SMTPResponseException

from gateway.notices import actions
from gateway.notices.actions import Outcome
from gateway.notices.rules import ChannelKind, LetterState
from gateway.notices.tables import Letter, NoticeChannel
from gateway.settings import GatewaySettings
from gateway.webhooks.rules import is_delivered
from gateway.webhooks.sending import Sender

SECONDS: Final = 20.0
# Answers to a command by which a server says that it will never take this letter.
NEVER: Final = range(500, 600)

Hand = Callable[[], Awaitable[bool]]


class AlreadyHanded(Exception):  # noqa: N818 - reads as what it is
    """Another worker is handing this letter over."""


@dataclass(frozen=True, slots=True)
class Call:
    """A letter as a signed call: its id is the id of the message, however often it is tried."""

    id: UUID
    event_id: UUID
    body: bytes


class Post:
    """Sends letters to where their channels point."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Read the settings; a connection is made for each letter."""
        self._settings = settings
        self._key_secret = settings.key_secret.get_secret_value()
        self._sender = Sender(settings.webhook_networks)

    async def close(self) -> None:
        """Close every connection."""
        await self._sender.close()

    async def send(self, letter: Letter, channel: NoticeChannel, hand: Hand) -> Outcome:
        """Try once; `hand` is called before the moment after which nobody can know."""
        address = actions.address_of(channel, self._key_secret)
        if channel.kind is ChannelKind.WEBHOOK:
            state = await self._call(letter, channel, address)
        else:
            state = await self._mail(letter, channel.language, address, hand)
        return Outcome(state, datetime.now(UTC))

    async def _call(self, letter: Letter, channel: NoticeChannel, address: str) -> LetterState:
        """Call; what is repeated bears the same id, by which its receiver knows it."""
        said = {
            "specversion": "1.0",
            "id": str(letter.id),
            "source": "/v1/me/notices",
            "type": "notice.code" if letter.is_code else "notice.told",
            "time": letter.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "data": {"subject": letter.subject, "text": letter.body.decode()},
        }
        body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        secret = actions.secret_of(channel, self._key_secret)
        outcome = await self._sender.send(address, Call(letter.id, letter.id, body), [secret])
        return LetterState.SENT if is_delivered(outcome.status) else LetterState.WAITING

    async def _mail(self, letter: Letter, language: str, address: str, hand: Hand) -> LetterState:
        message = message_of(letter, language, self._settings.smtp_from, address)
        handed = False
        client = self._client()
        try:
            await client.connect()
            await client.mail(self._settings.smtp_from)
            await client.rcpt(address)
            if not await hand():
                raise AlreadyHanded
            handed = True
            await client.data(message.as_bytes(policy=WIRE))
        except SMTPRecipientsRefused:
            return LetterState.DEAD
        except SMTPResponseException as error:
            # An answer is certain, also to the letter itself: it was not taken.
            return LetterState.DEAD if error.code in NEVER else LetterState.WAITING
        except (SMTPException, OSError, ssl.SSLError, ValueError):
            return LetterState.UNCERTAIN if handed else LetterState.WAITING
        finally:
            with suppress(Exception):
                await client.quit()
            client.close()
        return LetterState.SENT

    def _client(self) -> SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            use_tls=settings.smtp_security == "tls",
            start_tls=settings.smtp_security == "starttls",
            username=settings.smtp_user or None,
            password=settings.smtp_password.get_secret_value() or None,
            timeout=SECONDS,
        )


def message_of(letter: Letter, language: str, sender: str, address: str) -> EmailMessage:
    """Make the mail of a letter; its Message-ID is the letter's own, so that a copy shows."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = address
    message["Subject"] = letter.subject
    message["Date"] = letter.created_at
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    # Nobody's answering machine needs to answer.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body.decode())
    message["Content-Language"] = language
    return message
