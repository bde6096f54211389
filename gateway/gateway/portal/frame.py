"""The portal's frame: navigation, language, and a policy under which nothing foreign runs."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from markupsafe import Markup
from starlette.responses import HTMLResponse

from gateway.portal.words import WORDS

# Styles and scripts are files of ours; a page may talk to this house and to nobody else.
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PLACES: Final = (
    ("home", "/"),
    ("reference", "/reference"),
    ("problems", "/problems"),
    ("events", "/events"),
    ("codes", "/codes"),
    ("limits", "/limits"),
    ("verify", "/verify"),
    ("changes", "/changes"),
)
NOWHERE: Final[Mapping[str, str]] = MappingProxyType({})
# Where a long name such as `ENTITY_AGE_EXCEEDED` may go on in the next line.
BETWEEN: Final = re.compile(r"(?<=[\w}][_./])(?=[\w{])")
SCRIPTS: Final = Markup("<script type='module' src='/assets/{}'></script>")


def site(
    title: str,
    body: Sequence[Markup],
    language: str,
    place: str,
    *,
    script: str = "",
    status: int = 200,
    kept_seconds: int = 300,
) -> HTMLResponse:
    """Answer with a page of the portal; `place` is its path, for the language switch."""
    words = WORDS[language]
    other = "en" if language == "zh" else "zh"
    html = Markup(
        "<!doctype html><html lang='{tag}'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        "<title>{title} · Zhichuang</title><link rel='icon' href='data:,'>"
        "<link rel='stylesheet' href='/assets/portal.css'>{script}</head><body>"
        "<a class='skip' href='#content'>{skip}</a>"
        "<nav aria-label='{navigation}'><strong>制创 Zhichuang</strong>{links}"
        "<a class='switch' lang='{other_tag}' href='{place}?lang={other}'>{switch}</a></nav>"
        "<header><h1>{title}</h1></header><main id='content'>{body}</main>"
        "<footer>{foot}</footer></body></html>"
    ).format(
        tag=_tag(language), title=title, script=SCRIPTS.format(script) if script else "",
        skip=words["skip"], navigation=words["navigation"], links=_links(language, place),
        other_tag=_tag(other), place=place, other=other, switch=words["other_language"],
        body=Markup().join(body), foot=words["foot"],
    )  # fmt: skip
    headers = {
        "Content-Security-Policy": POLICY,
        "Cache-Control": f"public, max-age={kept_seconds}",
        "Vary": "Accept-Language, Accept",
        "Content-Language": _tag(language),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    return HTMLResponse(html, status, headers)


def link(path: str, text: str, language: str) -> Markup:
    """Give a link inside the portal that stays in its language."""
    return Markup("<a href='{}?lang={}'>{}</a>").format(path, language, breakable(text))


def breakable(name: str) -> Markup:
    """Give a long name that a narrow column breaks between its words, and nowhere else."""
    return Markup("<wbr>").join(BETWEEN.split(name))


def prose(text: str, places: Mapping[str, str] = NOWHERE) -> Markup:
    """Give a sentence of the document, whose `names` are set as code; some lead to a place."""
    pieces = text.split("`")
    return Markup().join(
        _named(piece, places.get(piece)) if at % 2 else Markup.escape(piece)
        for at, piece in enumerate(pieces)
    )


def _named(name: str, place: str | None) -> Markup:
    shown = Markup("<code>{}</code>").format(breakable(name))
    return shown if place is None else Markup("<a href='{}'>{}</a>").format(place, shown)


def _links(language: str, place: str) -> Markup:
    words = WORDS[language]
    return Markup().join(
        Markup("<a href='{}?lang={}'{}>{}</a>").format(
            path, language, Markup(" aria-current='{}'").format(current) if current else "",
            words[name],
        )
        for name, path in PLACES
        for current in [_current(path, place)]
    )  # fmt: skip


def _current(path: str, place: str) -> str:
    """Tell whether a link leads to this page, or to the part of the portal that it belongs to."""
    if path == place:
        return "page"
    return "true" if path != "/" and place.startswith(f"{path}/") else ""


def _tag(language: str) -> str:
    return "zh-CN" if language == "zh" else language
