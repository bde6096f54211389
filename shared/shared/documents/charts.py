"""Charts as SVG text: small, the same bytes for the same values, and readable without seeing.

Each chart has a title and a description of its values in words (`role="img"`, `<title>`,
`<desc>`), colours that differ for the colour-blind too, and text as text. Numbers are exact until
they become places on the paper, which are rounded to a tenth of a unit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape
from math import cos, pi, sin
from typing import Final, Literal

Number = int | Decimal

# Okabe and Ito's palette, darkened where white paper asks for it.
COLOURS: Final = ("#0b5cad", "#c4570a", "#00775a", "#8a3f74", "#7a6a00", "#4d5b69", "#2f9bd8")
INK: Final = "#1b2733"
MUTED: Final = "#5a6b7b"
GRID: Final = "#d5dde5"
WIDTH: Final = 720
LABEL_WIDTH: Final = 220
ROW_HEIGHT: Final = 30
PLOT_HEIGHT: Final = 260
# About as many half-width signs as fit beside the bars at 13 units.
LABEL_SIGNS: Final = 30
TICKS: Final = 4


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of a waterfall: what it is, by how much, and whether it is a change or a sum."""

    label: str
    amount: Number
    kind: Literal["change", "total"] = "change"


def bars(title: str, values: Sequence[tuple[str, Number]], *, unit: str = "") -> str:
    """Draw horizontal bars, one per label; values are not negative."""
    top = max((value for _, value in values), default=0) or 1
    width = WIDTH - LABEL_WIDTH - 110
    marks = []
    for row, (label, value) in enumerate(values):
        y = 12 + row * ROW_HEIGHT
        length = _at(Decimal(value) / Decimal(top) * width)
        marks += [
            _text(LABEL_WIDTH - 8, y + 15, _short(label), anchor="end", full=label),
            _rect(LABEL_WIDTH, y, length, ROW_HEIGHT - 10, COLOURS[0]),
            _text(LABEL_WIDTH + 8 + float(length), y + 15, f"{_number(value)}{unit}"),
        ]
    words = "；".join(f"{label} {_number(value)}{unit}" for label, value in values)
    return _svg(title, words, 20 + max(len(values), 1) * ROW_HEIGHT, marks or [_nothing()])


def lines(title: str, across: Sequence[str], series: Mapping[str, Sequence[Number | None]]) -> str:
    """Draw lines over the same points; `None` leaves a gap. The axis begins at zero."""
    values = [value for row in series.values() for value in row if value is not None]
    if not values:
        return _svg(title, "", 60, [_nothing()])
    top = _round_up(max(values) or 1)
    places = [_spread(position, len(across)) for position in range(len(across))]
    marks = _scale(top)
    marks += [
        _text(x, PLOT_HEIGHT + 24, _short(name, 12), anchor="middle", full=name)
        for x, name in zip(places, across, strict=True)
    ]
    for colour, (name, row) in zip(_colours(), series.items(), strict=False):
        marks += _line(places, [_height(value, top) for value in row], colour, name)
    marks += _legend(series, PLOT_HEIGHT + 44)
    words = "；".join(
        f"{name}: " + "，".join(f"{at} {_number(v)}" for at, v in zip(across, row, strict=True))
        for name, row in series.items()
    )
    height = PLOT_HEIGHT + 44 + 20 * _legend_rows(series)
    return _svg(title, words, height, marks)


def radar(
    title: str, axes: Sequence[str], series: Mapping[str, Sequence[Number]], *, top: Number = 100
) -> str:
    """Draw a radar chart; every value lies between 0 and `top`."""
    centre, radius = (WIDTH / 2, 190.0), 140.0
    marks = []
    for ring in range(1, TICKS + 1):
        points = _ring(centre, [radius * ring / TICKS] * len(axes))
        marks.append(f'<polygon points="{points}" fill="none" stroke="{GRID}"/>')
    for name, (x, y) in zip(axes, _spokes(centre, [radius + 14] * len(axes)), strict=True):
        marks.append(_text(x, y + 4, _short(name, 20), anchor=_side(x - centre[0]), full=name))
    for colour, (name, row) in zip(_colours(), series.items(), strict=False):
        lengths = [float(Decimal(value) / Decimal(top)) * radius for value in row]
        marks.append(
            f'<polygon points="{_ring(centre, lengths)}" fill="{colour}" fill-opacity="0.15"'
            f' stroke="{colour}" stroke-width="2"><title>{escape(name)}</title></polygon>'
        )
    marks += _legend(series, 372, left=170, step=200)
    words = "；".join(
        f"{name}: " + "，".join(f"{at} {_number(v)}" for at, v in zip(axes, row, strict=True))
        for name, row in series.items()
    )
    height = 372 + 20 * _legend_rows(series)
    # A narrow page shows its middle, where everything is.
    return _svg(title, words, height, marks if series else [_nothing()], "round")


