"""Types of events whose second word the code puts in: `f"draw.{draw.state.value}"`, word by word.

What the code says by a text, a choice of texts or a table of texts is read there. What it says by a
state is looked up: the states to which the feature's machine leads, or the members of its enum.
"""

import ast
from collections.abc import Mapping
from enum import Enum
from importlib import import_module
from typing import Final

from tests.form.source import Module

# What no record ever says: the state in which a thing begins, told under a name of its own.
NEVER: Final = frozenset({"notice.open"})
# By what stands before the word: the machine or the enum that holds it.
STATES: Final[Mapping[str, str]] = {
    "asset.": "ip_ledger.assets.rules.MOVES",
    "award.": "registry.publicity.rules.AWARD_MOVES",
    "contract.": "ip_ledger.contracts.rules.MOVES",
    "cycle_run.": "evaluation.runs.rules.CycleRunKind",
    "draw.": "evaluation.assignments.rules.MOVES",
    "expert.": "evaluation.experts.rules.MOVES",
    "inventor_change.": "ip_ledger.assets.proposal_rules.State",
    "license.": "ip_ledger.contracts.rules.MOVES",
    "notice.": "registry.notices.rules.State",
    "organization.statement_": "registry.organizations.rules.VerificationDecision",
    "ownership_proposal.": "ip_ledger.assets.proposal_rules.State",
    "policy.": "registry.programme.policy_rules.PolicyEvent",
    "publicity.": "registry.publicity.rules.ITEM_MOVES",
    "qualification.": "registry.organizations.rules.MOVES",
    "support_measure.": "registry.support.rules.MEASURE_MOVES",
    "support_payment.": "registry.support.payment_rules.PAYMENT_MOVES",
    "witness.": "ip_ledger.witnesses.rules.MOVES",
}


def stem_of(node: ast.expr) -> tuple[str, ast.expr, str] | None:
    """Take a type apart whose second word is put in: what is before it, it, and what is behind."""
    if not isinstance(node, ast.JoinedStr) or len(node.values) < 2:
        return None
    first, word, *rest = node.values
    if not isinstance(first, ast.Constant) or not isinstance(word, ast.FormattedValue):
        return None
    last = rest[0].value if rest and isinstance(rest[0], ast.Constant) else ""
    return str(first.value), word.value, str(last)


def typed(module: Module, stem: str, word: ast.expr, last: str) -> list[str]:
    """Give each type of a family."""
    return sorted({f"{stem}{one}{last}" for one in _words(module, stem, word)} - NEVER)


def _words(module: Module, stem: str, node: ast.expr) -> list[str]:
    """Give the words that an expression may stand for."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return [*_words(module, stem, node.body), *_words(module, stem, node.orelse)]
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        return _table(module, node.value.id)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        named = node.func.value
        known = _table(module, named.id) if isinstance(named, ast.Name) else []
        return [*known, *(word for one in node.args[1:] for word in _words(module, stem, one))]
    if isinstance(node, ast.Name):
        given = [one.value for one in _assigned(module, node.id)]
        given = given or _passed(module, node.id)
        if given:
            return [word for one in given for word in _words(module, stem, one)]
    return states(stem)


def states(stem: str) -> list[str]:
    """Give the words of a family that are states; raises `KeyError` where nobody says which."""
    place, _, name = STATES[stem].rpartition(".")
    found = getattr(import_module(place), name)
    values = found.values() if isinstance(found, Mapping) else found
    return sorted({str(one.value) for one in values if isinstance(one, Enum)})


def _assigned(module: Module, name: str) -> list[ast.Assign]:
    return [
        node
        for node in module.nodes
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == name
        and isinstance(node.value, ast.Constant | ast.IfExp | ast.Dict)
    ]


def _passed(module: Module, name: str) -> list[ast.expr]:
    """Give what the module's own calls pass to parameters of a name, except others' parameters."""
    places = {
        scope.name: [one.arg for one in scope.args.args].index(name)
        for scope in module.nodes
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef)
        and name in [one.arg for one in scope.args.args]
    }
    given = [
        call.args[places[called]]
        for call, called in module.calls()
        if called in places and len(call.args) > places[called]
    ]
    return [one for one in given if not isinstance(one, ast.Name)]


def _table(module: Module, name: str) -> list[str]:
    """Give the texts of a table that stands in the module under a name."""
    return [
        str(value.value)
        for node in _assigned(module, name)
        if isinstance(node.value, ast.Dict)
        for value in node.value.values
        if isinstance(value, ast.Constant)
    ]
