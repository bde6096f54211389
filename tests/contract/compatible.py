"""What breaks a caller, between two OpenAPI documents.

A request must still be taken, and an answer still be understood: what is sent must not be
narrowed, what is read must not be widened to what a reader has no place for. Adding an operation,
an optional input, a field or a value of an enum breaks nobody (`docs/decisions/0240`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

Node = Mapping[str, Any]

METHODS: Final = ("get", "put", "post", "delete", "patch", "head", "options")
# A bound, and whether a greater value lets more through.
BOUNDS: Final[Mapping[str, bool]] = {
    "maximum": True,
    "exclusiveMaximum": True,
    "maxLength": True,
    "maxItems": True,
    "maxProperties": True,
    "minimum": False,
    "exclusiveMinimum": False,
    "minLength": False,
    "minItems": False,
    "minProperties": False,
}

_SIMPLE: Final = {"null", "string", "integer", "number", "boolean"}


class Way(StrEnum):
    """Who has to understand a schema: we what is sent, or the caller what is answered."""

    REQUEST = "request"
    RESPONSE = "response"


@dataclass(frozen=True, slots=True, order=True)
class Break:
    """A rule, and where it was broken."""

    rule: str
    place: str

    def __str__(self) -> str:
        """Write it as `docs/api/breaking.toml` names it."""
        return f"{self.rule} {self.place}"


@dataclass
class _Comparison:
    old: Node
    new: Node
    found: set[Break] = field(default_factory=set)
    seen: set[tuple[str, str, Way]] = field(default_factory=set)

    def add(self, rule: str, place: str) -> None:
        self.found.add(Break(rule, place))

    def trial(self) -> "_Comparison":
        """Compare apart, to see whether one schema could stand for another."""
        return _Comparison(self.old, self.new, seen=set(self.seen))


def breaks(old: Node, new: Node) -> list[Break]:
    """Name every break, in order."""
    comparison = _Comparison(old, new)
    for path, item in old["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            place = f"{method.upper()} {path}"
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                comparison.add("removed-operation", place)
            else:
                _operation(comparison, place, item[method], now)
    return sorted(comparison.found)


def _operation(to: _Comparison, place: str, old: Node, new: Node) -> None:
    if old.get("operationId") != new.get("operationId"):
        to.add("changed-operation-id", place)
    if old.get("security", to.old.get("security")) != new.get("security", to.new.get("security")):
        to.add("changed-security", place)
    had, has = (set(one.get("x-access", {}).get("capacities", ())) for one in (old, new))
    # None named means anyone with a token, or without one.
    if has and (not had or had - has):
        to.add("narrowed-access", place)
    _parameters(to, place, old, new)
    _request_body(to, place, old.get("requestBody"), new.get("requestBody"))
    _answers(to, place, old["responses"], new["responses"])


def _parameters(to: _Comparison, place: str, old: Node, new: Node) -> None:
    def named(one: Node) -> dict[tuple[str, str], Node]:
        # Header names have no case.
        return {
            (two["in"], two["name"].lower() if two["in"] == "header" else two["name"]): two
            for two in one.get("parameters", ())
        }

    before, after = named(old), named(new)
    for key, parameter in before.items():
        name = f"{place} {key[0]} {key[1]}"
        if key not in after:
            to.add("removed-parameter", name)
            continue
        if after[key].get("required") and not parameter.get("required"):
            to.add("required-input", name)
        _schema(to, name, parameter.get("schema", {}), after[key].get("schema", {}), Way.REQUEST)
    for key, parameter in after.items():
        if key not in before and parameter.get("required"):
            to.add("required-input", f"{place} {key[0]} {key[1]}")


def _request_body(to: _Comparison, place: str, old: Node | None, new: Node | None) -> None:
    if new is None:
        if old is not None:
            to.add("removed-body", place)
        return
    if new.get("required") and not (old or {}).get("required"):
        to.add("required-input", f"{place} body")
    _contents(to, f"{place} body", old or {}, new, Way.REQUEST)


def _answers(to: _Comparison, place: str, old: Node, new: Node) -> None:
    for status, answer in old.items():
        if not status.startswith("2"):
            # Which problems can occur is for people; their form is one, and is compared there.
            continue
        if status not in new:
            to.add("removed-answer", f"{place} {status}")
        else:
            _contents(to, f"{place} {status}", answer, new[status], Way.RESPONSE)


def _contents(to: _Comparison, place: str, old: Node, new: Node, way: Way) -> None:
    for media, content in old.get("content", {}).items():
        if media not in new.get("content", {}):
            to.add("removed-media-type", f"{place} {media}")
            continue
        now = new["content"][media]
        _schema(to, place, content.get("schema", {}), now.get("schema", {}), way)


def _schema(to: _Comparison, place: str, old: Node, new: Node, way: Way) -> None:
    """Compare each alternative of the old schema with the one that stands for it now."""
    before, after = list(_alternatives(to.old, old)), list(_alternatives(to.new, new))
    if len(before) == len(after) == 1:
        _named(to, place, before[0], after[0], way)
        return
    for one in before:
        same = [other for other in after if other[0] == one[0]]
        if len(same) == 1:
            _named(to, place, one, same[0], way)
        elif not any(_fits(to, place, one, other, way) for other in after):
            to.add("removed-alternative", f"{place} {one[0]} ({way})")
    if way is Way.RESPONSE:
        known = {name.partition(" ")[0] for name, _ in before}
        # A further model of a union is an addition; null or another simple type is not.
        for name in {name.partition(" ")[0] for name, _ in after} & _SIMPLE - known:
            to.add("widened-answer", f"{place} {name}")


def _alternatives(document: Node, schema: Node) -> Iterator[tuple[str, Node]]:
    """Give what a schema may be, each by its model's name or its type."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        inner = document["components"]["schemas"][name]
        if "anyOf" in inner or "oneOf" in inner:
            yield from _alternatives(document, inner)
        else:
            yield name, inner
        return
    several = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    for one in several:
        yield from _alternatives(document, one)
    types = schema.get("type")
    if isinstance(types, list):
        for one in types:
            yield one, {**schema, "type": one}
    elif not several:
        yield " ".join(filter(None, (types or "anything", schema.get("format")))), schema


