"""What a token request may look like, and what a token says."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus

FORM: Final = "application/x-www-form-urlencoded"
MAX_FORM_BYTES: Final = 8_192
MAX_CREDENTIAL: Final = 255
CLIENT_CREDENTIALS: Final = "client_credentials"
AUTHORIZATION_CODE: Final = "authorization_code"
REFRESH_TOKEN: Final = "refresh_token"  # noqa: S105 - the name of a grant
EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a type's name
GRANT_TYPES: Final = (CLIENT_CREDENTIALS, AUTHORIZATION_CODE, REFRESH_TOKEN, EXCHANGE)
OF_PROGRAMS: Final = (CLIENT_CREDENTIALS, EXCHANGE)
BASIC: Final = "client_secret_basic"
POST: Final = "client_secret_post"
PRIVATE_KEY: Final = "private_key_jwt"
PUBLIC: Final = "none"


# Not frozen: a context manager that it passes through sets its traceback.
@dataclass(slots=True, eq=False)
class TokenError(Exception):
    """An error of RFC 6749, section 5.2; the description never repeats what was sent."""

    error: str
    description: str
    status: int = 400


MALFORMED: Final = TokenError("invalid_request", "The request is not a readable form.")
TWICE: Final = TokenError("invalid_request", "A parameter stands twice.")
TWO_WAYS: Final = TokenError("invalid_request", "The client authenticates in two ways.")
NO_GRANT: Final = TokenError("invalid_request", "grant_type is missing.")
OTHER_GRANT: Final = TokenError("unsupported_grant_type", "This grant is not given here.")
UNKNOWN_CLIENT: Final = TokenError("invalid_client", "Client authentication failed.", 401)
BAD_PROOF: Final = TokenError("invalid_dpop_proof", "The proof of possession does not stand.")
WANTS_NONCE: Final = TokenError("use_dpop_nonce", "The proof must bear the door's nonce.")
ELSEWHERE: Final = TokenError("address_not_allowed", "This client may not speak from this address.")
NO_SCOPE: Final = TokenError("invalid_scope", "This client has no scopes to choose from.")


def form_of(content_type: str, body: bytes) -> dict[str, str]:
    """Read a form strictly: right media type, UTF-8, every name once; raise `TokenError`."""
    if content_type.partition(";")[0].strip().lower() != FORM or len(body) > MAX_FORM_BYTES:
        raise MALFORMED
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=20,
        )
    except ValueError:
        raise MALFORMED from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise TWICE
    return form


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who a client says it is, and how it said so; `secret` may be a signed assertion."""

    client_id: str
    secret: str
    method: str
    key_id: str = ""


def credentials_of(authorization: str | None, form: Mapping[str, str]) -> Credentials:
    """Read a client's credentials from the header or the form, never in two ways."""
    named = "client_secret" in form
    if "client_assertion" in form or "client_assertion_type" in form:
        # Whoever shows an assertion is judged by it alone, see `proving`.
        raise TWO_WAYS
    if authorization is None:
        if not named or "client_id" not in form:
            raise UNKNOWN_CLIENT
        return bounded(form["client_id"], form["client_secret"], POST)
    if named:
        raise TWO_WAYS
    client_id, secret = _basic(authorization)
    if form.get("client_id", client_id) != client_id:
        raise TWO_WAYS
    return bounded(client_id, secret, BASIC)


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise UNKNOWN_CLIENT from None
    client_id, colon, secret = decoded.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise UNKNOWN_CLIENT
    # RFC 6749, section 2.3.1: both parts are form-encoded inside the header.
    return unquote_plus(client_id), unquote_plus(secret)


def bounded(client_id: str, secret: str, method: str) -> Credentials:
    """Take plain printable words of a bounded length; raise `TokenError`."""
    for part in (client_id, secret):
        if not 0 < len(part) <= MAX_CREDENTIAL or not part.isascii() or not part.isprintable():
            raise UNKNOWN_CLIENT
    return Credentials(client_id, secret, method)


def front_end_of(authorization: str | None, form: Mapping[str, str]) -> str:
    """Read which front end asks; it has no secret, and one that shows one is none."""
    secret = authorization is not None or not {"client_secret", "client_assertion"}.isdisjoint(form)
    if secret or "client_id" not in form:
        raise UNKNOWN_CLIENT
    return bounded(form["client_id"], PUBLIC, PUBLIC).client_id


def request_checks(form: Mapping[str, str]) -> None:
    """Raise `TokenError` unless the form asks for a grant that is given here."""
    if "grant_type" not in form:
        raise NO_GRANT
    if form["grant_type"] not in GRANT_TYPES:
        raise OTHER_GRANT
    if form.get("scope", "").strip():
        raise NO_SCOPE


@dataclass(frozen=True, slots=True)
class Subject:
    """For whom a token is made."""

    person_id: str
    client_id: str
    roles: Sequence[str]
    duties: Sequence[str]
    org_id: str | None
    expert_id: str | None
    # Who acts in the person's name besides the program, innermost first (RFC 8693, section 4.1).
    actor: Mapping[str, Any] | None = None
    # The key without which the token is worth nothing (RFC 9449, section 6.1).
    thumbprint: str | None = None
    # From where its program may speak; none means anywhere.
    networks: Sequence[str] = ()


def claims_for(
    subject: Subject, *, issuer: str, audience: str, token_id: str, now: int, seconds: int
) -> dict[str, Any]:
    """Make the claims of an access token (X01, RFC 9068); times are seconds of real time."""
    more: dict[str, Any] = {}
    if subject.actor is not None:
        more["act"] = dict(subject.actor)
    if subject.thumbprint is not None:
        more["cnf"] = {"jkt": subject.thumbprint}
    if subject.networks:
        more["networks"] = list(subject.networks)
    return {
        **more,
        "iss": issuer,
        "aud": audience,
        "exp": now + seconds,
        "nbf": now,
        "iat": now,
        "jti": token_id,
        "sub": subject.person_id,
        "client_id": subject.client_id,
        "roles": list(subject.roles),
        "duties": list(subject.duties),
        "org_id": subject.org_id,
        "scopes": [],
        "expert_id": subject.expert_id,
    }


def metadata(issuer: str, base: str) -> dict[str, Any]:
    """Describe this authorization server (RFC 8414)."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "introspection_endpoint": f"{base}/oauth/introspect",
        "jwks_uri": f"{base}/.well-known/jwks.json",
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "prompt_values_supported": ["login", "none"],
        "grant_types_supported": list(GRANT_TYPES),
        "token_endpoint_auth_methods_supported": [BASIC, POST, PRIVATE_KEY, PUBLIC],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "revocation_endpoint_auth_methods_supported": [BASIC, POST, PRIVATE_KEY],
        "revocation_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "introspection_endpoint_auth_methods_supported": [BASIC, POST, PRIVATE_KEY],
        "introspection_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "response_modes_supported": ["query"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "service_documentation": f"{base}/openapi.json",
        "ui_locales_supported": ["zh", "en"],
        "scopes_supported": [],
    }
