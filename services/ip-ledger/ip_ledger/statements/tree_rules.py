"""A line of a run as a tree: each figure over those it was made of, down to the records.

The tree is made of the very steps that the plan was computed with and that its line keeps, so that
nothing is explained that was not done.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from shared.money import WHOLE_PPM


class FigurePart(StrEnum):
    """What a figure is to the one above it."""

    ADDS = "adds"
    SUBTRACTS = "subtracts"
    MULTIPLIES = "multiplies"
    TELLS = "tells"


class FigureRecord(StrEnum):
    """What kind of record a figure comes from."""

    LINE = "distribution_line"
    REVENUE = "revenue_event"
    OWNERSHIP = "ownership_version"
    ASSET = "ip_asset"
    REWARD = "distribution_reward"
    PERSON = "inventor_person"


@dataclass(frozen=True, slots=True)
class Source:
    """The record that a figure comes from."""

    kind: FigureRecord
    id: UUID


@dataclass(frozen=True, slots=True)
class Node:
    """A figure, what it is to the figure above, and the figures that it was made of."""

    step: str
    part: FigurePart
    clause: str | None = None
    amount_fen: int | None = None
    exact: Fraction | None = None
    ppm: int | None = None
    rank: int | None = None
    source: Source | None = None
    made_of: tuple["Node", ...] = ()

    @property
    def value(self) -> Fraction:
        """Give the figure itself: an amount in minor units, or a share of one."""
        if self.amount_fen is not None:
            return Fraction(self.amount_fen)
        return Fraction(self.ppm or 0, WHOLE_PPM) if self.exact is None else self.exact

    def computed(self) -> Fraction | None:
        """Compute the figure from those it was made of; None where it is an input."""
        factors = [one.value for one in self.made_of if one.part is FigurePart.MULTIPLIES]
        terms = [one for one in self.made_of if one.part in {FigurePart.ADDS, FigurePart.SUBTRACTS}]
        if factors:
            product = Fraction(1)
            for factor in factors:
                product *= factor
            return product
        if not terms:
            return None
        return sum(
            (one.value if one.part is FigurePart.ADDS else -one.value for one in terms), Fraction(0)
        )

    def walk(self) -> Iterator["Node"]:
        """Give this figure and every one below it, from the top down."""
        yield self
        for one in self.made_of:
            yield from one.walk()


@dataclass(frozen=True, slots=True)
class LineToExplain:
    """A line as it is kept: its steps are those of the plan, as JSON.

    `undoes` is the line that a reversing run takes back; its steps are the original's.
    """

    id: UUID
    amount_fen: int
    steps: Sequence[Mapping[str, Any]]
    undoes: UUID | None = None


@dataclass(frozen=True, slots=True)
class RewardToExplain:
    """What the payee owes its inventors out of a line."""

    id: UUID
    amount_fen: int
    floor_fen: int
    rate_ppm: int
    rule: str
    inventors: Sequence[tuple[UUID, int]]


DEDUCTION: Final = "less_"


def line_tree(line: LineToExplain, reward: RewardToExplain | None = None) -> Node:
    """Explain a line, and what its payee owes its inventors of it."""
    if line.undoes is None:
        return _shared_out(line, reward)
    original = LineToExplain(line.undoes, -line.amount_fen, line.steps)
    taken_back = replace(_shared_out(original, None), part=FigurePart.SUBTRACTS)
    return Node(
        "taken_back",
        FigurePart.TELLS,
        amount_fen=line.amount_fen,
        source=Source(FigureRecord.LINE, line.id),
        made_of=(taken_back,),
    )


def _shared_out(line: LineToExplain, reward: RewardToExplain | None) -> Node:
    steps = {step["step"]: step for step in line.steps}
    owed = Node(
        "owed",
        FigurePart.TELLS,
        exact=_exact(steps["quota"]) + _exact(steps["carry_before"]),
        made_of=(
            _quota(line.steps),
            _node(steps["carry_before"], FigurePart.ADDS, FigureRecord.ASSET),
        ),
    )
    whole = replace(_node(steps["floor"], FigurePart.ADDS), made_of=(owed,))
    # The unit handed out, or taken where a former excess of another party had to be made good.
    unit = replace(
        _node(steps["remainder_unit"], FigurePart.ADDS),
        amount_fen=line.amount_fen - (whole.amount_fen or 0),
    )
    carried = [
        _node(steps[name], FigurePart.TELLS, FigureRecord.ASSET)
        for name in ("carry_handed", "carry_after")
        if name in steps
    ]
    return replace(
        _node(steps["amount"], FigurePart.TELLS),
        source=Source(FigureRecord.LINE, line.id),
        made_of=(whole, unit, *carried, *([] if reward is None else [_reward(reward)])),
    )


def _quota(steps: Sequence[Mapping[str, Any]]) -> Node:
    """The net income times the share, over the gross income and all that was taken off."""
    by_name = {step["step"]: step for step in steps}
    taken = [
        _node(step, FigurePart.SUBTRACTS)
        for step in steps
        if str(step["step"]).startswith(DEDUCTION)
    ]
    gross = _node(by_name["gross"], FigurePart.ADDS, FigureRecord.REVENUE)
    net = replace(_node(by_name["net"], FigurePart.MULTIPLIES), made_of=(gross, *taken))
    share = _node(by_name["share"], FigurePart.MULTIPLIES, FigureRecord.OWNERSHIP)
    return replace(_node(by_name["quota"], FigurePart.ADDS), made_of=(net, share))


def _reward(reward: RewardToExplain) -> Node:
    inventors = [
        Node(
            "inventor", FigurePart.ADDS, amount_fen=fen, source=Source(FigureRecord.PERSON, person)
        )
        for person, fen in reward.inventors
    ]
    return Node(
        "reward",
        FigurePart.TELLS,
        clause=reward.rule,
        amount_fen=reward.amount_fen,
        source=Source(FigureRecord.REWARD, reward.id),
        made_of=(
            Node("reward_rate", FigurePart.TELLS, ppm=reward.rate_ppm),
            Node("reward_floor", FigurePart.TELLS, clause=reward.rule, amount_fen=reward.floor_fen),
            *inventors,
        ),
    )


def _exact(step: Mapping[str, Any]) -> Fraction:
    return Fraction(step["exact"])


def _node(step: Mapping[str, Any], part: FigurePart, kind: FigureRecord | None = None) -> Node:
    return Node(
        step["step"],
        part,
        clause=step["clause"],
        amount_fen=step["amount_fen"],
        exact=None if step["exact"] is None else _exact(step),
        ppm=step["ppm"],
        rank=step["rank"],
        source=None if kind is None or not step["ref_id"] else Source(kind, UUID(step["ref_id"])),
    )
