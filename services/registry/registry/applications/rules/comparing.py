"""How one submission differs from another, field by field, and which files it rests on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

# What tells an entry of a list from its neighbours; the first set that all entries hold counts.
IDENTITIES: Final = (("id",), ("metric_code", "year"), ("kind",), ("year",), ("part",))


class ChangeKind(StrEnum):
    """What happened to a field between two submissions."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs; `pointer` (RFC 6901) leads into the later one, if it is there."""

    pointer: str
    kind: ChangeKind
    before: Any = None
    after: Any = None


def changes(before: Any, after: Any, pointer: str = "") -> Iterator[FieldChange]:  # noqa: ANN401 - JSON
    """Compare two JSON values; entries of lists are matched by what identifies them (A117)."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            yield from _side(before, after, name, f"{pointer}/{_escaped(name)}")
    elif isinstance(before, list) and isinstance(after, list):
        yield from _list_changes(before, after, pointer)
    elif before != after or isinstance(before, bool) is not isinstance(after, bool):
        yield FieldChange(pointer, ChangeKind.CHANGED, before, after)


def _side(
    before: Mapping[Any, Any], after: Mapping[Any, Any], key: object, pointer: str
) -> Iterator[FieldChange]:
    if key not in before:
        yield FieldChange(pointer, ChangeKind.ADDED, after=after[key])
    elif key not in after:
        yield FieldChange(pointer, ChangeKind.REMOVED, before=before[key])
    else:
        yield from changes(before[key], after[key], pointer)


def _list_changes(
    before: Sequence[Any], after: Sequence[Any], pointer: str
) -> Iterator[FieldChange]:
    names = next((names for names in IDENTITIES if _identified(before, after, names)), None)
    old, new = _by_identity(before, names), _by_identity(after, names)
    old_places = {key: place for place, key in enumerate(old)}
    places = {key: place for place, key in enumerate(new)}
    # What is gone is named by where it stood.
    for key in [*new, *(key for key in old if key not in new)]:
        place = places.get(key, old_places.get(key))
        yield from _side(old, new, key, f"{pointer}/{place}")


def _identified(before: Sequence[Any], after: Sequence[Any], names: Sequence[str]) -> bool:
    for entries in (before, after):
        if not all(isinstance(one, Mapping) and set(names) <= one.keys() for one in entries):
            return False
        if len({_key(one, names) for one in entries}) != len(entries):
            return False
    return True


def _key(entry: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    return tuple(repr(entry[name]) for name in names)


def _by_identity(entries: Sequence[Any], names: Sequence[str] | None) -> dict[object, Any]:
    if names is None:
        return dict(enumerate(entries))
    return {_key(entry, names): entry for entry in entries}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def file_ids(content: object) -> Iterator[str]:
    """Give the ids of the files that a submission names, wherever they stand."""
    if isinstance(content, Mapping):
        for name, value in content.items():
            if name == "file_id" and isinstance(value, str):
                yield value
            else:
                yield from file_ids(value)
    elif isinstance(content, list):
        for item in content:
            yield from file_ids(item)
