"""The portal: each page in two languages, made from the code as it is, running nothing foreign."""

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from markupsafe import escape

from gateway.openapi.collecting import Collector, Published, sent
from gateway.portal import document as retelling
from gateway.portal import event_types, guides, problems
from gateway.portal.document import in_chinese
from gateway.portal.standing import Standing
from gateway.portal.words import WORDS
from gateway.proxy.upstream import Upstreams
from shared.http.words import CODES
from shared.services import SERVICES
from tests.fixtures.documents import without_words
from tests.fixtures.service import RunningService
from tests.gateway.portal.catalogue import found, untold

pytestmark = pytest.mark.anyio
PAGE = {"Accept": "text/html,application/xhtml+xml"}
PAGES = (
    "/", *(f"/guides/{name}" for name in guides.GUIDES), "/reference", "/reference/webhooks",
    "/problems", "/problems/ENTITY_AGE_EXCEEDED", "/events", "/limits", "/verify", "/changes",
    "/events/registry/fact.recorded", "/events/registry/center.changed",
)  # fmt: skip


class Read(HTMLParser):
    """What a browser would load, and where links lead; an element that never ends is an error."""

    VOID = frozenset({"meta", "link", "input", "br", "hr", "img", "wbr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, f"never ended: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "script" or (tag == "link" and given.get("rel") == "stylesheet"):
            self.loaded.append(str(given.get("src") or given.get("href")))
        if tag == "a":
            self.links.append(str(given.get("href")))
        if "id" in given:
            self.ids.append(str(given["id"]))
        self.inline += [name for name in given if name.startswith("on") or name == "style"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"{tag} ends and never began"
        begun = self.open.pop()
        assert begun == tag, f"{begun} is ended by {tag}"


@pytest.fixture
async def gateway(running: Callable[..., Any]) -> AsyncIterator[RunningService]:
    async with running("gateway") as service:
        state = service.app.state
        async with Upstreams(state.settings, SERVICES) as upstreams:
            # No service runs beside it: the document is the gateway's own.
            state.collector = Collector(upstreams, service.app.openapi, refresh_seconds=600)
            yield service


@pytest.fixture
async def browser(gateway: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway.client() as client:
        client.headers.update(PAGE)
        yield client


async def test_every_page_is_there_in_both_languages_and_loads_only_ours(
    browser: httpx.AsyncClient,
) -> None:
    leading: set[str] = set()
    for path in PAGES:
        texts = []
        for language, tag in (("zh", "zh-CN"), ("en", "en")):
            answer = await browser.get(path, params={"lang": language})
            assert answer.status_code == 200, path
            assert answer.headers["content-language"] == tag
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            read = Read(answer.text)
            assert all(one.startswith("/assets/") for one in read.loaded), read.loaded
            assert not read.inline
            assert len(set(read.ids)) == len(read.ids), path
            leading |= {link.partition("#")[0].partition("?")[0] for link in read.links}
            texts.append(answer.text)
        assert texts[0] != texts[1]
    for link in sorted(link for link in leading if link.startswith("/")):
        # What only the services have is not there while the gateway runs alone.
        there = await browser.get(link)
        alone = link in {"/codes", "/reference/facts"}
        assert there.status_code == 200 or alone, link


async def test_a_program_is_welcomed_with_json_and_a_browser_with_a_page(
    gateway: RunningService,
) -> None:
    async with gateway.client() as program:
        welcome = await program.get("/")
        page = await program.get("/", headers=PAGE | {"Accept-Language": "en"})
    assert welcome.json()["openapi"] == "/openapi.json"
    assert page.headers["content-type"].startswith("text/html")
    assert "<html lang='en'>" in page.text


async def test_the_first_page_says_which_services_answer_now(gateway: RunningService) -> None:
    words, neighbours = WORDS["en"], gateway.neighbours
    async with gateway.client() as browser:
        browser.headers.update(PAGE | {"Accept-Language": "en"})
        silent = [(await browser.get("/")).text for _ in range(2)]
        # Each service was asked once, however many look.
        assert neighbours.asked.count("GET /readyz") == 4
        neighbours.answers["GET /readyz"] = {"status": "ready"}
        gateway.app.state.standing = Standing()
        page = await browser.get("/")
        guide = await browser.get("/guides/company")
    for text, kept, lost in ((silent[0], 0, 4), (silent[1], 0, 4), (page.text, 4, 0)):
        assert text.count(f"<b>{words['answers_now']}</b>") == kept
        assert text.count(f"<b>{words['silent_now']}</b>") == lost
    # What holds for the moment is not kept; a guide is.
    assert page.headers["cache-control"] == "public, max-age=0"
    assert guide.headers["cache-control"] == "public, max-age=300"
    assert words["standing"] not in guide.text


async def test_limits_are_those_that_hold_here(
    gateway: RunningService, browser: httpx.AsyncClient
) -> None:
    settings = gateway.app.state.settings
    settings.limit_client, settings.max_json_bytes = 4_321, 3 << 20
    text = (await browser.get("/limits", params={"lang": "en"})).text
    assert "<td class='number'>4,321</td>" in text
    assert "<td class='number'>3 MiB</td>" in text


async def test_changes_are_told_in_the_readers_language(browser: httpx.AsyncClient) -> None:
    chinese, english = [
        (await browser.get("/changes", params={"lang": language})).text for language in ("zh", "en")
    ]
    assert "程序须作调整" in chinese
    assert "What a script must change" not in chinese
    assert "程序须作调整" not in english
    assert "What a script must change" in english
    # Lines of Chinese are joined without a gap.
    assert not re.search(r"[\u4e00-\u9fff]\n[\u4e00-\u9fff]", chinese)


@pytest.mark.parametrize(
    "path", ["/guides/none", "/reference/none", "/problems/NO_SUCH_CODE", "/problems/<script>"]
)
async def test_a_page_that_does_not_exist_is_404_and_echoes_nothing(
    browser: httpx.AsyncClient, path: str
) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert "<script>" not in answer.text


@pytest.mark.parametrize("name", ["none.js", "%2e%2e%2froutes.py", "routes.py"])
async def test_only_our_files_are_given(browser: httpx.AsyncClient, name: str) -> None:
    assert (await browser.get(f"/assets/{name}")).status_code in {400, 404}
    assert (await browser.get("/assets/portal.css")).status_code == 200


async def test_an_unknown_language_is_refused(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/problems", params={"lang": "fr"})).status_code == 422


async def test_every_code_has_a_page_with_its_meaning_and_what_to_do(
    browser: httpx.AsyncClient,
) -> None:
    for code, words in CODES.items():
        answer = await browser.get(f"/problems/{code}", params={"lang": "en"})
        assert answer.status_code == 200, code
        advice = problems.mending()[code]["en"].partition("`")[0]
        assert f"<th scope='row'>{WORDS['en']['mend']}</th><td>{escape(advice)}" in answer.text
        assert f"<td>{words.status}</td>" in answer.text


async def test_the_page_of_a_code_names_rule_clause_and_operations(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/problems/ENTITY_AGE_EXCEEDED")
    assert "A051" in answer.text
    assert "三(二)" in answer.text
    told = await browser.get("/problems/SUBSCRIPTIONS_TOO_MANY")
    assert "POST /v1/<wbr>webhooks" in told.text
    # What to call leads to its form; the rest of what is code does not.
    form = "<a href='/reference/webhooks?lang=zh#webhooks_list_webhooks'>"
    assert f"{form}<code>GET /v1/<wbr>webhooks</code></a>" in told.text
    # A narrow column breaks a long name between its words.
    large = await browser.get("/problems/BODY_TOO_LARGE")
    assert "<code>params.<wbr>max_<wbr>bytes</code> 是此处的上限" in large.text


@pytest.mark.parametrize(
    ("code", "said"),
    [("SEAT_MAJORITY", "warns"), ("INTERNAL", "everywhere"), ("PASSWORD_LENGTH", "elsewhere")],
)
async def test_the_page_of_a_code_says_where_else_it_is_met(
    browser: httpx.AsyncClient, code: str, said: str
) -> None:
    text = (await browser.get(f"/problems/{code}", params={"lang": "en"})).text
    told = [name for name in ("warns", "everywhere", "elsewhere") if WORDS["en"][name] in text]
    assert told == [said]


async def test_an_operation_is_shown_with_its_form_and_its_trial(
    browser: httpx.AsyncClient,
) -> None:
    text = (await browser.get("/reference/webhooks", params={"lang": "en"})).text
    assert "<code>/v1/webhooks</code>" in text
    assert "data-method='POST' data-path='/v1/webhooks'" in text
    assert re.search(r"types: \[ string", text), "the body's form is shown"
    assert "/problems/ADDRESS_PRIVATE?lang=en" in text


async def test_an_operation_and_a_part_are_shown_in_the_readers_language(
    browser: httpx.AsyncClient,
) -> None:
    pages = {
        language: (await browser.get("/reference/webhooks", params={"lang": language})).text
        for language in ("zh", "en")
    }
    lists = {
        language: (await browser.get("/reference", params={"lang": language})).text
        for language in ("zh", "en")
    }
    assert "<h1>事件推送（webhooks）</h1>" in pages["zh"]
    assert "<p>列出调用方的订阅，最新的在前。</p>" in pages["zh"]
    assert "<td class='long'>至多多少行。</td>" in pages["zh"]
    assert re.search(r"url: string.*  — 自己的 https 地址。", pages["zh"])
    assert "newest first" not in pages["zh"]
    assert "<p>List the caller&#39;s subscriptions, newest first.</p>" in pages["en"]
    assert (
        ">事件推送（webhooks）</a></h2><p>将事件推送至指定地址，附签名并保持顺序。</p>"
        in lists["zh"]
    )
    assert ">webhooks</a></h2><p>Events pushed to an address" in lists["en"]


@pytest.mark.refusing
@pytest.mark.parametrize("path", ["/reference", "/reference/webhooks", "/reference/none"])
async def test_the_reference_says_so_while_there_is_no_document(
    gateway: RunningService, browser: httpx.AsyncClient, path: str
) -> None:
    class Nothing:
        async def document(self) -> dict[str, Any]:
            return {}

    gateway.app.state.collector = Nothing()
    for language in ("zh", "en"):
        answer = await browser.get(path, params={"lang": language})
        assert answer.status_code == 503
        assert WORDS[language]["no_document"] in answer.text
        assert answer.headers["cache-control"] == "public, max-age=0"


async def test_the_whole_document_is_read_in_chinese_and_kept_by_its_tag(
    gateway: RunningService,
) -> None:
    async with gateway.client() as program:
        english = await program.get("/openapi.json")
        chinese = await program.get("/openapi.zh.json")
        kept = f'"other", {chinese.headers["etag"]}'
        again = await program.get("/openapi.zh.json", headers={"If-None-Match": kept})
        other = await program.get(
            "/openapi.zh.json", headers={"If-None-Match": english.headers["etag"]}
        )
        wrong = await program.post("/openapi.zh.json")
    assert chinese.status_code == other.status_code == 200
    for name in ("content-type", "cache-control"):
        assert chinese.headers[name] == english.headers[name]
    assert again.status_code == 304
    assert again.content == b""
    # A compressed answer's tag is weak.
    assert again.headers["etag"] == chinese.headers["etag"].removeprefix("W/")
    assert wrong.status_code == 405
    told, plain = chinese.json(), english.json()
    assert without_words(told) == without_words(plain)
    assert told["info"]["title"] == "制创"
    assert told["paths"]["/v1/webhooks"]["get"]["summary"] == "列出调用方的订阅，最新的在前"
    assert plain["paths"]["/v1/webhooks"]["get"]["summary"] == "List Webhooks"


async def test_the_document_in_chinese_is_made_once_for_each_that_is_published(
    gateway: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    def making(one: Mapping[str, Any]) -> dict[str, Any]:
        made.append(one)
        assert threading.current_thread() is not threading.main_thread()
        return in_chinese(one)

    monkeypatch.setattr(retelling, "in_chinese", making)
    collector = gateway.app.state.collector
    async with gateway.client() as program:
        async with asyncio.TaskGroup() as readers:
            for _ in range(3):
                readers.create_task(program.get("/openapi.zh.json"))
        assert len(made) == 1
        first = await program.get("/openapi.zh.json")
        newer = {**await collector.document(), "servers": [{"url": "/new"}]}
        collector._published = Published(newer, sent(newer))
        second = await program.get("/openapi.zh.json")
    assert len(made) == 2
    assert second.headers["etag"] != first.headers["etag"]
    assert second.json()["servers"] == [{"url": "/new"}]


@pytest.mark.refusing
@pytest.mark.parametrize("path", ["/openapi.json", "/openapi.zh.json"])
async def test_no_document_is_503_in_either_language(gateway: RunningService, path: str) -> None:
    class Nothing:
        async def published(self) -> None:
            return None

    gateway.app.state.collector = Nothing()
    async with gateway.client() as program:
        answer = await program.get(path)
    assert answer.status_code == 503
    assert answer.json()["code"] == "UNAVAILABLE"


async def test_the_code_tables_say_so_while_the_registry_is_away(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/codes")
    assert answer.status_code == 503
    assert WORDS["zh"]["no_document"] in answer.text


def test_the_catalogue_is_that_of_the_code() -> None:
    assert problems.catalogue() == found(), "out of date: run `make documents`"


def test_every_place_that_records_tells_its_type() -> None:
    assert untold() == []


def test_every_type_of_event_has_a_schema_that_its_example_fits() -> None:
    checked = 0
    for service in event_types.services():
        for name in event_types.types_of(service):
            schema = event_types.schema_of(service, name)
            assert schema is not None
            Draft202012Validator.check_schema(schema)
            validator = Draft202012Validator(schema, format_checker=FormatChecker())
            example = event_types.example_of(service, name)
            validator.validate(example)
            # One type each, none of a family; and no text that stands for another.
            assert schema["properties"]["type"] == {"const": name}
            assert "*" not in name
            assert "…" not in json.dumps(example, ensure_ascii=False), name
            assert None not in example["data"].values(), name  # type: ignore[index]  # it is there
            checked += 1
    assert checked > 420


def test_a_family_of_events_has_a_schema_for_each_of_its_types() -> None:
    listed = event_types.schema_of("registry", "application.listed")
    drawn = event_types.schema_of("evaluation", "draw.drawn")
    assert listed is not None
    assert drawn is not None
    assert {"code", "listed_on", "doc_no"} <= set(_data(listed)["required"])
    assert (
        "listed_on"
        not in _data(event_types.schema_of("registry", "application.drafted"))["properties"]
    )
    assert _data(drawn)["properties"]["optimal"]["type"] == ["boolean", "null"]
    kind = _data(event_types.schema_of("registry", "fact.entered"))["properties"]
    assert "service" in kind["kind"]["enum"]


def _data(schema: dict[str, Any] | None) -> dict[str, Any]:
    assert schema is not None
    data: dict[str, Any] = schema["properties"]["data"]["anyOf"][0]
    return data


@pytest.mark.refusing
async def test_an_unknown_page_is_marked_as_no_other(browser: httpx.AsyncClient) -> None:
    for path, part in (
        ("/guides/nobody", None), ("/events/registry/none.such", "/events"),
        ("/problems/NONE", "/problems"),
    ):  # fmt: skip
        page = await browser.get(path, params={"lang": "en"})
        assert page.status_code == 404
        assert "aria-current='page'" not in page.text, path
        marked = re.findall(r"<a href='([^?']*)\?lang=en' aria-current='true'>", page.text)
        assert marked == ([part] if part else []), path
        # The other language is of this page, not of the first one.
        assert f"href='{path}?lang=zh'" in page.text


@pytest.mark.refusing
def test_an_event_that_lacks_a_field_or_holds_another_does_not_fit_its_schema() -> None:
    example = event_types.example_of("registry", "membership.confirmed")
    assert example is not None
    schema = event_types.schema_of("registry", "membership.confirmed")
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    without = {name: value for name, value in example["data"].items() if name != "person_id"}
    for wrong in (
        {**example, "data": without},
        {**example, "type": "membership.declined"},
        {**example, "data": {**example["data"], "org_id": "M01"}},
        {name: value for name, value in example.items() if name != "position"},
    ):
        assert not validator.is_valid(wrong)


async def test_a_program_reads_the_schema_and_a_person_the_page(
    gateway: RunningService,
) -> None:
    path = "/events/registry/membership.confirmed"
    async with gateway.client() as program:
        schema = await program.get(path)
        page = await program.get(path, headers=PAGE)
        unknown = await program.get("/events/registry/none.such")
    assert schema.headers["content-type"] == "application/schema+json"
    assert schema.json() == {
        **event_types.schema_of("registry", "membership.confirmed"),  # type: ignore[dict-item]  # known here
        "examples": [event_types.example_of("registry", "membership.confirmed")],
    }
    assert "<pre tabindex='0'>" in page.text
    assert unknown.status_code == 404


async def test_a_sandbox_offers_to_fill_in_the_readers_token_and_nobody_else_does(
    gateway: RunningService,
) -> None:
    async with gateway.client() as browser:
        offered = await browser.get("/guides/company", headers=PAGE)
        gateway.app.state.settings.sandbox = False
        bare = await browser.get("/guides/company", headers=PAGE)
    assert "id='own-token'" in offered.text
    assert "own-token" not in bare.text


@pytest.mark.parametrize("name", guides.GUIDES)
def test_a_guide_says_the_same_calls_in_both_languages(name: str) -> None:
    blocks = [
        re.findall(r"```(\w+)\n(.*?)```", guides.source(name, language), re.DOTALL)
        for language in ("zh", "en")
    ]
    assert blocks[0] == blocks[1]
    assert blocks[0]


def test_a_guide_s_calls_go_to_where_it_is_read() -> None:
    _, text = guides.guide("home", "en", "https://house.example")
    assert "https://house.example/oauth/token" in text
    assert guides.ADDRESS not in text
