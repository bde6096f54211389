"""How exact fractions are rounded and written down."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

HUNDREDTH: Final = Decimal("0.01")


def _steps(value: Fraction, scale: int) -> int:
    """Count the steps of 1/scale in a value, a half counted up; values here are never below 0."""
    below = value.denominator
    return (2 * value.numerator * scale + below) // (2 * below)


def half_up(value: Fraction, places: int = 2) -> Fraction:
    """Round to decimal places, a half away from zero; values here are never below zero."""
    scale = 10**places
    return Fraction(_steps(value, scale), scale)


def decimal_text(value: Fraction, places: int = 6) -> str:
    """Write a fraction as a decimal without trailing zeros, rounded half up at `places`."""
    above, below = value.numerator, value.denominator
    if below == 1:
        return str(above)
    steps = (2 * abs(above) * 10**places + below) // (2 * below)
    whole, rest = divmod(steps, 10**places)
    sign = "-" if above < 0 and steps else ""
    tail = f"{rest:0{places}d}".rstrip("0") if rest else ""
    return f"{sign}{whole}.{tail}" if tail else f"{sign}{whole}"


def hundredths(value: Fraction) -> int:
    """Count the hundredths of points, a half counted up: what leaves are rounded to."""
    return _steps(value, 100)


def score_text(score: Decimal) -> str:
    """Write a score as `points_text` does; it is a decimal already, which is quick to round."""
    return f"{score.quantize(HUNDREDTH, ROUND_HALF_UP):f}"


def points_text(value: Fraction) -> str:
    """Write points with their two decimals, `5.52`, rounded half up."""
    whole, rest = divmod(_steps(value, 100), 100)
    return f"{whole}.{rest:02d}"
