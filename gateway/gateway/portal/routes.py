"""The portal's pages and their files."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as PathOf
from markupsafe import Markup
from starlette.responses import HTMLResponse

from gateway.openapi.routes import answered, published
from gateway.portal import chinese, event_types, problems, reference
from gateway.portal.frame import link, site
from gateway.portal.guides import GUIDES, changes, guide
from gateway.portal.words import WORDS
from gateway.schemas import WelcomeOut
from shared.client import Unavailable
from shared.documents.pages import STYLE, paragraph, section, table
from shared.http import Failure, Router, access
from shared.http.problem import language_of
from shared.http.words import CODES

router = Router(tags=["process"], include_in_schema=False)
# Its tag is made with it: the house's own routes would hash some megabytes for each reader.
documents = APIRouter(include_in_schema=False, redirect_slashes=False)
EVERYONE: Final = access(tenant="none")
ASSETS: Final = {
    "portal.css": "text/css; charset=utf-8",
    "start.js": "text/javascript; charset=utf-8",
    "try.js": "text/javascript; charset=utf-8",
    "verify.js": "text/javascript; charset=utf-8",
    "receipt.js": "text/javascript; charset=utf-8",
}

MEBIBYTE: Final = 1 << 20
FORM_WORDS: Final = ("receipt", "key", "check", "key_here", "good", "wrong")

Wanted = Annotated[Literal["zh", "en"] | None, Query(description="The page's language.")]


@router.get("/", operation_id="welcome", openapi_extra=EVERYONE)
async def welcome(request: Request, lang: Wanted = None) -> Response:
    """Welcome people with the portal, and programs with where to go on."""
    if not _wants_page(request):
        return Response(
            WelcomeOut().model_dump_json(),
            media_type="application/json",
            headers={"Vary": "Accept-Language, Accept"},
        )
    return _guide(request, "home", lang, await _standing(request, _language(request, lang)))


@router.get("/guides/{name}", operation_id="portal_guide", openapi_extra=EVERYONE)
async def read_guide(request: Request, name: str, lang: Wanted = None) -> HTMLResponse:
    """Show a guide for one kind of reader."""
    if name not in GUIDES:
        return _unknown(request, _language(request, lang))
    return _guide(request, name, lang)


@router.get("/reference", operation_id="portal_reference", openapi_extra=EVERYONE)
async def read_reference(request: Request, lang: Wanted = None) -> HTMLResponse:
    """Show the parts of the API."""
    language = _language(request, lang)
    title = WORDS[language]["reference"]
    document = await _document(request)
    if not document:
        return _unavailable(title, "/reference", language)
    return site(title, reference.tag_list(document, language), language, "/reference")


@router.get("/reference/{tag}", operation_id="portal_reference_part", openapi_extra=EVERYONE)
async def read_part(request: Request, tag: str, lang: Wanted = None) -> HTMLResponse:
    """Show the operations of one part, each with a form to try it."""
    language = _language(request, lang)
    title, place = chinese.title_of(tag, language), f"/reference/{tag}"
    document = await _document(request)
    if not document:
        return _unavailable(title, place, language)
    body = reference.tag_page(tag, document, language)
    if body is None:
        return _unknown(request, language)
    return site(title, body, language, place, script="try.js")


@documents.get("/openapi.zh.json", operation_id="portal_openapi", openapi_extra=EVERYONE)
async def read_openapi(request: Request) -> Response:
    """Give the OpenAPI document with everything that people read of it in Chinese."""
    whole = await published(request)
    return answered(request, await request.app.state.retelling.of(whole))


@router.get("/problems", operation_id="portal_problems", openapi_extra=EVERYONE)
async def read_problems(request: Request, lang: Wanted = None) -> HTMLResponse:
    """List every code that a caller may meet."""
    language = _language(request, lang)
    body = problems.problem_list(language)
    return site(WORDS[language]["problems"], body, language, "/problems")


@router.get("/problems/{code}", operation_id="portal_problem", openapi_extra=EVERYONE)
async def read_problem(request: Request, code: str, lang: Wanted = None) -> HTMLResponse:
    """Explain a code; the `type` of every problem document leads here."""
    language = _language(request, lang)
    if code not in CODES:
        return _unknown(request, language)
    body = problems.problem_page(code, await _document(request), language)
    return site(code, body, language, f"/problems/{code}")


@router.get("/events", operation_id="portal_events", openapi_extra=EVERYONE)
async def read_events(request: Request, lang: Wanted = None) -> HTMLResponse:
    """List the types of events that each service records."""
    language = _language(request, lang)
    words = WORDS[language]
    parts = [
        section(
            f"/v1/{service.replace('_', '-')}/events",
            table(
                service,
                (words["type"],),
                [
                    (link(f"/events/{service}/{one}", one, language),)
                    for one in event_types.types_of(service)
                ],
                language=language,
            ),
        )
        for service in event_types.services()
    ]
    about = [paragraph(words["events_about"]), _more("events", language)]
    return site(words["events"], [*about, *parts], language, "/events")


@router.get("/events/{service}/{name}", operation_id="portal_event", openapi_extra=EVERYONE)
async def read_event(service: str, name: str, request: Request, lang: Wanted = None) -> Response:
    """Show a type of event: the schema of its body and an example; JSON for a program."""
    language = _language(request, lang)
    words = WORDS[language]
    schema = event_types.schema_of(service, name)
    example = event_types.example_of(service, name)
    if schema is None or example is None:
        return _unknown(request, language)
    if not _wants_page(request):
        text = json.dumps({**schema, "examples": [example]}, ensure_ascii=False)
        return Response(text, media_type="application/schema+json", headers={"Vary": "Accept"})
    parts = [section(words["example"], _code(example)), section("JSON Schema", _code(schema))]
    return site(
        name, [paragraph(words["event_about"]), *parts], language, f"/events/{service}/{name}"
    )


@router.get("/codes", operation_id="portal_codes", openapi_extra=EVERYONE)
async def read_codes(request: Request, lang: Wanted = None) -> HTMLResponse:
    """Show the code tables as the registry has them now."""
    language = _language(request, lang)
    words = WORDS[language]
    answer = await _asked(request, "/v1/registry/code-tables")
    if answer is None:
        return _unavailable(words["codes"], "/codes", language)
    links = Markup().join(
        Markup("<li>{}</li>").format(link(f"/codes/{name}", name, language))
        for name in answer["items"]
    )
    body = [paragraph(words["codes_about"]), Markup("<ul class='cards'>{}</ul>").format(links)]
    return site(words["codes"], body, language, "/codes")


@router.get("/codes/{scheme}", operation_id="portal_code_table", openapi_extra=EVERYONE)
async def read_code_table(
    request: Request,
    scheme: Annotated[str, PathOf(pattern="^[a-z_]{1,64}$")],
    lang: Wanted = None,
) -> HTMLResponse:
    """Show one code table with both names of each word."""
    language = _language(request, lang)
    words = WORDS[language]
    answer = await _asked(request, f"/v1/registry/code-tables/{scheme}")
    if answer is None:
        return _unknown(request, language)
    rows = [(one["code"], one["name_zh"], one["name_en"]) for one in answer["entries"]]
    shown = table(scheme, (words["code"], "中文", "English"), rows, language=language)
    return site(scheme, [shown], language, f"/codes/{scheme}")


@router.get("/limits", operation_id="portal_limits", openapi_extra=EVERYONE)
async def read_limits(request: Request, lang: Wanted = None) -> HTMLResponse:
    """Show how many requests are allowed, and how large they may be."""
    language = _language(request, lang)
    words = WORDS[language]
    settings = request.app.state.settings
    rows = [
        (words[name], f"{allowed:,}" if allowed else words["none"])
        for name in ("client", "costly", "person", "address", "tokens")
        for allowed in [getattr(settings, f"limit_{name}")]
    ]
    shown = table(
        words["limits"], (words["whose"], words["each_minute"]), rows, numbers=(1,),
        language=language,
    )  # fmt: skip
    sizes = [
        (words[name], f"{getattr(settings, f'max_{name}_bytes') // MEBIBYTE:,} MiB")
        for name in ("json", "upload", "batch")
    ]
    bodies = table(
        words["sizes"], (words["body"], words["at_most"]), sizes, numbers=(1,), language=language
    )
    body = [paragraph(words["limits_about"]), shown, paragraph(words["sizes_about"]), bodies]
    return site(words["limits"], body, language, "/limits")


@router.get("/verify", operation_id="portal_verify", openapi_extra=EVERYONE)
async def read_verify(request: Request, lang: Wanted = None) -> HTMLResponse:
    """Offer to check a receipt in the reader's own browser."""
    language = _language(request, lang)
    words = WORDS[language]
    form = Markup(
        "<form id='verify' data-good='{good}' data-wrong='{wrong}'>"
        "<label>{receipt}<textarea id='receipt' rows='10' required"
        " spellcheck='false'></textarea></label><label>{key}<input id='key' required"
        " autocomplete='off' spellcheck='false'></label><p><button type='submit'>{check}</button>"
        " <button type='button' id='fetch-key'>{key_here}</button></p></form>"
        "<pre id='told' role='status' tabindex='0'></pre>"
    ).format(**{name: words[name] for name in FORM_WORDS})
    body = [paragraph(words["verify_about"]), form]
    return site(words["verify"], body, language, "/verify", script="verify.js")


