"""Pages of the portal, in both languages, with the style that a browser would fetch."""

import asyncio
from functools import partial
from importlib.resources import files
from typing import Any, Final

import httpx

from gateway.app import assembled
from gateway.portal import guides, problems, reference
from gateway.portal.frame import site
from gateway.settings import GatewaySettings
from shared.documents.pages import STYLE
from tests.pictures.drawing import Page

LINK: Final = "<link rel='stylesheet' href='/assets/portal.css'>"


def _drawn(name: str, language: str) -> str:
    return _styled(bytes(_page(name, language)).decode())


def _styled(html: str) -> str:
    style = files("gateway.portal").joinpath("assets", "portal.css").read_text(encoding="utf-8")
    assert LINK in html, html[:500]
    return html.replace(LINK, f"<style>{STYLE}{style}</style>")


def _page(name: str, language: str) -> bytes:
    if name == "home":
        title, text = guides.guide("home", language, guides.ADDRESS)
        return bytes(site(title, [text], language, "/").body)
    document = assembled(
        GatewaySettings(database_url="postgresql+asyncpg://nowhere/x")
    ).fastapi.openapi()
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


# Pages that the gateway shows by itself; the longest names and the longest list are among them.
PLACES: Final = {
    "event": "/events/registry/center.changed",
    "event-long": "/events/ip_ledger/ownership_proposal.withdrawn",
    "events": "/events",
    "guide-company": "/guides/company",
    "guide-events": "/guides/events",
    "limits": "/limits",
    "verify": "/verify",
    "changes": "/changes",
    "unknown": "/guides/nobody",
}


def _asked(name: str, language: str) -> str:
    return _styled(asyncio.run(_fetched(f"{PLACES[name]}?lang={language}")))


async def _fetched(path: str) -> str:
    settings = GatewaySettings(database_url="postgresql+asyncpg://nowhere/x", sandbox=True)
    app: Any = assembled(settings).fastapi
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        return (await client.get(path, headers={"Accept": "text/html"})).text


SAMPLES: Final = [
    *(
        Page(f"portal-{name}-{language}", partial(_drawn, name, language))
        for name, language in (
            ("home", "zh"), ("home", "en"), ("problem", "zh"), ("problems", "en"),
            ("reference", "zh"), ("reference", "en"),
        )
    ),
    *(
        Page(f"portal-{name}-{language}", partial(_asked, name, language))
        for name in PLACES
        for language in ("zh", "en")
    ),
]  # fmt: skip
