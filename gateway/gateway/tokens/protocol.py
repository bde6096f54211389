"""The OAuth protocol by Authlib: its grants and endpoints judge, and nothing in them waits.

Authlib's server calls back for the client in the middle of a grant, synchronously. So client and
token are loaded before (asynchronously), and the grant runs over what was loaded; see
`docs/decisions/0201-authlib-over-loaded-clients.md`.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientCredentialsGrant,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.errors import InvalidRequestError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from gateway.grants.protocol import S256, CodeGrant, LoadedFrontEnd, LoadedGrant, RefreshGrant
from gateway.identity.actions import digest_of
from gateway.tokens import rules

# TLS ends before this process, so that the scheme seen here says nothing; Authlib wants https.
ENDPOINT: Final = "https://gateway/oauth/token"
METHODS: Final = (rules.BASIC, rules.POST, rules.PRIVATE_KEY)
ENDPOINTS: Final = frozenset({"token", "revocation", "introspection"})
# Compared for a client that does not exist, so that the answer takes as long as for one that does.
NO_SECRET: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class LoadedClient:
    """A client as the grants see it; one that does not exist passes no check."""

    client_id: str
    secret_sha256: bytes
    exists: bool
    # A service of the house, which may ask about any token.
    serves: bool = False
    # It has a public key: its secret, if it ever had one, counts no more.
    by_key: bool = False
    # Its assertion was judged already, and stands.
    proven: bool = False

    def check_client_secret(self, secret: str) -> bool:
        """Compare in constant time."""
        same = hmac.compare_digest(digest_of(secret), self.secret_sha256)
        return same and self.exists and not self.by_key

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Take a secret from the header or from the form, or a signed assertion."""
        return endpoint in ENDPOINTS and method in METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        """Take the grant of programs; exchanging tokens is the house's own services' alone."""
        exchanges = grant_type == rules.EXCHANGE and self.serves
        return grant_type == rules.CLIENT_CREDENTIALS or exchanges


def _asserted(query_client: Callable[[str], Any], request: "_Request") -> LoadedClient | None:
    """Give the client whose assertion stands; it was judged before, where waiting is allowed."""
    client = query_client(request.form.get("client_id", ""))
    stands = isinstance(client, LoadedClient) and client.by_key and client.proven
    return client if stands else None


class _Request(OAuth2Request):  # type: ignore[misc]  # Authlib has no types
    """A token request with its form read already."""

    def __init__(self, form: Mapping[str, str], headers: Mapping[str, str]) -> None:
        super().__init__("POST", ENDPOINT, headers=dict(headers))
        self._form = dict(form)
        self.payload = BasicOAuth2Payload(self._form)

    @property
    def form(self) -> dict[str, str]:
        return self._form


