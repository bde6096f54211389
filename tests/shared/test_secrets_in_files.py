"""Secrets may come as files, as an orchestrator mounts them; the environment wins."""

import os
import subprocess
import sys
from pathlib import Path

SHOW = (
    "from shared.settings import Settings; s = Settings();"
    "print(s.client_secret.get_secret_value(), s.secret.get_secret_value(), repr(s.secret))"
)


def shown(**settings: str) -> list[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHICHUANG_")}
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        env=kept | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_a_secret_is_read_from_its_file_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "ZHICHUANG_CLIENT_SECRET").write_text("of-the-file\n")
    (tmp_path / "zhichuang_secret").write_text("of-the-file-too")
    told = shown(ZHICHUANG_SECRETS=str(tmp_path), ZHICHUANG_SECRET="of-the-environment")
    assert told == ["of-the-file", "of-the-environment", "SecretStr('**********')"]
