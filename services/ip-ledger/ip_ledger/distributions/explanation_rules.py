"""How a line is explained: each step that led to it, written once as JSON text.

The text is what is stored, hashed and shown, so that anyone can compute the line again from it.
"""

import json
from dataclasses import dataclass
from fractions import Fraction
from typing import Final
from uuid import UUID

from shared.money import WHOLE_PPM
from shared.shares import Part


@dataclass(frozen=True, slots=True)
class EventTold:
    """What all explanations of an event's lines share, as JSON: the first steps, and two ids."""

    steps: str
    version_id: str
    asset_id: str


def quoted(text: str) -> str:
    """Write a text as JSON."""
    return json.dumps(text, ensure_ascii=False)


SHARE_LAW: Final = quoted("专利法14")
QUOTA_LAW: Final = quoted("三(三)1-④")


def millionths(scaled: int, scale: int) -> int:
    """Give a figure in millionths; shares are whole ppm, so it always comes out even."""
    value, rest = divmod(scaled * WHOLE_PPM, scale)
    if rest:
        msg = "a carry finer than a millionth of a unit"
        raise ValueError(msg)
    return value


def exact_text(value: Fraction) -> str:
    """Write a fraction of whole millionths as a decimal, without any rounding."""
    return scaled_text(value.numerator, value.denominator)


def scaled_text(scaled: int, scale: int) -> str:
    """Write `scaled / scale`, a number of whole millionths, as a decimal without any rounding."""
    value = scaled if scale == WHOLE_PPM else millionths(scaled, scale)
    whole, rest = divmod(abs(value), WHOLE_PPM)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{rest:06d}".rstrip("0") if rest else f"{sign}{whole}"


def step_text(
    step: str,
    clause: str = "null",
    amount_fen: int | str = "null",
    exact: str = "null",
    ppm: int | str = "null",
    rank: int | str = "null",
    ref_id: UUID | str = "null",
) -> str:
    """Write a step as JSON; texts come in quotes, and a figure that it does not have is null."""
    return (
        f'{{"amount_fen":{amount_fen},"clause":{clause},"exact":{exact},"ppm":{ppm},'
        f'"rank":{rank},"ref_id":{ref_id},"step":"{step}"}}'
    )


def explained_line(part: Part[UUID], told: EventTold, handed_scaled: int = 0) -> str:
    """Explain a line from the gross income to the 分, so that anyone can compute it again.

    `handed_scaled` is what of rounding is handed over beside the division: by who left to who
    stays, or written off by the last run. Written as text at once: of a hundred thousand payees
    each has these seven steps.
    """
    scale = part.scale
    whole = max(0, (part.quota_scaled + part.before_scaled) // scale)
    # A remainder is mostly none or one unit; below zero where another party's former excess had to
    # be made good.
    unit = part.amount_fen - whole
    carried = scaled_text(part.before_scaled, scale)
    after = scaled_text(part.after_scaled + handed_scaled, scale)
    handed = ""
    if handed_scaled:
        exact = f'"{scaled_text(handed_scaled, scale)}"'
        handed = step_text("carry_handed", exact=exact, ref_id=told.asset_id) + ","
    steps = (
        told.steps,
        step_text("share", SHARE_LAW, ppm=part.share_ppm, ref_id=told.version_id),
        step_text("quota", QUOTA_LAW, exact=f'"{scaled_text(part.quota_scaled, scale)}"'),
        step_text("carry_before", exact=f'"{carried}"', ref_id=told.asset_id),
        step_text("floor", amount_fen=whole),
        step_text("remainder_unit", amount_fen=unit, rank=part.rank),
        step_text("amount", amount_fen=part.amount_fen),
        handed + step_text("carry_after", exact=f'"{after}"', ref_id=told.asset_id),
    )
    return f"[{','.join(steps)}]"
