"""An Atom feed that any reader can read, whatever its texts hold."""

from datetime import UTC, datetime
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest

from shared.documents.feeds import NAMESPACE, Entry, Feed, atom

ID = UUID("01987000-0000-7000-8000-000000000001")
AT = datetime(2027, 6, 1, 2, tzinfo=UTC)


def one(text: str) -> Feed:
    return Feed("案例", "/feed", "工程", [Entry(ID, text, AT, "/cases/1", text, "中心")])


@pytest.mark.requirement("A157")
def test_a_feed_has_what_the_standard_asks_for() -> None:
    root = ET.fromstring(atom(one("键合工艺")))  # noqa: S314 - written here
    place = {"a": NAMESPACE}
    assert root.tag == f"{{{NAMESPACE}}}feed"
    assert all(root.find(f"a:{name}", place) is not None for name in ("id", "title", "updated"))
    entry = root.find("a:entry", place)
    assert entry is not None
    assert [entry.findtext(f"a:{name}", None, place) for name in ("id", "title", "updated")] == [
        ID.urn, "键合工艺", "2027-06-01T02:00:00Z",
    ]  # fmt: skip
    assert root.findtext("a:updated", None, place) == "2027-06-01T02:00:00Z"
    assert atom(one("键合工艺")) == atom(one("键合工艺"))


@pytest.mark.parametrize("text", ["<b>&amp;]]>", "\x01\x0b\x1f", "\ufffe\ud7ff😀", "\u202e右至左"])
def test_no_text_breaks_the_document(text: str) -> None:
    root = ET.fromstring(atom(one(text)))  # noqa: S314 - written here
    shown = root.findtext("a:entry/a:content", None, {"a": NAMESPACE})
    assert shown is not None
    assert len(shown) == len(text)


def test_a_feed_without_entries_is_one() -> None:
    root = ET.fromstring(atom(Feed("案例", "/feed", "工程", [])))  # noqa: S314 - written here
    assert root.findtext("a:updated", None, {"a": NAMESPACE}) == "1970-01-01T00:00:00Z"
