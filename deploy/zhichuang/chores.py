"""`zhichuang housekeeping`: the last runs of each chore, as the services list them."""

import sys
from typing import Final

from zhichuang.backups.making import running
from zhichuang.backups.manifest import BackupError
from zhichuang.cluster import SERVICES, PostgresError
from zhichuang.up import home_folder

_LAST: Final = """
SELECT format('%-10s %-20s %s  %8s  %s', {service}, chore,
              to_char(max(ended_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
              (array_agg(rows ORDER BY ended_at DESC))[1],
              coalesce((array_agg(problem ORDER BY ended_at DESC))[1], 'done'))
FROM housekeeping_run GROUP BY chore ORDER BY chore"""


def main() -> int:
    """Print a line for each chore: service, chore, when, rows, and what became of it."""
    try:
        with running(home_folder()) as server:
            for service in SERVICES:
                sys.stdout.write(
                    server.execute(_LAST.format(service=f"'{service}'"), database=service)
                )
    except (BackupError, PostgresError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    return 0
