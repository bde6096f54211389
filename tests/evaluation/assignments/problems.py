"""Problems for the draw: random ones of every size, and an exhaustive search for small ones."""

import itertools
import random
from collections.abc import Iterator
from typing import Final

from evaluation.assignments.rules import Need, Pair, Problem, Reviewer, tie_weight, violations

FIELDS: Final = ("economic", "industrial", "legal", "management", "technical")
TOPICS: Final = 4


def random_problem(
    cases: int,
    experts: int,
    size: int,
    load: int,
    seed: int,
    *,
    hard: bool = False,
    barred: float = 0.15,
    top: int = 100,
) -> Problem:
    """Draw a problem; a hard one has few topics that many want, and scarce fields."""
    dice = random.Random(seed)
    if hard:
        areas = dice.choices(FIELDS, [0.27, 0.35, 0.08, 0.1, 0.2], k=experts)
        known = [[dice.random() ** 3 for _ in range(TOPICS)] for _ in range(experts)]
        asked = [[dice.random() ** 3 for _ in range(TOPICS)] for _ in range(cases)]
        fits = [
            [int(top * sum(a * b for a, b in zip(one, other, strict=True)) / TOPICS)
             for other in known]
            for one in asked
        ]  # fmt: skip
    else:
        areas = [FIELDS[m % len(FIELDS)] for m in range(experts)]
        fits = [[dice.randint(0, top) for _ in range(experts)] for _ in range(cases)]
    return Problem(
        needs=tuple(Need(f"c{n:04d}") for n in range(cases)),
        reviewers=tuple(
            Reviewer(
                f"e{m:04d}",
                areas[m],
                frozenset({f"o{dice.randrange(max(10, experts // 4))}"}),
                load,
            )
            for m in range(experts)
        ),
        fit=tuple(tuple(None if dice.random() < barred else fit for fit in row) for row in fits),
        size=size,
        fields=FIELDS,
    )


def all_panels(problem: Problem) -> Iterator[dict[str, tuple[str, ...]]]:
    """Give every choice of panels that keeps every hard rule."""
    ids = sorted(one.id for one in problem.reviewers)
    choices = list(itertools.combinations(ids, problem.size))
    for chosen in itertools.product(choices, repeat=len(problem.needs)):
        panels = {need.id: panel for need, panel in zip(problem.needs, chosen, strict=True)}
        if not violations(problem, panels):
            yield panels


def value(
    problem: Problem, panels: dict[str, tuple[str, ...]], seed: str, keep: frozenset[Pair]
) -> tuple[int, int, int, int]:
    """Give what is maximized, in order: choices kept, worst panel, total, lots."""
    scores = problem.scores()
    fits = [sum(scores[need, one] for one in panel) for need, panel in panels.items()]
    pairs = {(need, one) for need, panel in panels.items() for one in panel}
    lots = sum(tie_weight(seed, *pair) for pair in pairs)
    return len(keep & pairs), min(fits), sum(fits), -lots
