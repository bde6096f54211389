"""The policy and the calendar become editable; the calendar goes into the feed."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.calendar import EXPECTED_DAYS
from shared.database import new_id
from shared.database.migrations import grant_app
from shared.events.tables import Audit, Event, EventPending

revision: Final = "0003"
down_revision: Final = "0002"
branch_labels: Final = None
depends_on: Final = None

SINCE: Final = datetime(2016, 1, 1, tzinfo=UTC)
NOBODY: Final = UUID("5a1d0b2e-0000-7000-8000-000000000000")
ADDED: Final = (
    sa.Column("revision", sa.Integer(), nullable=False, server_default="1"),
    sa.Column("drafted_by", sa.Uuid(), nullable=True),
    sa.Column("proposed_by", sa.Uuid(), nullable=True),
    sa.Column("approved_by", sa.Uuid(), nullable=True),
    sa.Column("reason", sa.String(), nullable=True),
)


def upgrade() -> None:
    """Add who drafts and decides, and announce the days that the registry began with."""
    for column in ADDED:
        op.add_column("policy_version", column.copy())
    op.alter_column("policy_version", "revision", server_default=None)
    op.create_table(
        "working_day_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column(
            "days", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)",
            name=op.f("ck_working_day_change_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "decided_by <> proposed_by", name=op.f("ck_working_day_change_decided_by_another")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_working_day_change")),
    )
    _announce()
    grant_app("registry")


def downgrade() -> None:
    """Take the change log of the calendar and the policy's drafting away."""
    op.drop_table("working_day_change")
    for column in reversed(ADDED):
        op.drop_column("policy_version", column.name)


def _announce() -> None:
    event_id, subject_id = new_id(), new_id()
    days = [
        {"day": day.isoformat(), "is_working": worked, "provisional": True}
        for day, worked in EXPECTED_DAYS.items()
    ]
    values = {
        "id": event_id,
        "type": "calendar.changed",
        "subject_id": subject_id,
        "data": {"person_id": str(NOBODY), "days": days},
        "recorded_at": SINCE,
    }
    table = _table(Event)
    # The sequence draws `seq`: a column without a value would be written as null.
    op.execute(sa.insert(Event).values({table.c[name]: value for name, value in values.items()}))
    op.bulk_insert(_table(EventPending), [{"event_id": event_id}])
    audit = {
        "id": new_id(),
        "event_id": event_id,
        "action": "calendar.changed",
        "subject_id": subject_id,
        "person_id": NOBODY,
        "client_id": "migration",
        "at": SINCE,
    }
    op.bulk_insert(_table(Audit), [audit])


def _table(model: Any) -> sa.Table:  # noqa: ANN401 - any table class
    table: sa.Table = model.__table__
    return table
