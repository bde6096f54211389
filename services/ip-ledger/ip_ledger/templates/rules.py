"""A template: a text with blanks, published by another person than wrote it."""

import hashlib
import re
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from shared.rules import Check, Kind, Rule

TEMPLATES: Final = Rule("A084", "三(三)1-④")
BLANK: Final = re.compile(r"\{\{([a-z][a-z0-9_]{0,62})\}\}")


class Language(StrEnum):
    """The language of a text."""

    ZH = "zh"
    EN = "en"


class State(StrEnum):
    """Where a template stands."""

    PROPOSED = "proposed"
    PUBLISHED = "published"
    RETIRED = "retired"


class Event(StrEnum):
    """What moves a template."""

    PUBLISH = "publish"
    RETIRE = "retire"


# The whole machine: a pair that is absent is refused.
MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.PROPOSED, Event.PUBLISH): State.PUBLISHED,
    (State.PROPOSED, Event.RETIRE): State.RETIRED,
    (State.PUBLISHED, Event.RETIRE): State.RETIRED,
}


def blanks(text: str) -> list[str]:
    """Name the blanks of a text, `{{like_this}}`, in their order and each once."""
    return list(dict.fromkeys(BLANK.findall(text)))


def sha256_of(text: str) -> str:
    """Hash a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def text_checks(text: str, named: Collection[str]) -> list[Check]:
    """Check that exactly the blanks of a text are described."""
    found = blanks(text)
    missing = sorted({*found} ^ {*named})
    repeated = len(set(named)) != len(named)
    return [
        TEMPLATES.check(
            "FIELDS_MISMATCH",
            Kind.CONTENT,
            passed=not missing and not repeated,
            pointer="/fields",
            fields=missing,
        )
    ]


def filling_checks(text: str, given: Collection[str], pointer: str) -> list[Check]:
    """Check that every blank is filled in, and nothing else is given."""
    wrong = sorted({*blanks(text)} ^ {*given})
    return [
        TEMPLATES.check(
            "FIELDS_MISMATCH", Kind.CONTENT, passed=not wrong, pointer=pointer, fields=wrong
        )
    ]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Fill in a text; what is filled in is never read for blanks again."""
    return BLANK.sub(lambda found: values[found[1]], text)


def publishing_checks(state: State, *, same_person: bool) -> list[Check]:
    """Check that another person than wrote a template publishes it."""
    return [
        TEMPLATES.check("SOD_VIOLATION", Kind.SCOPE, passed=not same_person),
        TEMPLATES.move(MOVES, state, Event.PUBLISH),
    ]