class _Grant(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib has no types
    """Client credentials by either way of naming the secret."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = list(METHODS)


class _Exchange(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]  # Authlib has no types
    """RFC 8693 over a loaded token: a service acts in the name of whoever called it."""

    GRANT_TYPE = rules.EXCHANGE
    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = list(METHODS)

    def validate_token_request(self) -> None:
        client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError
        form = self.request.form
        asked = {form.get("subject_token_type"), form.get("requested_token_type")} - {None}
        if asked != {rules.ACCESS_TOKEN} or "actor_token" in form or self.server.token is None:
            raise InvalidRequestError("The subject_token is no living access token of ours.")
        self.request.client = client

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        token = self.generate_token(grant_type=self.GRANT_TYPE)
        return 200, {**token, "issued_token_type": rules.ACCESS_TOKEN}, self.TOKEN_RESPONSE_HEADER


@dataclass(frozen=True, slots=True)
class LoadedToken:
    """An access token that passed every check, by its claims; one that did not is None."""

    claims: Mapping[str, Any]

    def check_client(self, client: LoadedClient) -> bool:
        """Tell whether the token was given to this client."""
        same: bool = self.claims["client_id"] == client.client_id
        return same

    def is_expired(self) -> bool:
        """Say no: an expired token is not loaded."""
        return False

    def is_revoked(self) -> bool:
        """Say no: a revoked token is not loaded."""
        return False


class _Revocation(RevocationEndpoint):  # type: ignore[misc]  # Authlib has no types
    """RFC 7009 over a loaded token; ending it is left to the caller, which has a transaction."""

    CLIENT_AUTH_METHODS: ClassVar = list(METHODS)

    def query_token(self, _text: str, _hint: str | None) -> LoadedToken | None:
        token: LoadedToken | None = self.server.token
        return token

    def revoke_token(self, token: LoadedToken, _request: OAuth2Request) -> None:
        self.server.struck = token


class _Introspection(IntrospectionEndpoint):  # type: ignore[misc]  # Authlib has no types
    """RFC 7662 over a loaded token: a client may ask about its own, a service about any."""

    CLIENT_AUTH_METHODS: ClassVar = list(METHODS)

    def query_token(self, _text: str, _hint: str | None) -> LoadedToken | None:
        token: LoadedToken | None = self.server.token
        return token

    def check_permission(
        self, token: LoadedToken, client: LoadedClient, _request: OAuth2Request
    ) -> bool:
        return client.serves or token.check_client(client)

    def introspect_token(self, token: LoadedToken) -> dict[str, Any]:
        return {"active": True, "token_type": "Bearer", **token.claims}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the protocol says: a status and a body."""

    status: int
    body: dict[str, Any]


class ProgramServer(AuthorizationServer):  # type: ignore[misc]  # Authlib has no types
    """One request of a program for a token of its own, over what was loaded of it."""

    def __init__(
        self,
        client: LoadedClient | LoadedFrontEnd,
        make_token: Callable[[], dict[str, Any]],
        token: LoadedToken | None = None,
        given: LoadedGrant | None = None,
    ) -> None:
        """Take the client, what makes its token once the grant agrees, and what it names.

        `token` is the token that a question is about, `given` the code or refresh token.
        """
        super().__init__()
        self._client = client
        self.token = token
        self.given = given
        # The token that a revocation has agreed to end.
        self.struck: LoadedToken | None = None
        self._make_token = make_token
        self.register_client_auth_method(rules.PRIVATE_KEY, _asserted)
        self.register_token_generator("default", self._generate)
        self.register_all()

    def register_all(self) -> None:
        """Name what is given here."""
        self.register_grant(_Grant)

    def judge(self, form: Mapping[str, str], headers: Mapping[str, str]) -> Verdict:
        """Run the grant."""
        verdict: Verdict = self.create_token_response(_Request(form, headers))
        return verdict

    def _generate(self, **_asked: Any) -> dict[str, Any]:  # noqa: ANN401 - Authlib's words
        return self._make_token()

    def query_client(self, client_id: str) -> LoadedClient | LoadedFrontEnd:
        """Give the loaded client: for another id it would be one that does not exist."""
        if client_id != self._client.client_id:
            return LoadedClient(client_id, NO_SECRET, exists=False)
        return self._client

    def save_token(self, token: Mapping[str, Any], request: OAuth2Request) -> None:
        """Store nothing: an access token is its own record."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Tell nobody; the access log and the audit do."""

    def create_oauth2_request(self, request: _Request) -> _Request:
        """Take the request as it was made."""
        return request

    def handle_response(self, status: int, body: Mapping[str, Any], headers: object) -> Verdict:
        """Give status and body; the header fields are the endpoint's own."""
        del headers
        return Verdict(status, dict(body))


class TokenServer(ProgramServer):
    """One request to any endpoint about tokens, over what was loaded for it."""

    def register_all(self) -> None:
        """Name every grant and endpoint."""
        super().register_all()
        self.register_grant(_Exchange)
        self.register_grant(CodeGrant, [S256(required=True)])
        self.register_grant(RefreshGrant)
        self.register_endpoint(_Revocation)
        self.register_endpoint(_Introspection)

    def judge_token(
        self, endpoint: str, form: Mapping[str, str], headers: Mapping[str, str]
    ) -> Verdict:
        """Run an endpoint about a token: `revocation` or `introspection`."""
        verdict: Verdict = self.create_endpoint_response(endpoint, _Request(form, headers))
        return verdict
