"""The door's own answers: problem documents, as bytes for ASGI and for the bare wire."""

from http import HTTPStatus
from typing import Final

from gateway.proxy.shedding import RETRY_SECONDS
from shared.http.problem import MEDIA_TYPE, document, encoded, language_of
from shared.http.words import CODES

Headers = list[tuple[bytes, bytes]]

# A wait that outlives a service's restart and is short for a person.
RETRY_AFTER_SECONDS: Final = 2
EXTRA: Final[dict[str, Headers]] = {
    "UNAUTHENTICATED": [(b"www-authenticate", b'Bearer error="invalid_token"')],
    "UNAVAILABLE": [(b"retry-after", str(RETRY_AFTER_SECONDS).encode())],
    "ANSWER_TIMEOUT": [(b"retry-after", str(RETRY_AFTER_SECONDS).encode())],
    "TOO_MANY_AT_ONCE": [(b"retry-after", str(RETRY_AFTER_SECONDS).encode())],
    "OVERLOADED": [(b"retry-after", str(RETRY_SECONDS).encode())],
    "METHOD_NOT_ALLOWED": [(b"allow", b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")],
}


def problem(
    code: str, request_id: str, path: str, accept_language: str, **figures: str | int
) -> tuple[int, Headers, bytes]:
    """Give status, header fields and body of a problem; `path` is a canonical one or empty."""
    status = CODES[code].status
    language = language_of(accept_language)
    body = encoded(document(request_id, path, language, status, code, figures=figures))
    headers: Headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"content-language", language.encode()),
        (b"cache-control", b"no-store"),
        *EXTRA.get(code, []),
    ]
    return status, headers, body


def wire_answer(code: str, request_id: str, accept_language: bytes) -> bytes:
    """Give a whole HTTP/1.1 answer that ends its connection."""
    status, headers, body = problem(code, request_id, "", accept_language.decode("latin-1"))
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
    lines += [name + b": " + value for name, value in headers]
    lines += [b"x-request-id: " + request_id.encode(), b"connection: close", b"", body]
    return b"\r\n".join(lines)
