"""What the reading of the registry's rows adds: who handled a case, what objections raise, figures.

Nothing here waits for anybody: the new table is empty, policies are a handful of rows and
applications some thousands. The two indexes hold what is rare.
"""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import grant_app

revision: Final = "0021"
down_revision: Final = "0020"
branch_labels: Final = None
depends_on: Final = None

# squawk: adding-not-nullable-field — applications are some thousands: the scan takes milliseconds
# squawk: ban-drop-default — the default only fills the rows that are there; the model writes its own
# squawk: require-concurrent-index-creation — before the first release: no table that is live has many rows

NO_LIST: Final = sa.text("'[]'::jsonb")
# A policy that judges knows these figures; one that has them already, as new databases do, keeps
# its own. Figures that no rule has ever read are taken out: changing them changed nothing.
ADDED: Final = """
UPDATE policy_version
SET parameters = (parameters #- '{A118}' #- '{A131}')
  || jsonb_build_object(
       'X09', '{"reply_working_days": 5}'::jsonb || coalesce(parameters -> 'X09', '{}'),
       'A122', '{"step_working_days": {"formal_check": 5, "exception": 5, "form_panel": 10,
                 "expert_review": 20, "site_visit": 20, "recommendation": 10,
                 "objection": 10, "reject": 10, "approve": 5}}'::jsonb || coalesce(parameters -> 'A122', '{}'),
       'X17', '{"bars_sponsors": true, "bars_members": true}'::jsonb
              || coalesce(parameters -> 'X17', '{}'))
WHERE parameters <> '{}'::jsonb
"""
TAKEN_BACK: Final = """
UPDATE policy_version
SET parameters = (parameters #- '{X17}' #- '{A122}' #- '{X09,reply_working_days}')
  || '{"A118": {"pass_line": "60", "min_signatures": 2}, "A131": {"consecutive_years": 3}}'::jsonb
WHERE parameters <> '{}'::jsonb
"""


def _list(name: str) -> sa.Column[Any]:
    return sa.Column(name, postgresql.JSONB(), nullable=False, server_default=NO_LIST)


def upgrade() -> None:
    """Name who handled a case, keep questions and answers, find the uses that no fact tells."""
    op.add_column("public_notice", _list("handled_by"))
    op.alter_column("public_notice", "handled_by", server_default=None)
    op.create_table(
        "objection_inquiry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("objection_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_by_org_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL)",
            name=op.f("ck_objection_inquiry_answered_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["objection_id"],
            ["objection.id"],
            name=op.f("fk_objection_inquiry_objection_id_objection"),
        ),
        sa.ForeignKeyConstraint(
            ["center_id"], ["center.id"], name=op.f("fk_objection_inquiry_center_id_center")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_org_id"],
            ["organization.id"],
            name=op.f("fk_objection_inquiry_answered_by_org_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection_inquiry")),
    )
    op.create_index(
        "ix_objection_inquiry_objection_id", "objection_inquiry", ["objection_id", "id"]
    )
    op.create_index("ix_objection_inquiry_center_id", "objection_inquiry", ["center_id", "id"])
    op.create_index(
        "ix_resource_booking_untold",
        "resource_booking",
        ["id"],
        postgresql_where=sa.text("state = 'used' AND usage_fact_id IS NULL"),
    )
    since = sa.Column("state_since", sa.DateTime(timezone=True), nullable=True)
    op.add_column("application", since)
    op.execute("UPDATE application SET state_since = coalesce(submitted_at, created_at)")
    op.alter_column("application", "state_since", nullable=False)
    op.create_index(
        "ix_organization_dishonesty_until",
        "organization",
        ["dishonesty_until"],
        postgresql_where=sa.text("dishonesty_until IS NOT NULL"),
    )
    op.execute(ADDED)
    grant_app("registry")


def downgrade() -> None:
    """Take back what the upgrade added."""
    op.execute(TAKEN_BACK)
    op.drop_column("application", "state_since")
    op.drop_index("ix_organization_dishonesty_until", table_name="organization")
    op.drop_index("ix_resource_booking_untold", table_name="resource_booking")
    op.drop_table("objection_inquiry")
    op.drop_column("public_notice", "handled_by")
