"""${message}."""
<%
package = config.get_main_option("package")
# What every service has and no table says stands in its first migration.
helpers = "grant_app" if down_revision else "grant_app, install_job_queue"
%>
from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations import ${helpers}
${imports if imports else ""}

revision: Final = ${repr(up_revision)}
down_revision: Final = ${repr(down_revision)}
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
% if not down_revision:
    # Alembic does not write sequences.
    op.execute(sa.schema.CreateSequence(sa.Sequence("event_seq", data_type=sa.BigInteger())))
% endif
    ${upgrades if upgrades else "pass"}
% if not down_revision:
    install_job_queue()
% endif
    grant_app("${package}")


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
