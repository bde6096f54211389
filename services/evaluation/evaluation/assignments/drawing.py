"""What a worker does with a frozen problem: draw, judge again, rank alternates, price, explain.

It runs in a process of its own, so that a long search keeps no request waiting.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from evaluation.assignments import rules
from evaluation.assignments.explaining import Explanation, explain, prices, replace_recused
from evaluation.assignments.model import Answer
from evaluation.assignments.solver import Draw, solve


def worked(
    problem: bytes,
    seed: str,
    panels: Mapping[str, Sequence[str]] | None,
    recused: Sequence[tuple[str, str]],
    seconds: float,
) -> dict[str, Any]:
    """Work off a draw and give its result as JSON data; `panels` are those to be changed."""
    asked = rules.problem_of(json.loads(problem))
    if panels is None:
        found = solve(asked, seed, clock=time.monotonic, seconds=seconds)
    else:
        before = {need: tuple(panel) for need, panel in panels.items()}
        found = replace_recused(asked, before, recused, seed, clock=time.monotonic, seconds=seconds)
    told: dict[str, Any] = {
        "answer": found.answer.value,
        "optimal": found.optimal,
        "unique": found.unique,
        "proof": [step.document() for step in found.steps],
        "multipliers": dict(found.multipliers),
        "trees": dict(found.trees),
    }
    if found.answer is Answer.OPTIMAL:
        return told | _drawn(asked, found, seed)
    if found.answer is Answer.INFEASIBLE:
        why = explain(asked, clock=time.monotonic)
        told["explanation"] = _explained(why)
        if why.proof is None:
            # The solver found no panels, and that is not enough to say that there are none.
            told["answer"] = Answer.UNKNOWN.value
    return told


def _drawn(asked: rules.Problem, found: Draw, seed: str) -> dict[str, Any]:
    fits = rules.panel_fits(asked, found.panels)
    scores = asked.scores()
    ranked = rules.alternates(asked, found.panels, seed)
    return {
        "worst": min(fits.values()),
        "total": sum(fits.values()),
        "panels": {
            need: {
                "fit": fits[need],
                "seats": [
                    {
                        "expert_id": one,
                        "fit": scores[need, one],
                        "alternates": list(ranked[need, one]),
                    }
                    for one in panel
                ],
            }
            for need, panel in found.panels.items()
        },
        "prices": [
            asdict(price) for price in prices(asked, sum(fits.values()), clock=time.monotonic)
        ],
    }


def _explained(why: Explanation) -> dict[str, Any]:
    return {
        "rules": [{"rule": name[0], "of": list(name[1:])} for name in why.rules],
        "proven": why.proof is not None,
        "proof": why.proof,
        "others": [list(columns) for columns in why.others],
        "irreducible": why.irreducible,
        "smallest": why.smallest,
        "missing_seats": [
            {"panel": need, "field": area, "seats": seats}
            for (need, area), seats in sorted(why.missing.items())
        ],
        "fewest_missing": why.fewest_missing,
    }
