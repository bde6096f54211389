"""Pages of the portal, in both languages, with the style that a browser would fetch."""

from functools import partial
from importlib.resources import files
from typing import Final

from gateway.app import assembled
from gateway.portal import guides, problems, reference
from gateway.portal.frame import site
from gateway.settings import GatewaySettings
from shared.documents.pages import STYLE
from tests.pictures.drawing import Page

LINK: Final = "<link rel='stylesheet' href='/assets/portal.css'>"


def _drawn(name: str, language: str) -> str:
    style = files("gateway.portal").joinpath("assets", "portal.css").read_text(encoding="utf-8")
    html = bytes(_page(name, language)).decode()
    assert LINK in html
    return html.replace(LINK, f"<style>{STYLE}{style}</style>")


def _page(name: str, language: str) -> bytes:
    if name == "home":
        title, text = guides.guide("home", language, guides.ADDRESS)
        return bytes(site(title, [text], language, "/").body)
    document = assembled(
        GatewaySettings(database_url="postgresql+asyncpg://nowhere/x")
    ).fastapi.openapi()  # type: ignore[union-attr]  # there
    if name == "problem":
        code = "SUBSCRIPTIONS_TOO_MANY"
        body = problems.problem_page(code, document, language)
        return bytes(site(code, body, language, "/problems").body)
    if name == "problems":
        body = problems.problem_list(language)
        return bytes(site(name, body, language, "/problems").body)
    part = reference.tag_page("webhooks", document, language)
    assert part is not None
    return bytes(site("webhooks", part, language, "/reference").body)


SAMPLES: Final = [
    Page(f"portal-{name}-{language}", partial(_drawn, name, language))
    for name, language in (
        ("home", "zh"), ("home", "en"), ("problem", "zh"), ("problems", "en"), ("reference", "zh"),
    )
]  # fmt: skip