def waterfall(title: str, steps: Sequence[Step], *, unit: str = "") -> str:
    """Draw how one amount becomes another: changes hang on what stood before, totals stand."""
    spans = list(_spans(steps))
    top = max((max(span) for span in spans), default=Decimal(0)) or Decimal(1)
    width = WIDTH - LABEL_WIDTH - 130
    marks = []
    for row, (step, (low, high)) in enumerate(zip(steps, spans, strict=True)):
        y = 12 + row * ROW_HEIGHT
        start = LABEL_WIDTH + float(low / top * width)
        length = _at((high - low) / top * width)
        marks += [
            _text(LABEL_WIDTH - 8, y + 15, _short(step.label), anchor="end", full=step.label),
            _rect(start, y, length, ROW_HEIGHT - 10, _colour_of(step)),
            _text(start + float(length) + 8, y + 15, f"{_number(step.amount)}{unit}"),
        ]
    words = "；".join(f"{step.label} {_number(step.amount)}{unit}" for step in steps)
    return _svg(title, words, 20 + max(len(steps), 1) * ROW_HEIGHT, marks or [_nothing()])


def shares_over_time(
    title: str, periods: Sequence[tuple[date, Mapping[str, int]]], *, until: date
) -> str:
    """Draw who held which part (ppm) from each day on; the last period lasts to `until`."""
    owners = list(dict.fromkeys(owner for _, parts in periods for owner in parts))
    colour = dict(zip(owners, _colours(), strict=False))
    if not periods:
        return _svg(title, "", 60, [_nothing()])
    first = periods[0][0]
    days = max((until - first).days, 1)
    marks = []
    for position, (start, parts) in enumerate(periods):
        end = periods[position + 1][0] if position + 1 < len(periods) else until
        left = 40 + (WIDTH - 60) * (start - first).days / days
        right = 40 + (WIDTH - 60) * (min(end, until) - first).days / days
        marks += _stack(left, right, parts, colour)
        marks.append(_text(left, PLOT_HEIGHT + 20, start.isoformat(), size=11))
    marks += _legend(owners, PLOT_HEIGHT + 44)
    words = "；".join(
        f"{start.isoformat()}: " + "，".join(f"{owner} {ppm} ppm" for owner, ppm in parts.items())
        for start, parts in periods
    )
    return _svg(title, words, PLOT_HEIGHT + 44 + 20 * _legend_rows(owners), marks)


def _spans(steps: Sequence[Step]) -> Iterable[tuple[Decimal, Decimal]]:
    level = Decimal(0)
    for step in steps:
        amount = Decimal(step.amount)
        before = Decimal(0) if step.kind == "total" else level
        level = before + amount
        yield (min(before, level), max(before, level))


def _colour_of(step: Step) -> str:
    if step.kind == "total":
        return COLOURS[0]
    return COLOURS[2] if step.amount >= 0 else COLOURS[1]


def _stack(
    left: float, right: float, parts: Mapping[str, int], colour: Mapping[str, str]
) -> list[str]:
    marks, below = [], 0
    for owner, ppm in parts.items():
        y = PLOT_HEIGHT - (below + ppm) * (PLOT_HEIGHT - 10) / 1_000_000
        height = ppm * (PLOT_HEIGHT - 10) / 1_000_000
        marks.append(_rect(left, y, f"{max(right - left, 1):.1f}", height, colour[owner], owner))
        below += ppm
    return marks


