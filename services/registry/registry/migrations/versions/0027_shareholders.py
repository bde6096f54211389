"""Votes of shareholders who are no members of the centre, organizations and people."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0027"
down_revision: Final = "0026"
branch_labels: Final = None
depends_on: Final = None

# squawk: adding-required-field — the column has a default
# squawk: adding-serial-primary-key-field — before the first release: no table that is live has many rows
# squawk: ban-drop-not-null — a person's votes name no organization
# squawk: constraint-missing-not-valid — before the first release: no table that is live has many rows
# squawk: disallowed-unique-constraint — before the first release: no table that is live has many rows
# squawk: ban-drop-constraint — the key moves to `id`, and what it kept is kept by a constraint of its own
# squawk: ban-drop-column — taken back, the votes of people have no place


def upgrade() -> None:
    """Let a vote be a person's, and say that it rests on a share of the legal person."""
    op.add_column("voting_right", sa.Column("holder_person_id", sa.Uuid(), nullable=True))
    op.add_column(
        "voting_right",
        sa.Column("as_shareholder", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )
    op.drop_constraint(op.f("pk_voting_right"), "voting_right", type_="primary")
    op.drop_constraint(op.f("uq_voting_right_id"), "voting_right", type_="unique")
    op.create_primary_key(op.f("pk_voting_right"), "voting_right", ["id"])
    op.alter_column("voting_right", "holder_org_id", nullable=True)
    for name, holder in (("org", "holder_org_id"), ("person", "holder_person_id")):
        op.create_unique_constraint(
            f"uq_voting_right_{name}", "voting_right", ["center_id", "organ", holder]
        )
    op.create_check_constraint(
        op.f("ck_voting_right_one_holder"),
        "voting_right",
        "num_nonnulls(holder_org_id, holder_person_id) = 1",
    )
    op.create_check_constraint(
        op.f("ck_voting_right_people_hold_shares"),
        "voting_right",
        "holder_person_id IS NULL OR as_shareholder",
    )


def downgrade() -> None:
    """Take back what the upgrade added; the votes of people stay in their voting tables alone."""
    op.drop_constraint(op.f("ck_voting_right_people_hold_shares"), "voting_right", type_="check")
    op.drop_constraint(op.f("ck_voting_right_one_holder"), "voting_right", type_="check")
    op.execute("DELETE FROM voting_right WHERE holder_org_id IS NULL")
    for name in ("person", "org"):
        op.drop_constraint(f"uq_voting_right_{name}", "voting_right", type_="unique")
    op.drop_constraint(op.f("pk_voting_right"), "voting_right", type_="primary")
    op.alter_column("voting_right", "holder_org_id", nullable=False)
    op.create_primary_key(
        op.f("pk_voting_right"), "voting_right", ["center_id", "organ", "holder_org_id"]
    )
    op.create_unique_constraint(op.f("uq_voting_right_id"), "voting_right", ["id"])
    op.drop_column("voting_right", "as_shareholder")
    op.drop_column("voting_right", "holder_person_id")
