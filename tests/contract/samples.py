"""Every sample that a reader may copy, run as it stands against the running stack."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.portal import guides
from tests.contract.step import ROOT, Context

BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SECONDS: Final = 60
# Failing calls must fail the sample: curl says nothing of a 4xx unless it is told to.
CURL: Final = 'curl() { command curl --fail-with-body --show-error "$@"; }\n'
README: Final = "## A first call"


@dataclass(frozen=True, slots=True)
class Sample:
    """A block of a guide: where it stands, its language, and its text."""

    place: str
    language: str
    text: str


def ask(context: Context) -> list[str]:
    """Run each sample as company M01's program."""
    credential = context.stack.credentials["m01"]
    given = {
        "CLIENT_ID": credential["client_id"],
        "CLIENT_SECRET": credential["client_secret"],
        "TOKEN": context.token("m01"),
    }
    return [fault for sample in _samples() for fault in _run(sample, context, given)]


def _samples() -> Iterator[Sample]:
    for name in guides.GUIDES:
        # Both languages have the same calls; a test of the portal sees to that.
        for number, (language, text) in enumerate(BLOCK.findall(guides.source(name, "en")), 1):
            yield Sample(f"guides/{name} {number}", language, text)
    first = (ROOT / "README.md").read_text(encoding="utf-8").partition(README)[2]
    yield Sample("README, first call", "bash", BLOCK.findall(first)[0][1])


def _run(sample: Sample, context: Context, given: Mapping[str, str]) -> list[str]:
    program = _program(sample)
    if program is None:
        return []
    text = sample.text.replace(guides.ADDRESS, context.stack.url)
    text = text.replace(".zhichuang/credentials.json", str(context.stack.home / "credentials.json"))
    if sample.language == "bash":
        text = f"set -euo pipefail\n{CURL}{text}"
    done = subprocess.run(
        [*program, text], env={**os.environ, **given}, cwd=context.folder, capture_output=True,
        text=True, check=False, timeout=SECONDS,
    )  # fmt: skip
    if done.returncode == 0 and done.stdout.strip():
        return []
    return [f"{sample.place}: {(done.stderr or done.stdout or 'it prints nothing')[-1500:]}"]


def _program(sample: Sample) -> list[str] | None:
    """Name what runs a sample; TypeScript without types is JavaScript, and waits for a Node."""
    node = shutil.which("node")
    programs = {
        "bash": ["bash", "-c"],
        "python": [sys.executable, "-c"],
        "typescript": [node, "--input-type=module", "-e"] if node else None,
    }
    return programs[sample.language]
