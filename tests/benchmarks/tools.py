"""The programs that make load, and what they print: wrk and pgbench."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from zhichuang.postgres import program

_SPARE_SECONDS: Final = 60.0
_MILLISECONDS: Final = {"us": 0.001, "ms": 1.0, "s": 1_000.0, "m": 60_000.0}


class BenchmarkError(Exception):
    """A turn did not do what it says; no figure may come of it."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a load generator saw."""

    operations: int
    seconds: float
    p50_ms: float
    p99_ms: float


def missing(*names: str) -> list[str]:
    """Name the programs that this machine does not have."""
    return [name for name in names if find(name) is None]


def find(name: str) -> str | None:
    """Find a program, also where Debian keeps servers, which is not on everybody's path."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def wrk(
    url: str,
    seconds: float,
    connections: int,
    headers: Mapping[str, str],
    script: Sequence[str] = (),
) -> Load:
    """Ask one address over kept connections; raise unless every answer was a good one."""
    command = [
        find("wrk") or "wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s",
        "--latency", "--timeout", "10s",
        *(word for name, value in headers.items() for word in ("-H", f"{name}: {value}")),
        *(["-s", script[0]] if script else []), url, *(["--", *script[1:]] if script else []),
    ]  # fmt: skip
    return read_wrk(_run(command, seconds))


def read_wrk(output: str) -> Load:
    """Read what wrk printed."""
    if failed := re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: .*", output):
        raise BenchmarkError(f"some requests failed: {failed[0]}")
    requests = re.search(r"^\s*(\d+) requests in ([\d.]+\w+),", output, re.MULTILINE)
    if requests is None:
        raise BenchmarkError(f"wrk said nothing of requests:\n{output}")
    # At the start of a line: `50%` would also match the column `Stdev`.
    found = dict(re.findall(r"^\s+(50|99)%\s+(\S+)\s*$", output, re.MULTILINE))
    seconds = _milliseconds(requests[2]) / 1000
    return Load(int(requests[1]), seconds, _milliseconds(found["50"]), _milliseconds(found["99"]))


def _milliseconds(text: str) -> float:
    match = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text)
    return float(match[1]) * _MILLISECONDS[match[2]] if match else 0.0


def pgbench(
    dsn: str, seconds: float, clients: int, folder: Path, options: Sequence[str] = ()
) -> Load:
    """Run prepared statements from so many clients; raise unless every transaction went through."""
    prefix = folder / "pgbench"
    for old in folder.glob("pgbench.*"):
        old.unlink()
    output = _run(
        [
            str(program("pgbench")), "--no-vacuum", "--protocol=prepared", "--jobs=1",
            f"--client={clients}", f"--time={max(1, round(seconds))}",
            "--log", f"--log-prefix={prefix}", *options,
        ],
        seconds,
        libpq(dsn),
    )  # fmt: skip
    count = re.search(r"number of transactions actually processed: (\d+)", output)
    failed = re.search(r"number of failed transactions: (\d+)", output)
    rate = re.search(r"tps = ([\d.]+)", output)
    if count is None or rate is None or (failed is not None and failed[1] != "0"):
        raise BenchmarkError(f"pgbench failed:\n{output}")
    times = sorted(
        int(line.split()[2])
        for log in folder.glob("pgbench.*")
        for line in log.read_text().splitlines()
    )
    done = int(count[1])
    return Load(
        done,
        done / float(rate[1]),
        percentile(times, 0.5) / 1000,
        percentile(times, 0.99) / 1000,
    )


def pgbench_setup(dsn: str, options: Sequence[str]) -> None:
    """Run pgbench to prepare something, such as its own tables."""
    _run([str(program("pgbench")), *options], _SPARE_SECONDS, libpq(dsn))


def psql(dsn: str, *files: Path) -> None:
    """Run files of SQL."""
    words = [word for file in files for word in ("-f", str(file))]
    _run([str(program("psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1", *words], 60.0, libpq(dsn))


def percentile(ordered: Sequence[float], part: float) -> float:
    """Give a percentile of ordered values; zero where there is none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def libpq(dsn: str) -> dict[str, str]:
    """Give an address as libpq's environment, so that no password stands on a command line."""
    address = urlsplit(dsn)
    query = parse_qs(address.query)
    return {
        "PGUSER": address.username or "",
        "PGPASSWORD": unquote(address.password or ""),
        "PGDATABASE": address.path.lstrip("/"),
        "PGHOST": query["host"][0],
        "PGPORT": query["port"][0],
    }


def _run(
    command: Sequence[str], seconds: float, environment: Mapping[str, str] | None = None
) -> str:
    try:
        done = subprocess.run(
            command, env={**os.environ, **(environment or {})}, capture_output=True, text=True,
            timeout=seconds + _SPARE_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise BenchmarkError(f"{Path(command[0]).name} did not end in time") from None
    if done.returncode != 0:
        raise BenchmarkError(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
