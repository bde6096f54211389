"""How exact fractions are rounded and written down."""

from fractions import Fraction


def half_up(value: Fraction, places: int = 2) -> Fraction:
    """Round to decimal places, a half away from zero; values here are never below zero."""
    scale, below = 10**places, value.denominator
    return Fraction((2 * value.numerator * scale + below) // (2 * below), scale)


def decimal_text(value: Fraction, places: int = 6) -> str:
    """Write a fraction as a decimal without trailing zeros, rounded half up at `places`."""
    rounded = half_up(abs(value), places)
    whole, rest = divmod(rounded.numerator * (10**places // rounded.denominator), 10**places)
    sign = "-" if value < 0 and rounded else ""
    tail = f"{rest:0{places}d}".rstrip("0")
    return f"{sign}{whole}.{tail}" if tail else f"{sign}{whole}"


def points_text(value: Fraction) -> str:
    """Write points with their two decimals, `5.52`, rounded half up."""
    rounded = half_up(value)
    whole, rest = divmod(rounded.numerator * (100 // rounded.denominator), 100)
    return f"{whole}.{rest:02d}"
