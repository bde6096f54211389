"""Guides for each kind of reader: Markdown of ours, in two languages, with calls that are run."""

import re
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markupsafe import Markup

import gateway

# The home page is one of them; the others are reached from it.
GUIDES: Final = ("home", "company", "agency", "front-end", "events")
# Raw HTML in a guide is text, so that a page has no markup but ours and Markdown's.
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table")
ADDRESS: Final = "http://127.0.0.1:8000"
# The list of changes lies in the checkout, and in an image beside its programs.
PLACES: Final = (
    Path(gateway.__file__).resolve().parents[2],
    Path(sys.prefix) / "share" / "zhichuang",
)
CHANGES: Final = {"zh": "CHANGELOG.zh.md", "en": "CHANGELOG.md"}
# Where a line of Chinese goes on, a browser would show a gap.
_LINE: Final = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef])")
_GAP: Final = re.compile(
    r"(?<=[\u3000-\u9fff\uff00-\uffef])\n  | *\n  (?=[\u3000-\u9fff\uff00-\uffef])"
)


@cache
def source(name: str, language: str) -> str:
    """Read a guide as it was written."""
    place = files("gateway.portal").joinpath("guides", language, f"{name}.md")
    return place.read_text(encoding="utf-8")


def guide(name: str, language: str, address: str) -> tuple[str, Markup]:
    """Give a guide's title and its text, whose calls go to the address it was read from."""
    title, _, text = _LINE.sub("", source(name, language)).partition("\n")
    html = _MARKDOWN.render(text.replace(ADDRESS, address))
    # A block of code that is wider than the page is scrolled by keyboard, too.
    html = html.replace("<pre>", '<pre tabindex="0">')
    return title.removeprefix("# "), Markup(html)  # noqa: S704 - our own text, HTML is off


@cache
def changes(language: str) -> Markup | None:
    """Give the list of changes as a page's text; None where the installation carries none."""
    kept = next((one for place in PLACES if (one := place / CHANGES[language]).is_file()), None)
    if kept is None:
        return None
    text = _GAP.sub("", kept.read_text(encoding="utf-8").partition("\n")[2])
    return Markup(_MARKDOWN.render(text))  # noqa: S704 - our own text, HTML is off
