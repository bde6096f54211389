"""The published document in Chinese, for those who read it in tools of their own.

Only what people read is another: what names, bounds and examples say stays, so that a client made
from either document is the same one. What nobody has said in Chinese yet stays in English.
"""

import asyncio
import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from gateway.openapi.collecting import Published, Sent, sent
from gateway.openapi.rules import METHODS, Document
from gateway.portal import chinese
from shared.http.words import CODES

# What a schema holds of data; a field of an example may be called `description`, too.
DATA: Final = frozenset({"const", "default", "enum", "example", "examples", "mapping"})
# Where the first thing that an operation does ends: a heading tells no more.
FIRST_END: Final = re.compile("[；。：\n]")

_said: Final = partial(chinese.said, language=chinese.LANGUAGE)


class Retelling:
    """Keeps the Chinese document of the published one, made once and beside the event loop."""

    def __init__(self) -> None:
        """Start with none; it is made when somebody asks for it."""
        self._of = ""
        self._sent: Sent | None = None
        self._making = asyncio.Lock()

    async def of(self, published: Published) -> Sent:
        """Give what is published in Chinese; those who ask while it is made wait for it."""
        async with self._making:
            if self._sent is None or self._of != published.sent.tag:
                self._sent = await asyncio.to_thread(_made, published.document)
                self._of = published.sent.tag
            return self._sent


def _made(document: Document) -> Sent:
    return sent(in_chinese(document))


def in_chinese(document: Document) -> dict[str, Any]:
    """Tell the whole document in Chinese; its form stays as it is."""
    components = document["components"]
    return {
        **document,
        "info": _info(document["info"]),
        "tags": [_tag(one) for one in document["tags"]],
        "paths": {path: _path(item) for path, item in document["paths"].items()},
        "components": {
            **components,
            "schemas": {name: _model(one) for name, one in components.get("schemas", {}).items()},
            **{
                kind: _told(components[kind], "document")
                for kind in ("headers", "securitySchemes")
                if kind in components
            },
        },
    }


def _info(info: Mapping[str, Any]) -> dict[str, Any]:
    contact = {**info["contact"], "name": _said("names", info["contact"]["name"])}
    told = {key: _said("document", info[key]) for key in ("summary", "description")}
    return {**info, **told, "title": _said("names", info["title"]), "contact": contact}


def _tag(tag: Mapping[str, str]) -> dict[str, str]:
    # A part whose operations are all internal has no page, and is said beside the document.
    about = _said("document", tag["description"])
    return {**tag, "description": chinese.about_part(tag["name"], about, chinese.LANGUAGE)}


def _path(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _operation(one) if key in METHODS else one for key, one in item.items()}


def _operation(operation: Mapping[str, Any]) -> dict[str, Any]:
    told = dict(operation)
    about = chinese.about_operation(operation, chinese.LANGUAGE)
    if about != operation["description"]:
        told |= {"summary": FIRST_END.split(about, maxsplit=1)[0], "description": about}
    if "parameters" in operation:
        told["parameters"] = _told(operation["parameters"], "parameters")
    if "requestBody" in operation:
        told["requestBody"] = _told(operation["requestBody"], "fields")
    access = operation["x-access"]
    told["x-access"] = {**access, "tenant": _said("scopes", access["tenant"])}
    told["responses"] = {key: _answer(one) for key, one in operation["responses"].items()}
    return told


def _answer(answer: Mapping[str, Any]) -> dict[str, Any]:
    told = {**answer, "description": _said("answers", answer["description"])}
    if "content" in answer:
        told["content"] = {media: _content(one) for media, one in answer["content"].items()}
    return told


def _content(content: Mapping[str, Any]) -> dict[str, Any]:
    """Tell a form; examples of refusals are named by their codes, each with the code's title."""
    told: dict[str, Any] = _told(content, "fields")
    if "examples" in content:
        told["examples"] = {
            code: {**one, "summary": CODES[code].zh.partition("|")[0]} if code in CODES else one
            for code, one in content["examples"].items()
        }
    return told


def _model(schema: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = _told(schema, "fields")
    if "description" in schema:
        told["description"] = _said("models", schema["description"])
    return told


def _told(node: Any, kind: str) -> Any:  # noqa: ANN401 - any JSON value
    """Tell every description in a part of the document, by the words of that kind."""
    if isinstance(node, list):
        return [_told(one, kind) for one in node]
    if not isinstance(node, Mapping):
        return node
    return {key: _keyword(key, value, kind) for key, value in node.items()}


def _keyword(key: str, value: Any, kind: str) -> Any:  # noqa: ANN401 - any JSON value
    if key in DATA:
        return value
    if key == "description":
        return _said(kind, value)
    if key == "properties":
        # Here a key is a field's name, and a field may be called `description`.
        return {name: _told(one, kind) for name, one in value.items()}
    return _told(value, kind)
