"""An application came to its end: its panel is asked for nothing more, and holds nobody back."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.panels.tables import EndedApplication
from shared.events import Handler, ReceivedEvent

# The registry's words for the ends that leave a review where it stood.
ENDS: Final = ("rejected", "withdrawn", "expired")


async def on_ended(session: AsyncSession, event: ReceivedEvent) -> None:
    """Keep that an application ended, and how; its panel may be formed later than this is heard."""
    row = {
        "application_id": event.subject,
        "center_id": event.center_id,
        "state": event.type.rpartition(".")[2],
        "ended_at": event.time,
    }
    await session.execute(insert(EndedApplication).values(row).on_conflict_do_nothing())


CONSUMES: Final[Mapping[str, Handler]] = {f"application.{end}": on_ended for end in ENDS}
