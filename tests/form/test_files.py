"""What no file of the project may hold, and how long things may grow."""

import ast
import itertools
import re

from tests.form.source import ROOT, listed, modules, project_files

TEXTS = (".py", ".md", ".toml", ".lock", ".json", ".yaml", ".yml", ".cfg", ".ini", ".sh", "")
INDEX = re.compile(r"--(?:extra-)?index[-]url|--find[-]links|/simple/?[\"']?$", re.MULTILINE)
# Bracketed letters, so that this file is no match of its own.
MACHINE = re.compile(r"/roo[t]/|/wor[k]/|/hom[e]/[a-z]+/")
LEFT_OVER = re.compile(r"#.*\b(TOD[O]|FIXM[E]|XX[X])\b")
LONGEST_FILE = 500
# It ships alone, in every bundle: whoever receives it reads one file and no more.
SHIPS_ALONE = {"verifier.py"}
LONGEST_FUNCTION = 70


def found(pattern: re.Pattern[str], *suffixes: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1} {match[0]}"
        for path in project_files(*suffixes)
        if (text := path.read_text(errors="replace"))
        for match in pattern.finditer(text)
    ]


def test_no_file_names_a_package_index() -> None:
    allowed = "deploy/lock.py"  # It looks for just that in the locks.
    faults = [place for place in found(INDEX, *TEXTS) if not place.startswith(allowed)]
    assert not faults, listed(faults)


def test_no_file_names_a_path_of_one_machine() -> None:
    faults = found(MACHINE, *TEXTS)
    assert not faults, listed(faults)


def test_nothing_is_left_for_later_in_a_comment() -> None:
    faults = found(LEFT_OVER, ".py")
    assert not faults, listed(faults)


def test_no_module_outgrows_one_subject() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in project_files(".py")
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE
        and path.name not in SHIPS_ALONE
        and "migrations" not in path.parts
    ]
    assert not long, listed(long)


def test_a_function_fits_a_screen() -> None:
    long = [
        f"{module.at(node)} {node.name}: {length} lines"
        for module in modules()
        if "migrations" not in module.path.parts
        for node in module.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert not long, listed(long)


def test_every_suppression_says_why() -> None:
    """A reason stands after the code, or in a comment on the line above."""
    faults = []
    for module in modules():
        lines = ["", *module.text.splitlines()]
        for number, (above, line) in enumerate(itertools.pairwise(lines), 1):
            comment = re.search(r"#\s*(?:noqa|type: ignore)\b(.*)", line)
            if comment is None or "migrations" in module.path.parts:
                continue
            reason = re.search(r"[\w\]]\s+[-#]\s*\S|\]\s+\S", comment[1])
            if reason is None and not above.lstrip().startswith("#") and line.count("#") == 1:
                faults.append(f"{module.name}:{number} {line.strip()}")
    assert not faults, listed(faults)
