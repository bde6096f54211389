"""A figure: cases that take turns in rounds, and what is compared with what."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.benchmarks.measuring import Sample, load_average, middle

STEADY: Final = 1.2
"""A round counts only if its baseline, run before and after the rest, moved by no more."""

WARM_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much a run asks for."""

    name: str
    seconds: float
    rounds: int
    pgbench_scale: int
    accounts: int


SIZES: Final = {
    "small": Size("small", seconds=3.0, rounds=5, pgbench_scale=10, accounts=1_000),
    "full": Size("full", seconds=10.0, rounds=9, pgbench_scale=50, accounts=10_000),
}


@dataclass(frozen=True, slots=True)
class Case:
    """Something that takes a turn; `run` takes seconds and gives what it reached."""

    name: str
    run: Callable[[float], Sample]


@dataclass(frozen=True, slots=True)
class Measure:
    """A number to compare by, and which direction is better."""

    name: str
    of: Callable[[Sample], float]
    more_is_better: bool


RATE: Final = Measure("operations per second", lambda sample: sample.rate, more_is_better=True)
CPU: Final = Measure("CPU per operation", lambda sample: sample.cpu_us, more_is_better=False)


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of a round: the number that is asked for, and which side of it is the better one.

    It is judged where the baseline stood still by the measure that it rests on.
    """

    name: str
    of: Callable[["Round"], float]
    limit: float
    at_most: bool = True
    by: Measure = RATE


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a mark: the median of the rounds that count, and whether it is met."""

    name: str
    asked: str
    value: float
    rounds: str
    word: str


def ratio(
    ours: str, peer: str, of: Callable[[Sample], float] = RATE.of
) -> Callable[["Round"], float]:
    """Give what divides one case's turn of a round by another's."""
    return lambda each: each.value(ours, of) / each.value(peer, of)


def met(value: float, limit: float, *, at_most: bool = True) -> str:
    """Say whether a number keeps to its mark."""
    return "met" if (value <= limit if at_most else value >= limit) else "missed"


def judged(mark: Mark, done: Sequence["Round"]) -> Judged:
    """Judge a mark by the rounds in which the baseline stood still: half of them at least."""
    steady = [each for each in done if each.is_steady(mark.by)]
    enough = len(steady) * 2 >= len(done) and steady
    value = middle([mark.of(each) for each in (steady if enough else done)])
    word = met(value, mark.limit, at_most=mark.at_most) if enough else "not judged"
    asked = f"{'at most' if mark.at_most else 'at least'} {mark.limit:g}"
    return Judged(mark.name, asked, value, f"{len(steady)} of {len(done)}", word)


@dataclass(slots=True)
class Figure:
    """What is measured together. The first case is the baseline of every round."""

    name: str
    title: str
    unit: str
    cases: Sequence[Case]
    comparisons: Sequence[tuple[str, str]]
    """Names of cases: ours, and what it stands beside."""
    parts: Sequence[str]
    remarks: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    counted: list[Judged] = field(default_factory=list)
    """Marks of what was counted once, after the last round."""
    finish: Callable[[], list[str]] = list
    """Counts what was stored, after the last round; gives remarks, raises on a wrong count."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round's samples; the baseline ran twice, first and last."""

    samples: Mapping[str, Sample]
    baseline: tuple[Sample, Sample]
    load: float

    def value(self, name: str, of: Callable[[Sample], float]) -> float:
        """Give a case's number; the baseline's is the mean of its two turns."""
        sample = self.samples[name]
        turns = self.baseline if sample is self.baseline[0] else (sample,)
        return sum(map(of, turns)) / len(turns)

    def is_steady(self, measure: Measure) -> bool:
        """Tell whether the baseline stood still enough for this round to be judged."""
        values = sorted(measure.of(sample) for sample in self.baseline)
        return values[0] > 0 and values[1] / values[0] <= STEADY


def rounds(figure: Figure, count: int, seconds: float) -> Iterator[Round]:
    """Let every case take its turn, each round in another order; the baseline frames the round."""
    baseline, *others = figure.cases
    # Connections, plans and caches are made once, and belong to no turn.
    for case in figure.cases:
        case.run(WARM_SECONDS)
    for number in range(count):
        first = baseline.run(seconds)
        turn = number % len(others)
        samples = {case.name: case.run(seconds) for case in [*others[turn:], *others[:turn]]}
        last = baseline.run(seconds)
        yield Round({baseline.name: first, **samples}, (first, last), load_average())


@dataclass(frozen=True, slots=True)
class Verdict:
    """How ours stands beside a peer by one measure, over the rounds that count."""

    ours: str
    peer: str
    measure: Measure
    ratios: list[float]
    judged: int
    of: int

    @property
    def ratio(self) -> float:
        """The median of ours divided by the peer's, of judged rounds or else of all."""
        return middle(self.ratios)

    @property
    def word(self) -> str:
        """Say who is ahead, or that it cannot be told."""
        if self.judged * 2 < self.of or self.judged == 0:
            return "not judged"
        if self.measure.more_is_better:
            return "ahead" if self.ratio >= 1 else "we lose"
        return "ahead" if self.ratio <= 1 else "we lose"


def verdicts(figure: Figure, done: Sequence[Round]) -> list[Verdict]:
    """Compare what the figure compares, by rate and by CPU, round by round."""
    return [
        _verdict(figure, done, ours, peer, measure)
        for ours, peer in figure.comparisons
        for measure in (RATE, CPU)
    ]


def _verdict(
    figure: Figure, done: Sequence[Round], ours: str, peer: str, measure: Measure
) -> Verdict:
    steady = [each for each in done if each.is_steady(measure)]
    # Where too few rounds count, the ratio of all is shown, and said not to be judged.
    counted = steady if len(steady) * 2 >= len(done) and steady else done
    ratios = [
        each.value(ours, measure.of) / each.value(peer, measure.of)
        for each in counted
        if each.value(peer, measure.of) > 0
    ]
    return Verdict(ours, peer, measure, ratios, len(steady), len(done))
