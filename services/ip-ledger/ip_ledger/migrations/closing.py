"""The one change of an insert-only table that the application may make."""

from alembic import op
from sqlalchemy import text

from ip_ledger.assets.guards import CLOSING_COLUMN


def grant_closing() -> None:
    """Let the application end the belief in an ownership version, and change nothing else of it.

    Taking a table's right to update away takes its columns' rights away as well, so that this
    follows every `grant_app`.
    """
    bind = op.get_bind()
    owner = str(bind.scalar(text("SELECT current_user")))
    app = f"{owner.removesuffix('_owner')}_app"
    if bind.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :app"), {"app": app}):
        table, column = CLOSING_COLUMN
        bind.execute(text(f'GRANT UPDATE ("{column}") ON "{table}" TO "{app}"'))
