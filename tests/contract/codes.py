"""Whether each operation documents what its code can refuse with, and nothing else.

`tests.contract.speech` reads it from the route's function, by actions and rules, to every check. A
code that it surely judges has to be documented; what two at once can only meet in a table's own
constraint may be. What any operation answers stands in `EVERYWHERE`.
"""

import importlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from fastapi.dependencies.models import Dependant

from ip_ledger.journal import poster
from shared import evidence
from shared.http.openapi import declared_problems
from shared.http.problem import EVERYWHERE
from shared.http.route import UnitOfWorkRoute
from shared.http.words import CODES
from tests.contract import docstrings
from tests.contract.speech import House
from tests.contract.step import ROOT, Context
from tests.form.source import SERVICES

WARNINGS: Final = ROOT / "gateway" / "gateway" / "portal" / "warnings.json"
# What a function asks, and cannot be refused by.
NEVER: Final[Mapping[str, frozenset[str]]] = {
    # An entry that the house makes itself is whole and in one currency.
    "ip_ledger.journal.actions.post_entries": frozenset({"UNBALANCED", "CURRENCIES_MIXED"}),
    # A policy has been in force since before the first day that anybody asks for.
    "shared.directory.queries.policy_on": frozenset({"NOT_FOUND"}),
    "shared.directory.queries.policies_of_acts": frozenset({"NOT_FOUND"}),
    "registry.programme.queries.policy_version_on": frozenset({"NOT_FOUND"}),
    # What is written need not be there before.
    "registry.governance.rules.records.dossier_checks(exists=True)": frozenset({"DOSSIER_MISSING"}),
}
# Codes of a function that an operation shares with others, and cannot bring about by itself.
EXCUSED: Final[Mapping[str, frozenset[str]]] = {
    # The poster answers those who reverse an entry, too.
    "ip_ledger_post_entry": frozenset(
        {"ALREADY_REVERSED", "REVERSAL_BEFORE_ORIGINAL", "REVERSAL_OF_REVERSAL"}
    ),
    # It is the opening itself.
    "ip_ledger_approve_opening": frozenset({"BEFORE_OPENING"}),
    # It names the version that it supersedes; only a first one may exist already.
    "registry_supersede_profile": frozenset({"ALREADY_EXISTS"}),
}
# Who answers in a function's place, by a queue or a list between the two.
HANDED_TO: Final[Mapping[str, tuple[Callable[..., object], ...]]] = {
    "ip_ledger.journal.poster.Poster.post": (
        poster._settle,
        poster._refusal,
    ),
    # What it finds is told by the route class, beside what the rules of the route say.
    "shared.evidence.evidence_of.<locals>.evidence_known": (evidence.file_checks,),
}
# Spoken where no published operation is: on the pages of the door's own sign-in, in a sandbox, and
# in a list of what a step still asks for.
ELSEWHERE: Final = frozenset(
    {
        "CLOCK_BACKWARDS", "OUTSIDE_LINKED", "OUTSIDE_NO_ENTITY",
        "PASSWORD_LENGTH", "PASSWORD_TOO_PLAIN", "TENANTS_TOO_MANY",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """An operation, what its document names, and what its code says."""

    name: str
    place: str
    documented: frozenset[str]
    # Added by its declaration alone.
    declared: frozenset[str]
    # What it surely judges, each code with the way to it.
    refused: Mapping[str, list[str]]
    # What it can answer at most.
    possible: frozenset[str]
    warned: frozenset[str]


def ask(_: Context) -> list[str]:
    """Name each code that an operation can answer and does not document, and the reverse.

    Docstrings that name codes are held against the code in the same way.
    """
    every = operations()
    return [
        *(fault for one in every for fault in faults_of(one)),
        *idle(every),
        *docstrings.faults(*houses()),
    ]


def faults_of(one: Operation) -> Iterator[str]:
    """Name what an operation lacks, and what it names in vain."""
    known = one.documented | EVERYWHERE | EXCUSED.get(one.name, frozenset())
    for code in sorted(one.refused.keys() - known):
        yield f"{one.place} can answer {code}: {' > '.join(one.refused[code])}"
    for code in sorted(one.documented - one.possible - one.declared - EVERYWHERE):
        yield f"{one.place} documents {code}, which nothing behind it says"


def idle(every: Iterable[Operation]) -> list[str]:
    """Name codes that nothing published says, and exceptions that excuse nothing."""
    every = list(every)
    said = {code for one in every for code in (*one.possible, *one.declared, *one.warned)}
    silent = set(CODES) - said - EVERYWHERE
    excused = {
        f"{name}: {code} is excused, and never said"
        for name, codes in EXCUSED.items()
        for code in codes
        if not any(one.name == name and code in one.refused for one in every)
    }
    return [
        *(f"no operation answers {code}" for code in sorted(silent - ELSEWHERE)),
        *(f"{code} is answered by an operation" for code in sorted(ELSEWHERE - silent)),
        *sorted(excused),
    ]


def warnings() -> str:
    """Give the codes that only ever warn, each with the operations whose answers bear it."""
    every = operations()
    refused = {code for one in every for code in one.possible}
    found: dict[str, list[str]] = {}
    for one in every:
        for code in one.warned - refused - EVERYWHERE:
            found.setdefault(code, []).append(one.name)
    told = {code: sorted(names) for code, names in sorted(found.items())}
    return json.dumps(told, indent=1) + "\n"


@cache
def houses() -> tuple[House, House]:
    """Give the code as it is read: what is surely judged, and what can come out at most."""
    return (
        House(handed_to=HANDED_TO, never=NEVER),
        House(handed_to=HANDED_TO, broad=True),
    )


@cache
def operations() -> tuple[Operation, ...]:
    """Read every published operation of all services."""
    os.environ.setdefault("ZHICHUANG_DATABASE_URL", "postgresql+asyncpg://nobody@/nothing")
    surely, at_most = houses()
    return tuple(
        _read(surely, at_most, route, method, published)
        for package in SERVICES
        for route, method, published in _published(package)
    )


def _published(package: str) -> Iterator[tuple[UnitOfWorkRoute, str, dict[str, Any]]]:
    app = importlib.import_module(f"{package}.app").create_app().fastapi
    document = app.openapi()
    for route in app.routes:
        if isinstance(route, UnitOfWorkRoute) and route.include_in_schema:
            for method in sorted(route.methods or ()):
                yield route, method, document["paths"][route.path_format][method.lower()]


def _read(
    surely: House, at_most: House, route: UnitOfWorkRoute, method: str, published: dict[str, Any]
) -> Operation:
    calls, bodies = list(calls_of(route.dependant)), list(bodies_of(route.dependant))
    return Operation(
        published["operationId"],
        f"{method} {route.path_format}",
        documented=frozenset(codes_of(published)),
        declared=frozenset(declared_problems(route)),
        refused=surely.refusals(calls, bodies),
        possible=frozenset(at_most.refusals(calls, bodies)),
        warned=frozenset(at_most.warnings(calls)),
    )


def codes_of(operation: dict[str, Any]) -> Iterator[str]:
    """Name the codes that an operation documents."""
    for answer in operation["responses"].values():
        for media in answer.get("content", {}).values():
            yield from (code for code in media.get("examples", {}) if code in CODES)


def calls_of(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """Give the handler and whatever it asks for."""
    if dependant.call is not None:
        yield dependant.call
    for one in dependant.dependencies:
        yield from calls_of(one)


def bodies_of(dependant: Dependant) -> Iterator[Any]:
    """Give the types of what is sent."""
    for field in dependant.body_params:
        yield field.field_info.annotation
        yield from field.field_info.metadata
    for one in dependant.dependencies:
        yield from bodies_of(one)
