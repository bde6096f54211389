"""How exact fractions are rounded and written down."""

from fractions import Fraction


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
    steps = _steps(abs(value), 10**places)
    whole, rest = divmod(steps, 10**places)
    sign = "-" if value < 0 and steps else ""
    tail = f"{rest:0{places}d}".rstrip("0")
    return f"{sign}{whole}.{tail}" if tail else f"{sign}{whole}"


def points_text(value: Fraction) -> str:
    """Write points with their two decimals, `5.52`, rounded half up."""
    whole, rest = divmod(_steps(value, 100), 100)
    return f"{whole}.{rest:02d}"
