"""`python -m shared.database.migrate <package> [revision | back]`: bring a database up to date.

`back` takes the newest migration away again. What only that migration's tables and columns hold is
lost with them, and everything else stays: a test goes back and up again on a filled database.
"""

import importlib.util
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config

from shared.settings import Settings


def configuration(package: str, url: str) -> Config:
    """Give Alembic's configuration for a package's history: `<package>/migrations/versions`."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"there is no package {package}")
    config = Config()
    config.set_main_option("package", package)
    config.set_main_option("script_location", str(Path(__file__).parent / "history"))
    versions = Path(spec.origin).parent / "migrations" / "versions"
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(versions))
    # Alembic reads the address through a format string.
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def main() -> None:
    """Move the package's database, as the owner that `ZHICHUANG_DATABASE_URL` names."""
    package = sys.argv[1]
    revision = sys.argv[2] if len(sys.argv) > 2 else "head"
    config = configuration(package, Settings().database_url)
    if revision == "back":
        command.downgrade(config, "-1")
    else:
        command.upgrade(config, revision)


if __name__ == "__main__":
    main()
