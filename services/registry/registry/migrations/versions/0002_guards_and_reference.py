"""Guards that tables cannot say, the job queue, and the programme's reference data."""

from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from registry.programme import reference
from registry.programme.rules import CallState, PolicyState
from registry.programme.tables import (
    Call,
    CodeEntry,
    FieldEntry,
    PolicyVersion,
    WorkingDayOverride,
)
from shared.calendar import EXPECTED_DAYS
from shared.database import new_id
from shared.database.migrations import grant_app, install_job_queue
from shared.events.tables import Audit, Event, EventPending

revision: Final = "0002"
down_revision: Final = "0001"
branch_labels: Final = None
depends_on: Final = None

FEATURES: Final = ("centers", "memberships", "applications", "governance", "notices", "facts")
# The programme's own beginning: reference data is as old as the plan, whenever it is written.
SINCE: Final = datetime(2016, 1, 1, tzinfo=UTC)
NOBODY: Final = UUID("5a1d0b2e-0000-7000-8000-000000000000")


def upgrade() -> None:
    """Guard, then fill."""
    for statement in _guards("GUARDS"):
        op.execute(statement)
    install_job_queue()
    policy_id = _policies()
    _words()
    _announce(policy_id)
    grant_app("registry")


def downgrade() -> None:
    """Take the guards away and empty the reference tables."""
    for statement in _guards("GUARDS_DOWN"):
        op.execute(statement)
    for table in (Call, FieldEntry, CodeEntry, WorkingDayOverride, PolicyVersion):
        op.execute(sa.delete(table))


def _table(model: Any) -> sa.Table:  # noqa: ANN401 - any table class
    """Give the table of a model, which type checkers do not see."""
    table: sa.Table = model.__table__
    return table


def _guards(name: str) -> list[str]:
    """Collect the statements of the features that have some."""
    modules = [f"registry.{feature}.guards" for feature in FEATURES]
    found = [import_module(module) for module in modules if find_spec(module) is not None]
    return [statement for module in found for statement in getattr(module, name)]


def _policies() -> UUID:
    in_force, later = new_id(), new_id()
    rows = [
        {
            "id": in_force,
            "version": reference.POLICY_VERSION,
            "state": PolicyState.IN_FORCE,
            "title_zh": reference.POLICY_TITLES[0],
            "title_en": reference.POLICY_TITLES[1],
            "effective_from": reference.POLICY_EFFECTIVE_FROM,
            "supersedes_id": None,
            "legal_bases": reference.LEGAL_BASES,
            "clauses": reference.clauses(),
            "parameters": reference.PARAMETERS,
        },
        {
            "id": later,
            "version": reference.LATER_POLICY_VERSION,
            "state": PolicyState.TEXT_MISSING,
            "title_zh": reference.LATER_POLICY_TITLES[0],
            "title_en": reference.LATER_POLICY_TITLES[1],
            "effective_from": reference.LATER_POLICY_EFFECTIVE_FROM,
            "supersedes_id": in_force,
            "legal_bases": [],
            "clauses": {},
            "parameters": {},
        },
    ]
    # Only the columns of this revision: the model has grown since.
    known = _table(PolicyVersion).c
    columns = [sa.column(name, known[name].type) for name in rows[0]]
    op.bulk_insert(sa.table("policy_version", *columns), rows)
    return in_force


def _words() -> None:
    op.bulk_insert(_table(CodeEntry), list(reference.code_rows()))
    op.bulk_insert(
        _table(FieldEntry),
        [
            {
                "code": code,
                "version": 1,
                "name_zh": name_zh,
                "name_en": name_en,
                "plan_period": reference.FIELDS_PLAN_PERIOD,
                "active_from": reference.FIELDS_ACTIVE_FROM,
            }
            for code, name_zh, name_en in reference.FIELDS
        ],
    )
    op.bulk_insert(
        _table(WorkingDayOverride),
        [
            {"day": day, "is_working": worked, "provisional": True, "source": "expected"}
            for day, worked in EXPECTED_DAYS.items()
        ],
    )
    op.bulk_insert(
        _table(Call),
        [
            {
                "id": new_id(),
                "version": 1,
                "state": CallState.PUBLISHED,
                "title": reference.ROLLING_CALL_TITLES[0],
                "title_en": reference.ROLLING_CALL_TITLES[1],
                "field_codes": [],
                "soft_window": True,
                "strict_entity_age": False,
                "is_default": True,
                "materials": reference.rolling_materials(),
                "published_on": reference.POLICY_EFFECTIVE_FROM,
            }
        ],
    )


def _announce(policy_id: UUID) -> None:
    """Put the policy into the feed, so that the other services judge by it too."""
    event_id = new_id()
    content = {
        "person_id": str(NOBODY),
        "version": reference.POLICY_VERSION,
        "effective_from": reference.POLICY_EFFECTIVE_FROM.isoformat(),
        "effective_to": None,
        "clauses": reference.clauses(),
        "parameters": reference.PARAMETERS,
    }
    # The sequence draws `seq`: a column without a value would be written as null.
    columns = [column for column in _table(Event).c if column.name not in {"seq", "center_id"}]
    values = {
        "id": event_id,
        "type": "policy.published",
        "subject_id": policy_id,
        "data": content,
        "recorded_at": SINCE,
    }
    op.execute(sa.insert(Event).values({column: values[column.name] for column in columns}))
    op.bulk_insert(_table(EventPending), [{"event_id": event_id}])
    op.bulk_insert(
        _table(Audit),
        [
            {
                "id": new_id(),
                "event_id": event_id,
                "action": "policy.published",
                "subject_id": policy_id,
                "person_id": NOBODY,
                "client_id": "migration",
                "at": SINCE,
            }
        ],
    )
