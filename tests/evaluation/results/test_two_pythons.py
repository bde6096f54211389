"""The same snapshots under another version of Python come to the same hashes, rows in any order.

The product computes here; the offline program recomputes under the other version, which is the
first of `ZHICHUANG_OTHER_PYTHON` and those on the path that has the filters' library.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from evaluation.results import rules
from evaluation.schemes.rules import canonical
from tests.evaluation.results.random_years import random_year
from tests.evaluation.results.test_recomputing import bundle_of

CASES = int(os.environ.get("ZHICHUANG_CASES", "20"))
SEED = int(os.environ.get("ZHICHUANG_SEED", "20260101"))
DEPLOY = Path(__file__).parents[3] / "deploy"
VERSIONS = ("3.12", "3.13", "3.14")
RECOMPUTE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from zhichuang import recompute
for line in sys.stdin:
    document = recompute.recomputed(line.encode())[1]
    print(recompute.sha256(recompute.canonical(document)))
"""


@cache
def other_python() -> str | None:
    """Find a Python of another version that can judge filters."""
    named = (os.environ.get("ZHICHUANG_OTHER_PYTHON"), *(f"python{one}" for one in VERSIONS))
    for name in filter(None, named):
        program = shutil.which(name)
        asked = "import cel, sys; print(*sys.version_info[:2])"
        if program is None:
            continue
        told = subprocess.run([program, "-c", asked], capture_output=True, text=True, check=False)
        if told.returncode == 0 and told.stdout.split() != [str(n) for n in sys.version_info[:2]]:
            return program
    return None


@pytest.mark.requirement("X13")
def test_another_version_of_python_comes_to_the_same_hashes_whatever_the_order() -> None:
    program = other_python()
    if program is None:
        pytest.skip("no second Python with the package common-expression-language is here")
    chance = random.Random(SEED)
    lines, hashes = [], []
    for _ in range(CASES):
        year = random_year(chance.randrange(2**40))
        outcome = rules.compute(year.inputs(shuffled=chance))
        bundle = bundle_of(year, outcome, open_sheets=True)
        snapshot = json.loads(bundle["snapshot"])
        # What was frozen in another order is another snapshot; its figures are the same.
        assert rules.compute(year.inputs()).result_hash == outcome.result_hash
        assert snapshot == year.snapshot
        lines.append(canonical(bundle).decode())
        hashes.append(outcome.result_hash)
    told = subprocess.run(
        [program, "-c", RECOMPUTE, str(DEPLOY)],
        input="\n".join(lines), capture_output=True, text=True, check=True, timeout=600,
    )  # fmt: skip
    assert told.stdout.split() == hashes
