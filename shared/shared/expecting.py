"""What a rule expects of a value, as a figure of its check: in English and in Chinese."""

from shared.rules import Said


def between(first: object, last: object) -> Said:
    """Say that both ends and what lies between them are taken."""
    return Said(f"{first} to {last}", f"{first} 至 {last}")


def no_earlier_than(first: object) -> Said:
    """Say that this day or year, and what follows it, is taken."""
    return Said(f"{first} or later", f"不早于 {first}")


def no_later_than(last: object) -> Said:
    """Say that this day or year, and what comes before it, is taken."""
    return Said(f"{last} or earlier", f"不晚于 {last}")
