"""Samples as PNG: documents by Typst itself, pages and charts by a browser without a network."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shared.documents import pictures
from shared.documents.typesetting import fonts

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
WIDTHS: Final[Mapping[str, int]] = {"desk": 1280, "phone": 390}
PAGE_HEIGHT: Final = 2400
SECONDS: Final = 60
FONT_SETTINGS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
<dir>{folder}</dir>
<cachedir>{cache}</cachedir>
<alias><family>sans-serif</family><prefer><family>Noto Sans SC</family></prefer></alias>
<alias><family>system-ui</family><prefer><family>Noto Sans SC</family></prefer></alias>
</fontconfig>
"""


@dataclass(frozen=True, slots=True)
class Document:
    """A PDF: its template and its values."""

    name: str
    template: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """A page, or a chart that stands for itself (`<svg …>`)."""

    name: str
    make: Callable[[], str]


Sample = Document | Page


def draw(samples: Sequence[Sample], into: Path) -> list[Path]:
    """Draw every sample; raise where one cannot be drawn."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    drawn: list[Path] = []
    for sample in samples:
        drawn += _document(sample, into) if isinstance(sample, Document) else _page(sample, into)
    return drawn


def browser() -> str | None:
    """Name the browser of this machine, if it has one."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def _document(sample: Document, into: Path) -> list[Path]:
    paths = []
    for number, content in enumerate(pictures(sample.template, sample.data), start=1):
        path = into / f"{sample.name}-{number}.png"
        path.write_bytes(content)
        paths.append(path)
    return paths


def _page(sample: Page, into: Path) -> list[Path]:
    text = sample.make()
    source = into / f"{sample.name}.{'svg' if text.lstrip().startswith('<svg') else 'html'}"
    source.write_text(text, encoding="utf-8")
    if browser() is None:
        return [source]
    paths = []
    for kind, width in WIDTHS.items():
        path = into / f"{sample.name}-{kind}.png"
        _shoot(source, path, width)
        paths.append(path)
    return paths


def _shoot(source: Path, path: Path, width: int) -> None:
    found = browser()
    assert found is not None
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "fonts.conf"
        settings.write_text(FONT_SETTINGS.format(folder=fonts(), cache=f"{folder}/cache"))
        subprocess.run(
            [
                *(found, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                *("--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder}/profile"),
                *(f"--window-size={width},{PAGE_HEIGHT}", f"--screenshot={path}"),
                source.resolve().as_uri(),
            ],
            env={**os.environ, "FONTCONFIG_FILE": str(settings), "HOME": folder},
            capture_output=True,
            check=True,
            timeout=SECONDS,
        )
