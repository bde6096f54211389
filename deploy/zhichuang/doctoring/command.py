"""The command: looks, tells, and gives the exit status: 0 well, 1 something is wrong."""

import os
import sys

from zhichuang.doctoring import databases, house
from zhichuang.doctoring.rules import Finding, Level
from zhichuang.doctoring.words import ALL_WELL, LANGUAGES, WORDS, said
from zhichuang.postgres import PostgresError
from zhichuang.processes import ProcessError
from zhichuang.up import home_folder


def main(language: str | None) -> int:
    """Look at everything; tell in a language, or in the terminal's own."""
    language = language or ("zh" if os.environ.get("LANG", "").startswith("zh") else "en")
    if language not in LANGUAGES:
        print(f"--language is one of {', '.join(LANGUAGES)}.", file=sys.stderr)
        return 2
    try:
        findings = examine()
    except (PostgresError, ProcessError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 2
    for finding in sorted(findings, key=lambda one: one.level is not Level.WRONG):
        mark = "✗" if finding.level is Level.WRONG else "!"
        print(f"{mark} {finding.code}  {said(finding.code, language, **finding.figures)}")
    if not findings:
        print("✓ " + ALL_WELL[LANGUAGES.index(language)].format(count=len(WORDS)))
    return 1 if any(finding.level is Level.WRONG for finding in findings) else 0


def examine() -> list[Finding]:
    """Find what is wrong with what the environment names, or with the data folder."""
    if os.environ.get("ZHICHUANG_DATABASE_URL"):
        looked = house.of_environment(os.environ)
    else:
        looked = house.of_folder(home_folder())
    findings = list(looked.findings)
    for place in looked.places:
        # What is found of several databases alike is told once.
        findings += [one for one in databases.look(place) if one not in findings]
    return findings
