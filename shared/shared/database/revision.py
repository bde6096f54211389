"""`python -m shared.database.revision <package> <id> <message>`: write a migration from the tables.

Starts a server of its own, brings it to the newest revision, and lets Alembic compare. A draft:
read it, and take out what it says about what you did not mean.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from shared.database.migrate import configuration


def main() -> None:
    """Write `<package>/migrations/versions/<id>_<message>.py`."""
    from zhichuang.postgres import PostgreSQL

    package, revision, message = sys.argv[1], sys.argv[2], " ".join(sys.argv[3:]).capitalize()
    with tempfile.TemporaryDirectory() as folder, PostgreSQL(Path(folder) / "pg") as server:
        config = configuration(package, server.dsn(package, "owner"))
        versions = Path(str(config.get_main_option("version_locations")))
        versions.mkdir(parents=True, exist_ok=True)
        if any(versions.glob("*.py")):
            command.upgrade(config, "head")
        made = command.revision(config, message=message, autogenerate=True, rev_id=revision)
    path = getattr(made, "path", None)
    if path:
        ruff = [sys.executable, "-m", "ruff"]
        for way in (["format", "-q"], ["check", "-q", "--fix"], ["format", "-q"]):
            subprocess.run([*ruff, *way, path], check=False)  # noqa: S603 - our own tool
        print(path)  # noqa: T201 - a tool for the terminal


if __name__ == "__main__":
    main()
