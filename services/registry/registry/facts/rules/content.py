"""What makes a fact right, whatever its kind."""

from collections.abc import Collection
from datetime import date
from functools import cache, lru_cache
from typing import Final
from uuid import UUID

from registry.facts.rules.special import SPECIFIC, nothing, past
from registry.facts.rules.vocabulary import ACTIVITIES, FactKind, NewFact
from registry.files.rules import existence_checks
from shared.codes import uscc
from shared.rules import Check, Kind, Rule

CHAIN: Final = Rule("A019", "二(三)")
FIELDS: Final = Rule("A047", "三(一)")
VERIFIED: Final = Rule("A027", "二(三)功能二")


def content_checks(fact: NewFact, files: Collection[UUID], today: date) -> list[Check]:
    """Judge what a fact says: its link in the chain, its day, its codes, its kind, its evidence."""
    return [*own_checks(fact, today), *existence_checks(fact.evidence, files)]


def own_checks(fact: NewFact, today: date) -> list[Check]:
    """Judge what depends on a fact and the day alone, whatever the register holds."""
    linked = fact.kind not in ACTIVITIES or fact.stage is not None
    return [
        *_placed(linked, fact.occurred_on, today),
        *_code_checks(fact),
        *SPECIFIC.get(fact.kind, nothing)(fact, today),
    ]


@lru_cache(maxsize=4_096)  # A batch tells of the same days over and over.
def _placed(linked: bool, day: date, today: date) -> tuple[Check, Check]:  # noqa: FBT001 - a key of the cache
    return (
        CHAIN.check("CHAIN_STAGE_MISSING", Kind.CONTENT, passed=linked, pointer="/chain_stage"),
        past("/occurred_on", day, today),
    )


# It has two verdicts in all, which a batch asks for once per row.
@cache
def _catalogued(passed: bool) -> Check:  # noqa: FBT001 - the one thing it depends on
    return FIELDS.check(
        "CODE_UNKNOWN",
        Kind.CONTENT,
        passed=passed,
        pointer="/payload/field_code",
        scheme="fields",
    )


def field_checks(fact: NewFact, known: Collection[str]) -> list[Check]:
    """Check that a field is of the catalogue, whether it is active today or was once (A047)."""
    code = fact.payload.get("field_code")
    return [_catalogued(code is None or code in known)]


def verifier_checks(fact: NewFact, own_codes: Collection[str]) -> list[Check]:
    """Check that a breakthrough is verified by a third party (A027).

    The centre's lead, legal person and trustee are none, and neither is who posts it.
    """
    if fact.kind is not FactKind.BREAKTHROUGH:
        return []
    third = uscc.normalized(fact.payload["verified_by_uscc"]) not in own_codes
    pointer = "/payload/verified_by_uscc"
    return [VERIFIED.check("VERIFIER_CONCERNED", Kind.CONTENT, passed=third, pointer=pointer)]


def _code_checks(fact: NewFact) -> list[Check]:
    return [
        check
        for place, code in fact.codes()
        for check in uscc.uscc_checks(code, pointer=f"/payload/{place}")
    ]
