"""A streaming replica of an embedded server."""

import shutil
import subprocess
import time

from zhichuang.cluster import ADMIN, PREPARED, environment, program
from zhichuang.postgres import PostgreSQL

NAME = "replica"


def follow(primary: PostgreSQL, replica: PostgreSQL, *, synchronous: bool = True) -> None:
    """Make `replica` a copy of a running server and start it; it follows from then on."""
    replica.folder.mkdir(mode=0o711, parents=True)
    source = (
        f"host={primary.socket_folder} port=5432 user={ADMIN}"
        f" password={primary.password(ADMIN)} application_name={NAME}"
    )
    subprocess.run(
        [str(program("pg_basebackup")), "--pgdata", str(replica.data), "--dbname", source,
         "--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast"],
        env=environment(), cwd="/", check=True, capture_output=True,
    )  # fmt: skip
    shutil.copy(primary.folder / "logins.json", replica.folder / "logins.json")
    (replica.folder / PREPARED).touch()
    replica.start()
    if not synchronous:
        return
    primary.execute(f"ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 ({NAME})'")
    primary.execute("SELECT pg_reload_conf()")
    asked = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'"
    until = time.monotonic() + 60
    while primary.execute(asked).strip() != "1":
        assert time.monotonic() < until, "the replica never became synchronous"
        time.sleep(0.1)
