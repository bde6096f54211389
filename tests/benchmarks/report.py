"""What was measured, in words and tables: the same for the terminal and for the documentation."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from tests.benchmarks.figures import (
    CPU,
    RATE,
    STEADY,
    Figure,
    Round,
    Size,
    Verdict,
    judged,
    verdicts,
)
from tests.benchmarks.measuring import Sample, middle

HEAD: Final = f"""# Benchmarks

Written by `make bench` (`make bench name=gateway rounds=5 size=full`; `make bench-peers` installs
nginx and wrk). Ours and its peers take turns in one run, on settings that lose no commit, through
the code as it is shipped. Read the ratios and the CPU per operation; the rates are this machine's
on that day. The first row of each table is the baseline: it runs before and after the rest of its
round, and a round in which it moved by more than {round((STEADY - 1) * 100)} % is not judged.
`[a–b]` is the least and the most.
"""


def lines_of(figure: Figure, done: Sequence[Round], size: Size, context: str) -> list[str]:
    """Give a figure as Markdown."""
    lines = [f"## {figure.name}: {figure.title}", "", context, ""]
    if done:
        loads = [each.load for each in done]
        lines += [
            (
                f"{len(done)} rounds of {size.seconds:g} s per turn, size `{size.name}`; load"
                f" average {min(loads):.1f} to {max(loads):.1f}."
            ),
            "",
            *_table(figure, done),
            "",
            *_verdict_table(figure, done),
            "",
        ]
        lines += [*_said(figure, done), ""]
        if figure.marks or figure.counted:
            lines += [*_mark_table(figure, done), ""]
    lines += [f"- Skipped: {each}" for each in figure.skipped]
    lines += [f"- {each}" for each in figure.remarks]
    return [*lines, ""]


def _table(figure: Figure, done: Sequence[Round]) -> list[str]:
    parts = [f"{part} µs" for part in figure.parts] if len(figure.parts) > 1 else []
    heads = ["case", "per second", "p50 ms", "p99 ms", "CPU µs", *parts, "memory MB"]
    lags = any(sample.lag_seconds is not None for each in done for sample in each.samples.values())
    heads += ["numbered after s"] if lags else []
    rows = [_row(figure, done, case.name, lags=lags) for case in figure.cases]
    return [_line(heads), _line(["---"] * len(heads)), *map(_line, rows)]


def _row(figure: Figure, done: Sequence[Round], name: str, *, lags: bool) -> list[str]:
    samples = _samples(figure, done, name)
    parts: list[Callable[[Sample], float]] = [
        lambda sample, part=part: sample.part_us(part)  # type: ignore[misc]  # binds the name now
        for part in figure.parts
        if len(figure.parts) > 1
    ]
    measured = any(sample.cpu for sample in samples)
    row = [name, _spread(samples, lambda sample: sample.rate)]
    row += [_spread(samples, lambda sample: sample.p50_ms), _spread(samples, lambda s: s.p99_ms)]
    row += [_spread(samples, of) if measured else "" for of in (CPU.of, *parts)]
    row += [f"{middle([s.memory / 2**20 for s in samples]):.0f}" if measured else ""]
    found = [sample.lag_seconds for sample in samples if sample.lag_seconds is not None]
    return row + ([f"{middle(found):.2f}" if found else ""] if lags else [])


def _samples(figure: Figure, done: Sequence[Round], name: str) -> list[Sample]:
    if name == figure.cases[0].name:
        return [sample for each in done for sample in each.baseline]
    return [each.samples[name] for each in done]


def _verdict_table(figure: Figure, done: Sequence[Round]) -> list[str]:
    heads = ["ours / beside", "by", "ratio", "rounds judged", ""]
    rows = [
        [
            f"{each.ours} / {each.peer}",
            each.measure.name,
            f"{number(each.ratio)} {_range(each.ratios)}",
            f"{each.judged} of {each.of}",
            each.word,
        ]
        for each in verdicts(figure, done)
    ]
    return [_line(heads), _line(["---"] * len(heads)), *map(_line, rows)]


def _mark_table(figure: Figure, done: Sequence[Round]) -> list[str]:
    heads = ["mark", "asked", "found", "rounds judged", ""]
    found = [*(judged(mark, done) for mark in figure.marks), *figure.counted]
    rows = [[one.name, one.asked, number(one.value), one.rounds, one.word] for one in found]
    return [_line(heads), _line(["---"] * len(heads)), *map(_line, rows)]


def _said(figure: Figure, done: Sequence[Round]) -> list[str]:
    found = verdicts(figure, done)
    lost = [_sentence(each) for each in found if each.word == "we lose"]
    unclear = [_sentence(each) for each in found if each.word == "not judged"]
    said = [f"Where we lose: {'; '.join(lost)}." if lost else "Where we lose: in nothing judged."]
    if unclear:
        said += ["", f"Not judged, because the baseline did not stand still: {'; '.join(unclear)}."]
    return said


def _sentence(verdict: Verdict) -> str:
    what = "the rate" if verdict.measure is RATE else "the CPU per operation"
    return f"{verdict.ours} has {number(verdict.ratio)} times {what} of {verdict.peer}"


def _spread(samples: Sequence[Sample], of: Callable[[Sample], float]) -> str:
    values = [of(sample) for sample in samples]
    return f"{number(middle(values))} {_range(values)}"


def _range(values: Sequence[float]) -> str:
    return f"[{number(min(values))}–{number(max(values))}]" if values else ""


def number(value: float) -> str:
    """Write a figure with no more digits than it deserves."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def keep(path: Path, name: str, title: str, lines: Sequence[str]) -> None:
    """Put a figure's section into the document, in place of an older one of the same figure."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    sections = dict(re.findall(r"^## (\w+):.*?\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    titles = dict(re.findall(r"^## (\w+): (.*)$", text, re.MULTILINE))
    sections[name] = "\n".join(lines[1:])
    titles[name] = title
    parts = [f"## {name}: {titles[name]}\n{sections[name].rstrip()}\n" for name in sorted(sections)]
    path.write_text("\n".join([HEAD, *parts]), encoding="utf-8")