@router.get("/changes", operation_id="portal_changes", openapi_extra=EVERYONE)
async def read_changes(request: Request, lang: Wanted = None) -> HTMLResponse:
    """Show what changed for callers."""
    language = _language(request, lang)
    words = WORDS[language]
    body = changes(language) or paragraph(words["no_changes"])
    return site(words["changes"], [body], language, "/changes")


@router.get("/assets/{name}", operation_id="portal_asset", openapi_extra=EVERYONE)
async def read_asset(name: str) -> Response:
    """Give a style or a script of ours."""
    if name not in ASSETS:
        raise Failure("NOT_FOUND")
    content = files("gateway.portal").joinpath("assets", name).read_bytes()
    if name == "portal.css":
        # The look of every page of the house, and then what only the portal has.
        content = f"{STYLE}\n".encode() + content
    headers = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=ASSETS[name], headers=headers)


def _code(value: Mapping[str, Any]) -> Markup:
    """Give a document as it would be sent, in lines; it is scrolled by keyboard, too."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return Markup("<pre tabindex='0'><code>{}</code></pre>").format(text)


def _wants_page(request: Request) -> bool:
    """Tell a browser from a program: only the first asks for HTML by name."""
    return "text/html" in request.headers.get("accept", "")


def _language(request: Request, wanted: str | None) -> str:
    return wanted or language_of(request.headers.get("accept-language"))


async def _standing(request: Request, language: str) -> Markup:
    """Say which services answer now, and what the clock of a sandbox shows."""
    words, state = WORDS[language], request.app.state
    told = await state.standing.told(state.services)
    each = [
        Markup("<li class='{}'>{} <b>{}</b></li>").format(
            "good" if ready else "wrong", words[name.replace("-", "_")],
            words["answers_now" if ready else "silent_now"],
        )
        for name, ready in told.items()
    ]  # fmt: skip
    shown = Markup("<ul class='standing' aria-label='{}'>{}</ul>").format(
        words["standing"], Markup().join(each)
    )
    if state.settings.sandbox:
        day = state.clock.today().isoformat()
        shown += Markup("<p class='none'>{}</p>").format(words["sandbox_now"].format(day=day))
    return shown


def _guide(
    request: Request, name: str, wanted: str | None, standing: Markup | None = None
) -> HTMLResponse:
    """Show a guide; where it says how things stand now, nobody keeps it."""
    language = _language(request, wanted)
    title, text = guide(name, language, str(request.base_url).rstrip("/"))
    place = "/" if name == "home" else f"/guides/{name}"
    body = [text] if standing is None else [standing, text]
    kept = 300 if standing is None else 0
    if not request.app.state.settings.sandbox:
        # Where data are real, a secret belongs to a program and not on a page.
        return site(title, body, language, place, kept_seconds=kept)
    body.insert(-1, _own_token(language))
    return site(title, body, language, place, script="start.js", kept_seconds=kept)


def _own_token(language: str) -> Markup:
    """Offer to put the reader's own token into the calls of a page."""
    words = WORDS[language]
    return Markup(
        "<details><summary>{own_token}</summary>"
        "<form id='own-token' data-filled='{own_token_filled}' data-ended='{own_token_ended}'>"
        "<p>{own_token_about}</p>"
        "<label>client_id<input name='client_id' required autocomplete='off' spellcheck='false'>"
        "</label><label>client_secret<input name='client_secret' type='password' required"
        " autocomplete='off'></label><p><button type='submit'>{own_token_fill}</button>"
        " <span role='status'></span></p></form></details>"
    ).format(**{name: text for name, text in words.items() if name.startswith("own_token")})


def _more(name: str, language: str) -> Markup:
    title = guide(name, language, "")[0]
    return Markup("<p>{}</p>").format(link(f"/guides/{name}", title, language))


def _unknown(request: Request, language: str) -> HTMLResponse:
    """Say that there is no such page, in the part of the portal where it would be."""
    words = WORDS[language]
    home = Markup("<p>{}</p>").format(link("/", words["home"], language))
    body = [paragraph(words["unknown_why"]), home]
    return site(words["unknown"], body, language, request.url.path, status=404)


async def _document(request: Request) -> Mapping[str, Any]:
    document: Mapping[str, Any] = await request.app.state.collector.document()
    return document


async def _asked(request: Request, path: str) -> Mapping[str, Any] | None:
    """Ask the registry for what anyone may read; None when it has none or does not answer."""
    try:
        answer: Mapping[str, Any] | None = await request.app.state.services.get(
            "registry", path, {}
        )
    except Unavailable:
        return None
    return answer


def _unavailable(title: str, place: str, language: str) -> HTMLResponse:
    body = [paragraph(WORDS[language]["no_document"])]
    return site(title, body, language, place, status=503, kept_seconds=0)
