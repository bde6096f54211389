"""Who made an asset on two clocks, and changes of it."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from ip_ledger.assets import input_guards, inventor_guards
from shared.database import InstantColumn
from shared.database.migrations import grant_app

revision: Final = "0022"
down_revision: Final = "0021"
branch_labels: Final = None
depends_on: Final = None

# squawk: ban-drop-column — the list's version names its asset from now on
# squawk: adding-not-nullable-field — filled just before; an asset has a handful of inventors
# squawk: adding-serial-primary-key-field — an asset has a handful of inventors
# squawk: ban-drop-constraint — the key moves from the asset to the version of its list
# squawk: constraint-missing-not-valid — an asset has a handful of inventors
# squawk: adding-foreign-key-constraint — an asset has a handful of inventors
# squawk: disallowed-unique-constraint — an asset has a handful of inventors


def upgrade() -> None:
    """Keep lists of inventors by the days for which they hold and since when that is known."""
    op.create_table(
        "inventor_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("inventors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("evidence_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("notice_no", sa.String(), nullable=True),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("base_number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_by_org_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", InstantColumn(), nullable=False),
        sa.CheckConstraint(
            "(approved_on IS NULL) = (notice_no IS NULL)", name=op.f("ck_inventor_change_office")
        ),
        sa.CheckConstraint(
            "(state = 'effective') = (version_id IS NOT NULL)",
            name=op.f("ck_inventor_change_effective"),
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["ip_asset.id"], name=op.f("fk_inventor_change_asset_id_ip_asset")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventor_change")),
    )
    op.create_index("ix_inventor_change_asset_id", "inventor_change", ["asset_id"])
    op.create_table(
        "inventor_consent",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("given_at", InstantColumn(), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id"],
            ["inventor_change.id"],
            name=op.f("fk_inventor_consent_change_id_inventor_change"),
        ),
        sa.PrimaryKeyConstraint("change_id", "org_id", name=op.f("pk_inventor_consent")),
        info={"insert_only": True},
    )
    op.create_table(
        "inventor_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("valid_during", postgresql.DATERANGE(), nullable=False),
        sa.Column("known_during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["ip_asset.id"], name=op.f("fk_inventor_version_asset_id_ip_asset")
        ),
        sa.ForeignKeyConstraint(
            ["change_id"],
            ["inventor_change.id"],
            name=op.f("fk_inventor_version_change_id_inventor_change"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventor_version")),
        sa.UniqueConstraint("asset_id", "number", name=op.f("uq_inventor_version_asset_id_number")),
        info={"insert_only": True, "closing": ("known_during",)},
    )
    _fill()
    for statement in inventor_guards.UP:
        op.execute(statement)
    grant_app("ip_ledger")


def _fill() -> None:
    """Give each asset's inventors their first list; it holds from the beginning.

    A person that stood twice has one part from now on.
    """
    op.execute(
        """
        UPDATE asset_inventor i SET share_ppm = s.total
          FROM (SELECT asset_id, person_id, min(place) AS place, sum(share_ppm) AS total
                  FROM asset_inventor GROUP BY 1, 2 HAVING count(*) > 1) AS s
         WHERE (i.asset_id, i.person_id, i.place) = (s.asset_id, s.person_id, s.place)
        """
    )
    op.execute(
        """
        DELETE FROM asset_inventor i USING asset_inventor f
         WHERE f.asset_id = i.asset_id AND f.person_id = i.person_id AND f.place < i.place
        """
    )
    op.execute(
        """
        INSERT INTO inventor_version (id, asset_id, number, valid_during, known_during, cause,
                                      recorded_by)
        SELECT uuidv7(), a.id, 1, '(,)', tstzrange(a.recorded_at, NULL), 'carried_over',
               a.recorded_by
          FROM ip_asset a WHERE EXISTS (SELECT FROM asset_inventor i WHERE i.asset_id = a.id)
        """
    )
    op.add_column("asset_inventor", sa.Column("version_id", sa.Uuid(), nullable=True))
    op.execute(
        """
        UPDATE asset_inventor i SET version_id = v.id
          FROM inventor_version v WHERE v.asset_id = i.asset_id
        """
    )
    op.alter_column("asset_inventor", "version_id", nullable=False)
    op.drop_constraint(op.f("pk_asset_inventor"), "asset_inventor", type_="primary")
    op.drop_constraint(
        op.f("fk_asset_inventor_asset_id_ip_asset"), "asset_inventor", type_="foreignkey"
    )
    op.drop_column("asset_inventor", "asset_id")
    op.create_primary_key(op.f("pk_asset_inventor"), "asset_inventor", ["version_id", "place"])
    op.create_unique_constraint(
        op.f("uq_asset_inventor_version_id_person_id"),
        "asset_inventor",
        ["version_id", "person_id"],
    )
    op.create_foreign_key(
        op.f("fk_asset_inventor_version_id_inventor_version"),
        "asset_inventor", "inventor_version", ["version_id"], ["id"],
    )  # fmt: skip


def downgrade() -> None:
    """Keep of each asset the list that is known now for the last days."""
    for statement in inventor_guards.DOWN:
        op.execute(statement)
    op.execute("DROP TRIGGER asset_inventor_whole ON asset_inventor")
    op.execute("DROP FUNCTION asset_inventor_whole()")
    op.execute(
        """
        DELETE FROM asset_inventor i USING inventor_version v WHERE v.id = i.version_id
           AND NOT (upper_inf(v.known_during) AND upper_inf(v.valid_during))
        """
    )
    op.add_column("asset_inventor", sa.Column("asset_id", sa.Uuid(), nullable=True))
    op.execute(
        """
        UPDATE asset_inventor i SET asset_id = v.asset_id
          FROM inventor_version v WHERE v.id = i.version_id
        """
    )
    op.alter_column("asset_inventor", "asset_id", nullable=False)
    op.drop_constraint(
        op.f("fk_asset_inventor_version_id_inventor_version"), "asset_inventor", type_="foreignkey"
    )
    op.drop_constraint(
        op.f("uq_asset_inventor_version_id_person_id"), "asset_inventor", type_="unique"
    )
    op.drop_constraint(op.f("pk_asset_inventor"), "asset_inventor", type_="primary")
    op.drop_column("asset_inventor", "version_id")
    op.create_primary_key(op.f("pk_asset_inventor"), "asset_inventor", ["asset_id", "place"])
    op.create_foreign_key(
        op.f("fk_asset_inventor_asset_id_ip_asset"),
        "asset_inventor", "ip_asset", ["asset_id"], ["id"],
    )  # fmt: skip
    for statement in input_guards.UP[-2:]:
        op.execute(statement)
    op.drop_table("inventor_version")
    op.drop_table("inventor_consent")
    op.drop_index("ix_inventor_change_asset_id", table_name="inventor_change")
    op.drop_table("inventor_change")
