"""What is said of a code."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A code's status and its text in Chinese and English."""

    status: int
    zh: str
    en: str
