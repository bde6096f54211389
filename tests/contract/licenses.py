"""Under which licenses the packages of the locks come."""

import importlib.metadata
import re
from email.message import Message
from email.parser import HeaderParser
from typing import Final

from packaging.requirements import Requirement

from tests.contract.step import LOCKS, ROOT, Context

_COPYLEFT: Final = re.compile(r"\bA?GPL|GNU (Affero )?General Public", re.IGNORECASE)
_LESSER: Final = re.compile(r"\bLGPL|Lesser General Public|Library General Public", re.IGNORECASE)
LESSER_ALLOWED: Final = {
    "python-stdnum": "used unchanged, as a library that anyone can replace by pip",
    "yattag": "comes with Cosmic Ray, which changes rules in tests and is in no product",
}
# Packages that state their license in a file only; read by a person, with the version's major.
STATED_IN_A_FILE: Final[dict[str, str]] = {
    "axe-playwright-python": "MIT License; Mozilla Public License 2.0 (axe-core)",  # 0.1
}


def ask(_context: Context) -> list[str]:
    """Name every package whose license is unknown or may not be combined with ours."""
    faults = []
    for name in _locked():
        try:
            text = importlib.metadata.distribution(name).read_text("METADATA") or ""
        except importlib.metadata.PackageNotFoundError:
            continue  # For another platform.
        words = _license_of(HeaderParser().parsestr(text)) or STATED_IN_A_FILE.get(name, "")
        lesser = _LESSER.search(words)
        if not words:
            faults.append(f"{name} states no license")
        elif _COPYLEFT.search(_LESSER.sub("", words)) and not _has_a_choice(words):
            faults.append(f"{name} is under {words}")
        elif lesser and name not in LESSER_ALLOWED and not _has_a_choice(words):
            faults.append(f"{name} is under {words}, and nothing says why that is acceptable")
    return faults


def _locked() -> list[str]:
    lines = {line for lock in LOCKS for line in (ROOT / lock).read_text().splitlines()}
    pins = {line.rstrip(" \\") for line in lines if re.match(r"[a-z0-9][\w.-]*==", line)}
    return sorted({Requirement(pin).name for pin in pins})


def _license_of(metadata: Message) -> str:
    """Return the license expression, else the classifiers, else the first line of the field."""
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression)
    classifiers = metadata.get_all("Classifier") or []
    named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License ::")]
    if named:
        return "; ".join(named)
    return (metadata.get("License") or "").strip().split("\n", 1)[0]


def _has_a_choice(words: str) -> bool:
    """Whether one of several alternatives is permissive, so that we take that one."""
    choices = re.split(r"\s+OR\s+", words.strip("()"))
    return any(not _COPYLEFT.search(choice) and not _LESSER.search(choice) for choice in choices)
