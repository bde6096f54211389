"""`python -m tests.benchmarks.drawing`: how long a draw takes, and how many are proven.

Panels of seven over random and hard problems (few topics that many want, scarce fields), all rules;
the median of five seeds, by wall clock and by CPU. It has no peer and writes no report.
"""

import sys
import time
from statistics import median
from typing import Final

from evaluation.assignments.solver import solve
from tests.evaluation.assignments.problems import random_problem

# Cases, experts, cases per expert, hard.
SIZES: Final = (
    (30, 120, 4, False),
    (60, 200, 4, False),
    (200, 400, 6, False),
    (30, 120, 6, True),
    (60, 200, 6, True),
    (200, 400, 8, True),
)
SEEDS: Final = 5
SEATS: Final = 7


def main() -> None:
    """Draw and tell."""
    for cases, experts, load, hard in SIZES:
        walls, cpus, proven = [], [], 0
        for seed in range(SEEDS):
            problem = random_problem(cases, experts, SEATS, load, seed, hard=hard)
            wall, cpu = time.perf_counter(), time.process_time()
            drawn = solve(problem, "seed", clock=time.monotonic, seconds=120)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
            proven += drawn.optimal and drawn.unique
        kind = "hard" if hard else "random"
        sys.stdout.write(
            f"{cases:4} x {experts} {kind:7} wall {median(walls):6.2f} s "
            f"cpu {median(cpus):6.2f} s proven {proven} of {SEEDS}\n"
        )


if __name__ == "__main__":
    main()