def _line(
    places: Sequence[float], heights: Sequence[float | None], colour: str, name: str
) -> list[str]:
    marks: list[str] = []
    run: list[str] = []
    for x, y in zip(places, heights, strict=True):
        if y is None:
            marks.append(_path(run, colour))
            run = []
            continue
        run.append(f"{x:.1f},{y:.1f}")
        marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>')
    marks.append(_path(run, colour))
    return [f"<g><title>{escape(name)}</title>", *marks, "</g>"]


def _path(points: Sequence[str], colour: str) -> str:
    joined = " ".join(points)
    return f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _scale(top: Decimal) -> list[str]:
    marks = []
    for tick in range(TICKS + 1):
        value = top * tick / TICKS
        y = _height(value, top) or 0.0
        marks.append(f'<line x1="60" x2="{WIDTH - 20}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>')
        marks.append(_text(52, y + 4, _number(value), anchor="end", size=11))
    return marks


def _height(value: Number | None, top: Decimal) -> float | None:
    if value is None:
        return None
    return PLOT_HEIGHT - float(Decimal(value) / top) * (PLOT_HEIGHT - 20)


def _spread(position: int, count: int) -> float:
    return 60 + (WIDTH - 110) * ((position / (count - 1)) if count > 1 else 0.5)


def _spokes(centre: tuple[float, float], lengths: Sequence[float]) -> list[tuple[float, float]]:
    turn = 2 * pi / max(len(lengths), 1)
    return [
        (centre[0] + length * sin(turn * spoke), centre[1] - length * cos(turn * spoke))
        for spoke, length in enumerate(lengths)
    ]


def _side(offset: float) -> str:
    if abs(offset) < 1:
        return "middle"
    return "start" if offset > 0 else "end"


def _ring(centre: tuple[float, float], lengths: Sequence[float]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in _spokes(centre, lengths))


def _round_up(value: Number) -> Decimal:
    exact = Decimal(value)
    unit = Decimal(1).scaleb(exact.adjusted())
    return next(step * unit for step in (1, 2, 4, 5, 8, 10) if step * unit >= exact)


def _legend(names: Iterable[str], y: float, *, left: int = 60, step: int = 330) -> list[str]:
    marks = []
    for row, (colour, name) in enumerate(zip(_colours(), names, strict=False)):
        x, at = left + (row % 2) * step, y + (row // 2) * 20
        marks.append(_rect(x, at - 10, "12", 12, colour))
        marks.append(_text(x + 20, at, _short(name, 40), full=name))
    return marks


def _legend_rows(names: Iterable[str]) -> int:
    return (len(list(names)) + 1) // 2


def _colours() -> Iterable[str]:
    while True:
        yield from COLOURS


def _nothing() -> str:
    return _text(WIDTH / 2, 36, "无数据", anchor="middle", colour=MUTED)


def _rect(x: float, y: float, width: str, height: float, colour: str, name: str = "") -> str:
    told = f"<title>{escape(name)}</title>" if name else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width}" height="{height:.1f}" fill="{colour}"'
        f' rx="2">{told}</rect>'
    )


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    size: int = 13,
    colour: str = INK,
    full: str = "",
) -> str:
    told = f"<title>{escape(full)}</title>" if full and full != text else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"'
        f' fill="{colour}">{told}{escape(text)}</text>'
    )


def _svg(title: str, words: str, height: float, marks: Iterable[str], shape: str = "") -> str:
    shaped = f' class="{shape}" preserveAspectRatio="xMidYMid slice"' if shape else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img"'
        f"{shaped}"
        " font-family=\"'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif\">"
        f"<title>{escape(title)}</title><desc>{escape(words)}</desc>{''.join(marks)}</svg>"
    )


def _short(text: str, signs: int = LABEL_SIGNS) -> str:
    """Cut a label to a width; a Chinese character is as wide as two Latin ones."""
    width = 0
    for position, sign in enumerate(text):
        width += 2 if ord(sign) > 0x2E7F else 1
        if width > signs:
            return f"{text[:position]}…"
    return text


def _at(length: Decimal) -> str:
    return f"{max(length, Decimal(0)):.1f}"


def _number(value: Number | None) -> str:
    if value is None:
        return "—"
    return f"{Decimal(value):,f}"
