"""PDF by Typst: a template of ours, values of theirs, and a Chinese font that ships with us.

Values reach a template as JSON (`data` in its scope) and never as markup, so that a name such as
`#import` is printed and not run. Typst packages, system fonts and the network are out of reach.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import typst

# Pages carry their own dates; the file's date is fixed, so that the same values give one file.
WRITTEN_AT: Final = int(datetime(2016, 1, 1, tzinfo=UTC).timestamp())
PICTURE_PPI: Final = 110


def pdf(template: str, data: Mapping[str, Any]) -> bytes:
    """Set a document as PDF/UA-tagged PDF.

    `template` is Typst text after the house's own (`house.typ`: `title_block`, `facts`,
    `grid_of`, `chart`), with the values in `data`. Values are JSON: money as text already
    written for people, days as `YYYY-MM-DD`; an SVG chart is a text that `chart(…)` draws.
    """
    # Loaded with the first document: few processes ever set one.
    import typst

    return typst.compile(
        _source(template),
        format="pdf",
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        timestamp=WRITTEN_AT,
    )


def pictures(template: str, data: Mapping[str, Any]) -> list[bytes]:
    """Give the pages of the same document as PNG, for those who look at it."""
    import typst

    made = typst.compile(
        _source(template),
        format="png",
        ppi=PICTURE_PPI,
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return list(made) if isinstance(made, list) else [made]


@cache
def fonts() -> Path:
    """Give the folder of Noto Sans SC, a variable font under the Open Font License."""
    package = find_spec("justmytype_intl_cjk")
    if package is None or package.origin is None:
        raise RuntimeError("the package with the Chinese font is not installed")
    return Path(package.origin).parent / "fonts" / "ofl" / "notosanssc"


@cache
def _fonts() -> "typst.Fonts":
    # Read once for each process: the font is 17 MB.
    import typst

    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts())]
    )


@cache
def _house() -> str:
    return (files("shared.documents") / "house.typ").read_text(encoding="utf-8")


def _source(template: str) -> bytes:
    return f"{_house()}\n{template}".encode()
