"""Atom feeds (RFC 4287): what is new, for readers that everybody has."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID
from xml.etree import ElementTree as ET

MEDIA_TYPE: Final = "application/atom+xml"
NAMESPACE: Final = "http://www.w3.org/2005/Atom"
XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
# XML 1.0 has no way to write these, not even escaped.
UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# So many entries: a reader that comes once a month misses nothing.
NEWEST: Final = 50
PUBLISHER: Final = "上海市制造业创新中心建设工程"
# How an operation that answers with a feed documents it.
ATOM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "An Atom feed.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}
# A feed without entries has to say when it changed as well.
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was published; `href` is resolved against the feed's own address."""

    id: UUID
    title: str
    updated_at: datetime
    href: str
    text: str
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of entries, the newest first; `href` is its own address, and names it for ever."""

    title: str
    href: str
    author: str
    entries: Sequence[Entry]


def atom(feed: Feed) -> bytes:
    """Write a feed; the same feed gives the same bytes."""
    root = ET.Element("feed", {"xmlns": NAMESPACE, XML_LANG: "zh"})
    _text(root, "id", f"urn:zhichuang:{feed.href.strip('/').replace('/', ':')}")
    _text(root, "title", feed.title)
    newest = max((entry.updated_at for entry in feed.entries), default=NEVER)
    _text(root, "updated", _instant(newest))
    ET.SubElement(root, "link", {"rel": "self", "type": MEDIA_TYPE, "href": feed.href})
    _author(root, feed.author)
    for entry in feed.entries:
        _entry(root, entry)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _entry(root: ET.Element, entry: Entry) -> None:
    element = ET.SubElement(root, "entry")
    _text(element, "id", entry.id.urn)
    _text(element, "title", entry.title)
    _text(element, "updated", _instant(entry.updated_at))
    ET.SubElement(element, "link", {"rel": "alternate", "href": entry.href})
    if entry.author is not None:
        _author(element, entry.author)
    _text(element, "content", entry.text).set("type", "text")


def _author(parent: ET.Element, name: str) -> None:
    _text(ET.SubElement(parent, "author"), "name", name)


def _text(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = UNWRITABLE.sub("\ufffd", text)
    return element


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
