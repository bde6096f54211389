"""A rule names the clause of its row: what a caller reads leads to the plan or to a law."""

import ast
import csv
import re
from collections.abc import Iterator
from typing import Final

from tests.form.source import listed, modules
from tests.requirements.rows import LIST

HAN: Final = re.compile(r"[\u4e00-\u9fff]")
# Of what the plan does not say: that the delivery asks for it, or that offices do it so.
NO_CLAUSE: Final = {"delivery", "practice"}


def named() -> Iterator[tuple[str, str, str]]:
    """Every rule that is written with its row and its clause, and where."""
    for module in modules():
        for node in module.nodes:
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Rule":
                words = [one.value for one in node.args if isinstance(one, ast.Constant)]
                if len(words) >= 2:
                    yield module.at(node), str(words[0]), str(words[1])


def test_a_rule_speaks_for_the_clause_of_its_row() -> None:
    with LIST.open(encoding="utf-8") as file:
        clauses = {row["id"]: row["clause"] for row in csv.DictReader(file)}
    found = list(named())
    faults = [
        f"{place}: {row} is of {clauses[row]}, not of {clause}"
        for place, row, clause in found
        if row in clauses
        and not clause.startswith(clauses[row])
        and not (row.startswith("X") and (clause in NO_CLAUSE or HAN.search(clause)))
    ]
    assert len(found) > 200
    assert not faults, listed(faults)
