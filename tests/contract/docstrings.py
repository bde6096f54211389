"""Whether a docstring that names codes names those that its function refuses with.

    Raises `Refused`: NOT_FOUND, COI_… for a conflict, or as `preview`.

What stands there is held against what `tests.contract.speech` reads from the code: a code that the
function surely judges has to be named, and one that nothing behind it says may not be. `COI_…` is
every code that begins so. A name in backticks is a function of the module, or of one that it
imports, and stands for what that refuses with and for the checks that it gives. What any operation
may answer (`EVERYWHERE`) need not be named; what a function cannot bring about (`EXCUSED`) may not.

No more is seen than there: which branch is taken is not, so that a code may be named that only
another caller meets; and what a table's constraint alone refuses may be named, and need not. A
docstring without `Raises` is not asked for one, and words about when a code comes are not read.
"""

import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.http.problem import EVERYWHERE
from shared.http.words import CODES
from tests.contract.speech import House
from tests.contract.speech.names import MISSING, Function, name_of, unwrapped
from tests.form.source import SERVICES, SHARED, Module, modules

RAISES: Final = re.compile(r"Raises\s+`Refused`(.*?)\.?(?=\.\s|\Z)", re.DOTALL)
CODE: Final = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*(?:_…)?")
NAME: Final = re.compile(r"`([A-Za-z_.]+)`")
ROOTS: Final = {**SERVICES, "shared": SHARED}
_THERE: Final = frozenset({"NOT_FOUND"})
# What a function asks, and cannot be refused by.
EXCUSED: Final[Mapping[str, frozenset[str]]] = {
    # It has made, locked or looked for the very thing that it then finds.
    "evaluation.results.computing_actions._further_inputs": _THERE,
    "gateway.outside.actions.claim": _THERE | {"STATE_CONFLICT"},
    "ip_ledger.journal.actions.open_account": _THERE,
    "registry.governance.actions.plans.revise_plan": _THERE,
    "registry.governance.actions.dossiers.return_dossier": _THERE,
    "registry.governance.actions.dossiers.submit_dossier": _THERE,
    "registry.governance.actions.stages.change_stage": _THERE,
    "registry.memberships.actions.expel": _THERE,
    # Its people are new: nobody is named.
    "gateway.sandbox.actions.make_tenant": _THERE,
}


@dataclass(frozen=True)
class Told:
    """What a docstring says: codes, beginnings of codes, and functions that say the rest."""

    codes: frozenset[str]
    beginnings: frozenset[str]
    names: tuple[str, ...]


def told_in(docstring: str) -> Told | None:
    """Read what a docstring says of refusals; nothing where it does not speak of any."""
    said = " ".join(RAISES.findall(docstring))
    if not said:
        return None
    words = set(CODE.findall(said))
    return Told(
        frozenset(word for word in words if word in CODES),
        frozenset(word.removesuffix("…") for word in words if word.endswith("…")),
        tuple(NAME.findall(said)),
    )


def faults(surely: House, at_most: House) -> Iterator[str]:
    """Name what a docstring keeps quiet, what it names in vain, and what is excused in vain."""
    waiting = {name: set(codes) for name, codes in EXCUSED.items()}
    for place, function in functions():
        told = told_in(inspect.getdoc(function) or "")
        if told is not None:
            yield from (f"{place} {fault}" for fault in faults_of(function, told, surely, at_most))
            name = name_of(function)
            waiting.get(name, set()).difference_update(surely.refusals([function]))
    yield from (
        f"{name}: {code} is excused, and never said"
        for name, codes in waiting.items()
        for code in sorted(codes)
    )


def faults_of(function: Function, told: Told, surely: House, at_most: House) -> Iterator[str]:
    """Hold one docstring against the code."""
    named = set(told.codes)
    for name in told.names:
        other = found(function, name)
        if other is MISSING:
            yield f"names `{name}`, which its module does not know"
        else:
            named |= at_most.said_by(other)
    excused = EXCUSED.get(name_of(function), frozenset())
    possible = at_most.refusals([function]).keys() - excused
    for beginning in sorted(told.beginnings):
        begun = {code for code in possible if code.startswith(beginning)}
        named |= begun
        if not begun:
            yield f"names {beginning}…, and nothing behind it says such a code"
    refused = surely.refusals([function])
    for code in sorted(refused.keys() - named - excused - EVERYWHERE):
        yield f"can raise {code}: {' > '.join(refused[code])}"
    for code in sorted(told.codes - possible):
        yield f"names {code}, which nothing behind it says"


def found(function: Function, name: str) -> Any:
    """Give what a name means where the function stands: `preview`, `rules.content_checks`."""
    first, *rest = name.split(".")
    thing = function.__globals__.get(first, MISSING)
    for part in rest:
        thing = getattr(thing, part, MISSING)
    return thing


def functions() -> Iterator[tuple[str, Function]]:
    """Give every function and method whose docstring speaks of refusals, with its place."""
    for module in modules(*ROOTS):
        if "Raises" not in module.text or "migrations" in module.path.parts:
            continue
        real = importlib.import_module(dotted(module))
        own = [one for one in vars(real).values() if _is_of(one, real.__name__)]
        own += [one for kind in own if isinstance(kind, type) for one in vars(kind).values()]
        for one in map(unwrapped, own):
            if isinstance(one, Function) and _is_of(one, real.__name__):
                yield f"{module.name}:{one.__code__.co_firstlineno} {one.__qualname__}", one


def dotted(module: Module) -> str:
    """Give the name under which a module is imported."""
    path = module.path.relative_to(ROOTS[module.package].parent).with_suffix("")
    return ".".join(path.parts).removesuffix(".__init__")


def _is_of(thing: object, name: str) -> bool:
    return getattr(unwrapped(thing), "__module__", None) == name
