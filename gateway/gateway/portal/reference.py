"""The API reference: the published OpenAPI document as pages, an operation after another."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from gateway.portal import chinese
from gateway.portal.frame import breakable, link, prose
from gateway.portal.problems import operations_of
from gateway.portal.words import WORDS
from shared.documents.pages import table

JSON: Final = "application/json"
REFERENCE: Final = "#/components/schemas/"
# Deeper forms are reached by their own name; the page stays readable.
DEPTH: Final = 4

# The whole document, as the pages tell it.
WHOLE: Final = {"en": "/openapi.json", "zh": "/openapi.zh.json"}

Document = Mapping[str, Any]


def tag_list(document: Document, language: str) -> list[Markup]:
    """List the parts of the API, with how many operations each has."""
    words = WORDS[language]
    count: dict[str, int] = defaultdict(int)
    for _, _, operation in operations_of(document):
        count[operation["tags"][0]] += 1
    about = {tag["name"]: tag.get("description", "") for tag in document.get("tags", [])}
    cards = Markup().join(
        Markup("<li><h2>{}</h2><p>{}</p><p class='none'>{}</p></li>").format(
            link(f"/reference/{tag}", chinese.title_of(tag, language), language),
            chinese.about_part(tag, about.get(tag, ""), language),
            words["count"].format(count=number),
        )
        for tag, number in count.items()
    )
    address = WHOLE[language]
    whole = Markup("<p><a href='{}'>{}</a></p>").format(address, address)
    return [whole, Markup("<ul class='cards'>{}</ul>").format(cards)]


def tag_page(tag: str, document: Document, language: str) -> list[Markup] | None:
    """Show every operation of a part, with a form to try it; None when there is no such part."""
    own = [one for one in operations_of(document) if one[2]["tags"][0] == tag]
    if not own:
        return None
    words = WORDS[language]
    contents = Markup().join(
        Markup(
            "<li><a href='#{}'><span class='method'>{}</span>{}</a><div class='none'>{}</div></li>"
        ).format(
            operation["operationId"],
            method.upper(),
            path,
            prose(chinese.about_operation(operation, language).partition("\n\n")[0]),
        )
        for method, path, operation in own
    )
    token = Markup(
        "<label for='token'>{}<input id='token' autocomplete='off' spellcheck='false'></label>"
    ).format(words["token"])
    return [
        Markup("<ul class='contents'>{}</ul>").format(contents),
        token,
        *(_operation(*one, document, language) for one in own),
    ]


def _operation(
    method: str, path: str, operation: Mapping[str, Any], document: Document, language: str
) -> Markup:
    words = WORDS[language]
    access = operation.get("x-access", {})
    return Markup(
        "<section><h2 id='{name}'><span class='method'>{method}</span><code>{path}</code></h2>"
        "{about}<p class='none'>{callers_word}{colon}{callers} · {tenant_word}{colon}{tenant}</p>"
        "{parameters}{body}{answers}{trial}</section>"
    ).format(
        name=operation["operationId"], method=method.upper(), path=path,
        about=_about(chinese.about_operation(operation, language)), colon=words["colon"],
        callers_word=words["callers"], callers=_callers(access.get("capacities", []), language),
        tenant_word=words["tenant"],
        tenant=prose(chinese.said("scopes", access.get("tenant", "—"), language)),
        parameters=_parameters(operation.get("parameters", []), language),
        body=_body(operation.get("requestBody", {}), document, language),
        answers=_answers(operation.get("responses", {}), document, language),
        trial=_trial(method, path, operation, document, words),
    )  # fmt: skip


def _about(text: str) -> Markup:
    """Give what an operation does, a paragraph after another."""
    paragraphs = text.split("\n\n")
    return Markup().join(Markup("<p>{}</p>").format(prose(one)) for one in paragraphs)


def _callers(capacities: Sequence[str], language: str) -> Markup | str:
    """Name who may call; the word that stands in a token stays beside what it means."""
    words = WORDS[language]
    if not capacities:
        return words["everyone"]
    told = [(chinese.said("callers", one, language), one) for one in capacities]
    return Markup.escape(words["comma"]).join(
        Markup("{} <code>{}</code>").format(meaning, one) if meaning != one else Markup.escape(one)
        for meaning, one in told
    )


def _parameters(parameters: Sequence[Mapping[str, Any]], language: str) -> Markup:
    if not parameters:
        return Markup()
    words = WORDS[language]
    rows = [
        (
            Markup("<code>{}</code>").format(breakable(one["name"])),
            chinese.said("places", one["in"], language),
            words["yes"] if one.get("required") else words["no"],
            prose(chinese.said("parameters", one.get("description", ""), language)),
        )
        for one in parameters
    ]
    columns = (words["name"], words["place"], words["required"], words["about"])
    return table(words["parameters"], columns, rows, language=language)


def _body(body: Mapping[str, Any], document: Document, language: str) -> Markup:
    return Markup().join(
        _media(WORDS[language]["body"], media, content, document, language)
        for media, content in body.get("content", {}).items()
    )


def _answers(responses: Mapping[str, Any], document: Document, language: str) -> Markup:
    words = WORDS[language]
    good = [
        _media(f"{status} · {words['answers']}", media, content, document, language)
        for status, answer in responses.items()
        if status.startswith("2")
        for media, content in answer.get("content", {}).items()
    ]
    refusals = [
        (status, Markup(", ").join(_code(code.strip(), language) for code in codes.split(",")))
        for status, codes in (
            (status, answer.get("description", "")) for status, answer in responses.items()
        )
        if not status.startswith(("2", "3"))
    ]
    columns = (words["status"], words["code"])
    listed = table(words["refusals"], columns, refusals, language=language)
    return Markup().join([*good, listed])


def _code(code: str, language: str) -> Markup:
    if code.isupper():
        return link(f"/problems/{code}", code, language)
    return Markup.escape(chinese.said("answers", code, language))


def _media(
    title: str, media: str, content: Mapping[str, Any], document: Document, language: str
) -> Markup:
    words = WORDS[language]
    schema = content.get("schema", {})
    example = _example(content, document)
    shown = _pre(words["example"], json.dumps(example, ensure_ascii=False, indent=2))
    form = _pre(words["schema"], form_of(schema, document, language))
    return Markup("<details><summary>{} <code>{}</code></summary>{}{}{}</details>").format(
        title, media, _sentence(schema, document, language),
        shown if example is not None else Markup(), form,
    )  # fmt: skip


def _sentence(schema: Mapping[str, Any], document: Document, language: str) -> Markup:
    about = _resolved(schema, document).get("description", "")
    told = prose(chinese.said("models", about, language))
    return Markup("<p>{}</p>").format(told) if about else Markup()


def _pre(title: str, text: str) -> Markup:
    return Markup("<h3>{}</h3><pre tabindex='0'><code>{}</code></pre>").format(title, text)


def _trial(
    method: str,
    path: str,
    operation: Mapping[str, Any],
    document: Document,
    words: Mapping[str, str],
) -> Markup:
    """Give a form that a script of ours sends; without the script the page still tells all."""
    name = operation["operationId"]
    fields = Markup().join(
        Markup("<label>{}<input name='{}' data-in='{}'{}></label>").format(
            one["name"], one["name"], one["in"], Markup(" required") if one.get("required") else ""
        )
        for one in operation.get("parameters", [])
        if one["in"] in {"path", "query", "header"}
    )
    content = operation.get("requestBody", {}).get("content", {})
    media = JSON if JSON in content else next(iter(content), "")
    body = Markup()
    if media:
        example = _example(content[media], document)
        text = "" if example is None else json.dumps(example, ensure_ascii=False, indent=2)
        body = Markup(
            "<label>{}<textarea name='body' rows='8' data-media='{}'>{}</textarea></label>"
        ).format(words["body"], media, text)
    return Markup(
        "<details class='trial'><summary>{try_}</summary><form data-method='{method}'"
        " data-path='{path}' aria-label='{try_} {name}'>{fields}{body}"
        "<button type='submit'>{send}</button>"
        "<pre tabindex='0' role='status' hidden></pre></form></details>"
    ).format(
        try_=words["try"], method=method.upper(), path=path, name=name, fields=fields, body=body,
        send=words["send"],
    )  # fmt: skip


def _example(content: Mapping[str, Any], document: Document) -> Any:  # noqa: ANN401 - any JSON
    for given in content.get("examples", {}).values():
        return given.get("value")
    if "example" in content:
        return content["example"]
    schema = _resolved(content.get("schema", {}), document)
    for choice in (schema, *(_resolved(one, document) for one in schema.get("oneOf", [])[:1])):
        for given in choice.get("examples", []):
            return given
    return None


def form_of(schema: Mapping[str, Any], document: Document, language: str, depth: int = 0) -> str:
    """Write a schema as people read one: a field to a line, with its bounds and its meaning."""
    name = schema.get("$ref", "").removeprefix(REFERENCE)
    schema = _resolved(schema, document)
    properties = schema.get("properties")
    if depth >= DEPTH and (properties or name):
        return name or "object"
    if properties:
        required = set(schema.get("required", []))
        pad = "  " * (depth + 1)
        rows = [
            f"{pad}{key}{'' if key in required else '?'}: "
            f"{form_of(value, document, language, depth + 1)}{_note(value, language)}"
            for key, value in properties.items()
        ]
        return "{\n" + "\n".join(rows) + "\n" + "  " * depth + "}"
    for word in ("oneOf", "anyOf"):
        if word in schema:
            choices = [form_of(one, document, language, depth + 1) for one in schema[word]]
            return " | ".join(dict.fromkeys(choices))
    if "enum" in schema:
        return " | ".join(json.dumps(one, ensure_ascii=False) for one in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if schema.get("type") == "array":
        return f"[ {form_of(schema.get('items', {}), document, language, depth)} ]"
    return _simple(schema)


def _simple(schema: Mapping[str, Any]) -> str:
    kind = schema.get("format") or schema.get("type") or "any"
    least = schema.get("minimum", schema.get("minLength", schema.get("exclusiveMinimum")))
    most = schema.get("maximum", schema.get("maxLength"))
    bounds = f" {_bound(least)}..{_bound(most)}" if least is not None or most is not None else ""
    return f"{kind}{bounds}"


def _bound(value: object) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _note(schema: Mapping[str, Any], language: str) -> str:
    about = chinese.said("fields", schema.get("description", ""), language)
    return f"  — {about}" if about else ""


def _resolved(schema: Mapping[str, Any], document: Document) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].removeprefix(REFERENCE)
    found: Mapping[str, Any] = document.get("components", {}).get("schemas", {}).get(name, {})
    return found
