"""Refusals and failures as problem documents (RFC 9457), in Chinese or English."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from string import Formatter
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from shared.events.recording import plain
from shared.http.expected import expected_of
from shared.http.wording import Words
from shared.http.words import CODES
from shared.rules import Check, Kind, Refused, Rule, Said

MEDIA_TYPE: Final = "application/problem+json"
STATUSES: Final = {
    Kind.HIDDEN: 404,
    Kind.SCOPE: 403,
    Kind.STALE: 412,
    Kind.CONTENT: 422,
    Kind.STATE: 409,
}
JOINED: Final = {"zh": "；", "en": "; "}
OF_FORM: Final = {
    "missing": "FIELD_MISSING",
    # The field that chooses among a union's members.
    "union_tag_not_found": "FIELD_MISSING",
    "extra_forbidden": "FIELD_UNKNOWN",
}
# What a figure is called in Chinese is a figure of its own.
CHINESE_TOO: Final = "_zh"
WHOLE_BODY: Final = Said("the body", "请求体")
# Form is judged by the published API itself, not by a clause of the plan.
FORM: Final = Rule("API", "openapi")
BY_STATUS: Final = {
    400: "REQUEST_UNREADABLE",
    401: "UNAUTHENTICATED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "BODY_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    503: "UNAVAILABLE",
}


# What the door, the edge and the route class answer to any operation, whatever it declares.
EVERYWHERE: Final = frozenset(
    {
        "ADDRESS_NOT_ALLOWED", "ANSWER_TIMEOUT", "BODY_TOO_LARGE", "BODY_UNREADABLE",
        "CONTENT_INVALID", "FIELD_INVALID", "FIELD_MISSING", "FIELD_UNKNOWN",
        "HEADERS_TOO_LARGE", "IDEMPOTENCY_ERASED", "IDEMPOTENCY_IN_PROGRESS",
        "IDEMPOTENCY_KEY_INVALID", "IDEMPOTENCY_MISMATCH", "INTERNAL", "METHOD_NOT_ALLOWED",
        "METHOD_UNKNOWN", "OVERLOADED", "PARAMETER_REPEATED", "PARAMETER_UNKNOWN",
        "RATE_LIMITED", "REQUEST_TIMEOUT",
        "REQUEST_UNREADABLE", "TOO_MANY_AT_ONCE", "UNAUTHENTICATED", "UNAVAILABLE",
        "UNSUPPORTED_MEDIA_TYPE", "URI_TOO_LONG",
    }
)  # fmt: skip


class Failure(Exception):  # noqa: N818 - an answer, not an error of ours
    """A failure of the edge, which no rule's check carries: 401, 413, 428, 503 and the like."""

    def __init__(
        self,
        code: str,
        headers: Mapping[str, str] | None = None,
        /,
        **figures: object,
    ) -> None:
        """Name the code; the figures fill its text."""
        super().__init__(code)
        self.code = code
        self.headers = dict(headers or {})
        self.figures = figures


def language_of(accept: str | None) -> str:
    """Choose `zh` or `en` by Accept-Language; Chinese unless English is preferred."""
    best, weight = "zh", 0.0
    for part in (accept or "").split(",")[:10]:
        tag, _, parameters = part.strip().partition(";")
        found = re.search(r"q=([01](?:\.\d{1,3})?)\s*$", parameters)
        quality = float(found[1]) if found else 1.0
        word = tag.strip().lower()[:2]
        if word in {"zh", "en"} and quality > weight:
            best, weight = word, quality
    return best


def text_of(code: str, figures: Mapping[str, Any], language: str) -> tuple[str, str]:
    """Give a code's title and its detail with figures, in a language."""
    words = CODES.get(code) or Words(500, code, code)
    sentence = words.zh if language == "zh" else words.en
    first, _, second = sentence.partition("|")
    said = _in_language(figures, language)
    head = _filled(first, said)
    return head, head + (_filled(second, said) if _has_all(second, said) else "")


def _in_language(figures: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    """Put a figure's words in the language: `expected_zh`, where there is one, for `expected`."""
    if language != "zh":
        return figures
    said = {
        name.removesuffix(CHINESE_TOO): value
        for name, value in figures.items()
        if name.endswith(CHINESE_TOO)
    }
    return {**figures, **said} if said else figures


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _has_all(text: str, figures: Mapping[str, Any]) -> bool:
    return bool(text) and _names(text) <= set(figures)


def _filled(text: str, figures: Mapping[str, Any]) -> str:
    return text.format_map({name: _shown(figures.get(name, "")) for name in _names(text)})


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_shown(item) for item in value)
    return str(value)


def check_object(check: Check, language: str) -> dict[str, Any]:
    """Give a check as callers see it, in `errors[]`, `warnings[]` and readiness."""
    params = plain(check.params)
    _, detail = text_of(check.code, params, language)
    return {
        "code": check.code,
        "rule": check.rule,
        "clause": check.clause,
        "policy_version": check.policy_version,
        "pointer": check.pointer,
        "detail": detail,
        "params": params,
    }


