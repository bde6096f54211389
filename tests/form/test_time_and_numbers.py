"""Time comes in as an argument, and nothing that is counted is a float."""

import ast
import re

from shared.services import GATEWAY
from tests.form.source import SERVICES, features, listed, modules

SQL_CLOCK = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)"
    r"|\bCURRENT_(DATE|TIME|TIMESTAMP)\b|\bLOCALTIME(STAMP)?\b",
    re.IGNORECASE,
)
SQL = re.compile(r"\b(select|insert|update|default|where|values)\b", re.IGNORECASE)
PROGRAMME = [name for name in SERVICES if name != GATEWAY]
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
}
MESSAGE_ROOMS = {"schemas"}


def test_no_statement_asks_the_database_what_time_it_is() -> None:
    faults = [
        module.at(node)
        for module in modules()
        if module.room not in MESSAGE_ROOMS
        for node in module.strings()
        if SQL_CLOCK.search(str(node.value))
        and re.search(r"(?i)\b(select|insert|update|default|where|values)\b", str(node.value))
    ]
    faults += [
        module.at(node)
        for module in modules()
        for node in module.nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "func"
        and SQL_CLOCK.search(f"{node.attr}()")
    ]
    assert not faults, listed(faults)


def test_no_feature_reads_a_clock_of_its_own() -> None:
    """Tokens, leases and time-outs use real time; they live in the gateway and in shared."""
    faults = [
        f"{module.at(call)} calls {name}"
        for module in features()
        if module.package in PROGRAMME
        for call, name in module.calls()
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and (call.func.value.id, name) in CLOCKS
    ]
    assert not faults, listed(faults)


def test_rules_count_without_floats() -> None:
    faults = [
        module.at(node)
        for module in features()
        if module.room == "rules"
        for node in module.nodes
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]
    assert not faults, listed(faults)
