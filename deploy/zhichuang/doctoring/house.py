"""What can be seen without a database: the folder, its disks, ports, keys, and who answers."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from shared.settings import SAMPLE_SECRET
from zhichuang.doctoring import rules
from zhichuang.doctoring.databases import Place
from zhichuang.doctoring.rules import Finding, wrong
from zhichuang.postgres import SERVICES, PostgreSQL
from zhichuang.processes import HOST, answers_ready, is_free, why_not_ready
from zhichuang.up import gateway_port, running_url

_ADDRESS: Final = "ZHICHUANG_DATABASE_URL"


@dataclass
class House:
    """What is to be looked at, and what was found before any database was asked."""

    places: list[Place] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def of_environment(environment: Mapping[str, str]) -> House:
    """Look at one process's surroundings, as a server or a container tells them."""
    address = environment[_ADDRESS]
    told = environment.get("ZHICHUANG_CLIENT_ID", "").replace("-", "_")
    package = told if told in SERVICES else _package_of(address)
    house = House([Place(package, address, environment)])
    secret = environment.get("ZHICHUANG_SECRET", SAMPLE_SECRET)
    if secret == SAMPLE_SECRET and environment.get("ZHICHUANG_SANDBOX") != "1":
        house.findings.append(wrong("DEFAULT_SECRET"))
    files = Path(environment.get("ZHICHUANG_FILES") or "files").resolve()
    house.findings += _disks([files])
    return house


def of_folder(home: Path) -> House:
    """Look at a data folder: that of a running stack, or of one that was stopped or never was."""
    house = House()
    server = PostgreSQL(home / "postgres")
    archive = home / "postgres" / "archive"
    house.findings += _disks([home, *([Path(archive.read_text())] if archive.exists() else [])])
    house.findings += _doors(home)
    if not (server.data / "PG_VERSION").exists():
        house.findings.append(wrong("NO_DATA", home=home))
        return house
    server.attach()
    told = _secrets(home) | {"ZHICHUANG_FILES": str(home / "files")}
    environment = {**os.environ, **told}
    house.places = [
        Place(package, server.dsn(package, driver="postgresql"), environment)
        for package in SERVICES
    ]
    return house


def _package_of(address: str) -> str:
    name = address.partition("?")[0].rpartition("/")[2]
    return next((one for one in SERVICES if name.startswith(one)), SERVICES[0])


def _secrets(home: Path) -> dict[str, str]:
    try:
        kept: dict[str, Any] = json.loads((home / "secrets.json").read_text())
    except (OSError, ValueError):
        return {}
    names = {"data_keys": "ZHICHUANG_DATA_KEYS", "data_key": "ZHICHUANG_DATA_KEY"}
    return {variable: str(kept[name]) for name, variable in names.items() if name in kept}


def _disks(folders: list[Path]) -> Iterator[Finding]:
    seen: set[int] = set()
    for folder in folders:
        there = next(one for one in (folder, *folder.parents) if one.exists())
        device = there.stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        usage = shutil.disk_usage(there)
        yield from rules.disk(str(there), usage.free, usage.total)


def _doors(home: Path) -> Iterator[Finding]:
    """Ask the running gateway, or see whether one could be started."""
    url = running_url(home)
    if url is None:
        port = gateway_port()
        if not is_free(port):
            yield wrong("PORT_TAKEN", port=port, other=port + 100)
        return
    port = int(url.rpartition(":")[2])
    if not answers_ready(port):
        reason = why_not_ready(port).strip() or f"{HOST}:{port}"
        yield wrong("NOT_READY", service="gateway", url=url, reason=reason[:200])
