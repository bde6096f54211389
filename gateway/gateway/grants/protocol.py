"""The sign-in page's side of OAuth by Authlib, over a front end that was loaded before.

Authlib calls back synchronously in the middle of a grant; so nothing here reads or waits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge

from gateway.grants import rules

# TLS ends before this process, so that the scheme seen here says nothing; Authlib wants https.
AUTHORIZE: Final = "https://gateway/oauth/authorize"
PUBLIC: Final = "none"
GRANT_TYPES: Final = ("authorization_code", "refresh_token")
PROMPTS: Final = frozenset({"", "login", "none"})


@dataclass(frozen=True, slots=True)
class LoadedFrontEnd:
    """A front end as the grants see it; one that does not exist passes no check."""

    client_id: str
    redirect_uris: tuple[str, ...]
    exists: bool = True

    def check_client_secret(self, _secret: str) -> bool:
        """Refuse: a front end has no secret, so that one who sends one is somebody else."""
        return False

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        """Take no authentication; the verifier stands in its place."""
        return self.exists and method == PUBLIC

    def check_grant_type(self, grant_type: str) -> bool:
        """Take the grants of people."""
        return grant_type in GRANT_TYPES

    def check_response_type(self, response_type: str) -> bool:
        """Give codes, and never a token through a browser's address."""
        return response_type == "code"

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Compare to the letter: a slash makes another address (RFC 9700, 4.1)."""
        return redirect_uri in self.redirect_uris

    def get_default_redirect_uri(self) -> str:
        """Give none: a front end says where it wants its people back."""
        return ""

    def get_allowed_scope(self, _scope: str) -> str:
        """Give the one scope there is."""
        return ""


@dataclass(frozen=True, slots=True)
class LoadedGrant:
    """A code or refresh token that stands, with what it was given for."""

    client_id: str
    redirect_uri: str = ""
    code_challenge: str = ""
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        """Give the address that the code was carried to."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Give the one scope there is."""
        return ""

    def check_client(self, client: LoadedFrontEnd) -> bool:
        """Tell whether it was given to this front end."""
        return self.client_id == client.client_id


class S256(CodeChallenge):  # type: ignore[misc]  # Authlib has no types
    """A challenge from everyone, hashed (OAuth 2.1, section 7.5)."""

    SUPPORTED_CODE_CHALLENGE_METHOD: ClassVar = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:  # noqa: ANN401 - theirs
        """Refuse what has no challenge, or one that is not hashed."""
        asked = grant.request.payload.data
        if "code_challenge" not in asked or asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("A code_challenge with method S256 is required.")
        super().validate_code_challenge(grant, redirect_uri)


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib has no types
    """Codes over what `server.given` holds."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = [PUBLIC]

    def query_authorization_code(self, _code: str, client: LoadedFrontEnd) -> LoadedGrant | None:
        """Give the code, if it was given to this front end."""
        given: LoadedGrant | None = self.server.given
        return given if given is not None and given.check_client(client) else None

    def delete_authorization_code(self, _code: LoadedGrant) -> None:
        """Leave it to the caller, which has a transaction."""

    def authenticate_user(self, code: LoadedGrant) -> LoadedGrant:
        """Give what the code stands for."""
        return code


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]  # Authlib has no types
    """Refresh tokens over what `server.given` holds; each gives the next one."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = [PUBLIC]
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, _text: str) -> LoadedGrant | None:
        """Give the refresh token, if it stands."""
        given: LoadedGrant | None = self.server.given
        return given

    def authenticate_user(self, token: LoadedGrant) -> LoadedGrant:
        """Give what the token stands for."""
        return token

    def revoke_old_credential(self, _token: LoadedGrant) -> None:
        """Leave it to the caller, which has a transaction."""


class _Question(OAuth2Request):  # type: ignore[misc]  # Authlib has no types
    def __init__(self, query: Mapping[str, str]) -> None:
        super().__init__("GET", AUTHORIZE)
        self.payload = BasicOAuth2Payload(dict(query))


class _Consent(AuthorizationServer):  # type: ignore[misc]  # Authlib has no types
    def __init__(self, front_end: LoadedFrontEnd | None) -> None:
        super().__init__()
        self._front_end = front_end
        self.register_grant(CodeGrant, [S256(required=True)])

    def query_client(self, _client_id: str) -> LoadedFrontEnd | None:
        return self._front_end

    def create_oauth2_request(self, request: _Question) -> _Question:
        return request

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Tell nobody; the access log and the audit do."""


@dataclass(frozen=True, slots=True)
class Unfit(Exception):  # noqa: N818 - reads as what it is
    """A request for the sign-in page that is none; with the address of a redirect, or a page."""

    error: str
    redirect_uri: str | None
    state: str


def asked_of(query: Mapping[str, str], front_end: LoadedFrontEnd | None) -> rules.Asked:
    """Judge what a front end asks of the sign-in page; raise `Unfit`.

    The browser is only sent back to an address that is registered to the letter.
    """
    fit = all(value.isascii() and value.isprintable() for value in query.values())
    quoted = any(mark in value for value in query.values() for mark in ('"', "\\"))
    state = query.get("state", "")
    if not fit or quoted or len(state) > rules.MOST_STATE or query.get("scope", "").strip():
        raise Unfit("invalid_request", None, "")
    try:
        grant = _Consent(front_end).get_consent_grant(_Question(query))
    except OAuth2Error as error:
        raise Unfit(error.error, error.redirect_uri, state) from None
    prompt = query.get("prompt", "")
    if prompt not in PROMPTS:
        raise Unfit("invalid_request", grant.redirect_uri, state)
    return rules.Asked(
        query["client_id"], grant.redirect_uri, query["code_challenge"], state, prompt
    )