def _fits(
    to: _Comparison, place: str, old: tuple[str, Node], new: tuple[str, Node], way: Way
) -> bool:
    trial = to.trial()
    _named(trial, place, old, new, way)
    return not trial.found


def _named(
    to: _Comparison, place: str, old: tuple[str, Node], new: tuple[str, Node], way: Way
) -> None:
    """Compare two models once, wherever they are used; name the place by the model."""
    model = "properties" in old[1] and old[0] != "object"
    if model:
        key = (old[0], new[0], way)
        if key in to.seen:
            return
        to.seen.add(key)
    where = old[0] if model else place
    for compare in _COMPARED:
        compare(to, where, old[1], new[1], way)


def _types(to: _Comparison, place: str, old: Node, new: Node, way: Way) -> None:
    had, has = old.get("type"), new.get("type")
    if way is Way.RESPONSE:
        had, has = has, had
    # What is taken may grow, from whole numbers to all; what is given may shrink the same way.
    if has is not None and had != has and (had, has) != ("integer", "number"):
        to.add("changed-type", f"{place} ({way})")


def _values(to: _Comparison, place: str, old: Node, new: Node, way: Way) -> None:
    had, has = _enum(old), _enum(new)
    if has is None:
        if had is not None and way is Way.RESPONSE:
            to.add("changed-type", f"{place} ({way})")
        return
    if had is None:
        if way is Way.REQUEST:
            to.add("narrowed-input", f"{place} enum")
        return
    for value in had - has:
        to.add("removed-value", f"{place} {value} ({way})")


def _enum(schema: Node) -> set[str] | None:
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return None if values is None else {str(value) for value in values}


def _bounds(to: _Comparison, place: str, old: Node, new: Node, way: Way) -> None:
    if way is Way.RESPONSE:
        return
    for name, greater_is_wider in BOUNDS.items():
        had, has = old.get(name), new.get(name)
        if has is None or had == has:
            continue
        if had is None or (has < had) is greater_is_wider:
            to.add("narrowed-input", f"{place} {name}")
    for name in ("pattern", "format"):
        if new.get(name) not in (None, old.get(name)) and not _all_match(old, new, name):
            to.add("narrowed-input", f"{place} {name}")
    if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
        to.add("narrowed-input", f"{place} additionalProperties")


def _all_match(old: Node, new: Node, name: str) -> bool:
    """Tell whether the few values that were taken all fit a new pattern."""
    values = _enum(old)
    known = name == "pattern" and values is not None
    return known and all(re.search(new[name], value) for value in values or ())


def _fields(to: _Comparison, place: str, old: Node, new: Node, way: Way) -> None:
    had, has = old.get("properties", {}), new.get("properties", {})
    for name, schema in had.items():
        if name in has:
            _schema(to, f"{place}.{name}", schema, has[name], way)
        elif has or new.get("type") == "object":
            to.add("removed-field", f"{place}.{name} ({way})")
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    if way is Way.REQUEST:
        for name in after - before:
            to.add("required-input", f"{place}.{name}")
    else:
        for name in (before - after) & has.keys():
            to.add("optional-answer", f"{place}.{name}")


def _items(to: _Comparison, place: str, old: Node, new: Node, way: Way) -> None:
    for name in ("items", "additionalProperties"):
        had, has = old.get(name), new.get(name)
        if isinstance(had, Mapping) and isinstance(has, Mapping):
            _schema(to, f"{place}[]", had, has, way)


_COMPARED: Final[tuple[Callable[[_Comparison, str, Node, Node, Way], None], ...]] = (
    _types,
    _values,
    _bounds,
    _fields,
    _items,
)