def document(
    request_id: str,
    path: str,
    language: str,
    status: int,
    code: str,
    *,
    errors: Sequence[Mapping[str, Any]] = (),
    figures: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Make a problem document; nothing of the input is echoed but the path."""
    title, detail = text_of(code, plain(figures or {}), language)
    return {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": JOINED[language].join(e["detail"] for e in errors) if errors else detail,
        "instance": path,
        "request_id": request_id,
        "code": code,
        "errors": list(errors),
    }


def encoded(problem: Mapping[str, Any]) -> bytes:
    """Encode a problem; ASCII only, so that no odd character of a path can break it."""
    return json.dumps(problem).encode("ascii")


def answer(problem: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """Give the problem as a response."""
    return Response(
        encoded(problem),
        problem["status"],
        {"Cache-Control": "no-store", **(headers or {})},
        MEDIA_TYPE,
    )


def refusal_document(
    checks: Sequence[Check], request_id: str, path: str, language: str
) -> dict[str, Any]:
    """Make the problem of a refusal: its first check names status and code, all are listed."""
    first = checks[0]
    return document(
        request_id,
        path,
        language,
        STATUSES[first.kind],
        first.code,
        errors=[check_object(check, language) for check in checks],
        figures=first.params,
    )


def _surroundings(request: Request) -> tuple[str, str, str]:
    request_id = request.scope.get("state", {}).get("request_id", "")
    return request_id, request.url.path, language_of(request.headers.get("accept-language"))


def of_refusal(request: Request, refused: Refused) -> Response:
    """Answer a refusal of a rule."""
    return answer(refusal_document(refused.checks, *_surroundings(request)))


def of_failure(request: Request, failure: Failure) -> Response:
    """Answer a failure of the edge."""
    status = CODES[failure.code].status
    problem = document(*_surroundings(request), status, failure.code, figures=failure.figures)
    return answer(problem, failure.headers)


def of_http_exception(request: Request, error: HTTPException) -> Response:
    """Answer what the framework itself refuses."""
    code = BY_STATUS.get(error.status_code, "REQUEST_UNREADABLE")
    status = CODES[code].status
    headers = {k: v for k, v in (error.headers or {}).items() if k.lower() == "allow"}
    return answer(document(*_surroundings(request), status, code), headers)


def of_validation(request: Request, error: RequestValidationError) -> Response:
    """Answer content that does not fit its schema; unreadable JSON is 400, not 422."""
    problems = error.errors()
    if any(problem["type"] == "json_invalid" for problem in problems):
        return of_failure(request, Failure("BODY_UNREADABLE"))
    return of_refusal(request, Refused(checks_of(problems, error.body)))


def checks_of(problems: Iterable[Mapping[str, Any]], body: object = None) -> list[Check]:
    """Turn Pydantic's findings into checks, without the input that they carry.

    With the `body` that was judged, pointers lead to what stands in it.
    """
    # A body that a dependency reads as well is judged twice by the framework.
    distinct = {(problem["type"], tuple(problem["loc"])): problem for problem in problems}
    return [_check_of(problem, body) for problem in distinct.values()]


def _place(location: Sequence[Any], body: object) -> list[str]:
    """Give the way into what was sent; a union's own names for its members are no part of it."""
    if not location or location[0] not in {"body", "query", "path", "header"}:
        return [str(part) for part in location]
    if location[0] != "body" or body is None:
        return [str(part) for part in location[1:]]
    place, here = [], body
    for number, part in enumerate(location[1:], start=2):
        if isinstance(here, dict) and (part in here or number == len(location)):
            here = here.get(part)
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
        else:
            continue
        place.append(str(part))
    return place


def _check_of(problem: Mapping[str, Any], body: object) -> Check:
    place = [*_place(problem["loc"], body), *_tag(problem)]
    pointer = "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in place)
    kind = problem["type"]
    if kind in CODES:
        # A type of `shared.http.schemas` speaks with its own code, row and clause.
        context = dict(problem.get("ctx") or {})
        rule = Rule(context.pop("rule", FORM.row), context.pop("clause", FORM.clause))
        context.pop("error", None)
        return rule.check(kind, Kind.CONTENT, passed=False, pointer=pointer, **context)
    code = OF_FORM.get(kind, "FIELD_INVALID")
    figures: dict[str, Any] = {"field": "/".join(place) if place else WHOLE_BODY}
    if code == "FIELD_INVALID":
        figures["expected"] = expected_of(problem)
    return FORM.check(code, Kind.CONTENT, passed=False, pointer=pointer, **figures)


def _tag(problem: Mapping[str, Any]) -> list[str]:
    """Name the field that chooses a union's member, when it is that which does not fit."""
    discriminator = (problem.get("ctx") or {}).get("discriminator")
    return [] if discriminator is None else [str(discriminator).strip("'")]


def problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Document the problems of an operation for OpenAPI; 401, 422, 429 and 503 go without saying.

    A code's documented status is that of `words.CODES`. What any operation may answer stands in
    `EVERYWHERE`; what follows from an operation's declaration (its role, key, version and cursor)
    is added by `shared.http.openapi`. `make check ONLY=codes` holds the rest against the code.
    """
    by_status: dict[int, list[str]] = {
        401: ["UNAUTHENTICATED"],
        422: [],
        429: ["RATE_LIMITED"],
        503: ["UNAVAILABLE"],
    }
    for code in codes:
        by_status.setdefault(CODES[code].status, []).append(code)
    by_status[422] = by_status[422] or ["CONTENT_INVALID"]
    return {status: _documented(status, names) for status, names in sorted(by_status.items())}


def add_problem(answers: dict[str, Any], code: str) -> None:
    """Document one more problem among the answers of a published operation."""
    status = CODES[code].status
    media = answers.get(str(status), {}).get("content", {}).get(MEDIA_TYPE, {})
    known = [name for name in media.get("examples", {}) if name != "CONTENT_INVALID"]
    if code not in known:
        answers[str(status)] = _documented(status, [*known, code])


def _documented(status: int, codes: Sequence[str]) -> dict[str, Any]:
    return {
        "description": ", ".join(codes),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {
                    code: {
                        "summary": CODES[code].en.partition("|")[0],
                        "value": document("01J", "/v1", "en", status, code),
                    }
                    for code in codes
                },
            }
        },
    }
