"""Grants to programs past the framework: what comes by the thousand, and is plainly good.

The route (`tokens/routes.py`) stays: it is what OpenAPI shows, and what answers everything else.
This way takes a form that asks for client credentials by a secret, of a program without keys of its
own, and gives the token by the same readers, the same reading, the same grant of Authlib's and the
same signer. Whatever would be refused is handed on, so that each refusal is the route's own. What
it saves stands in `docs/decisions/hot-paths.md`.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from fastapi import FastAPI
from pydantic_core import to_json

from gateway.identity.networks import allows
from gateway.tokens import rules
from gateway.tokens.issuing import access_token, subject_asking
from gateway.tokens.keys import NoKey
from gateway.tokens.protocol import LoadedClient, ProgramServer
from gateway.tokens.rules import TokenError
from shared.database.replica import AWAY

HEADERS: Final = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"pragma", b"no-cache"),
)
# Whoever shows one of these is judged by more than a secret.
MORE: Final = frozenset({b"dpop"})


class Granted(NamedTuple):
    """A token that was given, as the answer's body, and to whom."""

    body: bytes
    client_id: str
    person_id: str


class PlainGrants:
    """Gives tokens for secrets; gives nothing where the ordinary route should answer."""

    def __init__(self, app: FastAPI) -> None:
        """Bind to the gateway's own state."""
        self._state: Any = app.state

    async def give(
        self, fields: Mapping[bytes, bytes], body: bytes, address: str
    ) -> Granted | None:
        """Judge a request for a token by its fields, each of which stood once, and its body."""
        if not MORE.isdisjoint(fields):
            return None
        authorization = fields.get(b"authorization")
        said = None if authorization is None else authorization.decode("latin-1")
        try:
            form = rules.form_of(fields.get(b"content-type", b"").decode("latin-1"), body)
            rules.request_checks(form)
            if form["grant_type"] != rules.CLIENT_CREDENTIALS:
                return None
            credentials = rules.credentials_of(said, form)
        except TokenError as error:
            # One object stands for each kind of refusal: it would keep the frames of every one.
            error.with_traceback(None)
            return None
        try:
            program = await self._state.programs.of(credentials.client_id)
            if program is None or program.keys or not allows(program.networks, address):
                return None
            signer = await self._state.keys.signer()
        except (NoKey, *AWAY):
            # The route says what is the matter, and how soon to come back.
            return None
        settings = self._state.settings
        client = LoadedClient(credentials.client_id, program.secret_sha256, exists=True)

        def make_token() -> dict[str, Any]:
            return {
                "access_token": access_token(subject_asking(program), signer, settings),
                "token_type": "Bearer",
                "expires_in": settings.token_seconds,
            }

        headers = {} if said is None else {"Authorization": said}
        verdict = ProgramServer(client, make_token).judge(form, headers)
        if verdict.status != 200:
            return None
        return Granted(to_json(verdict.body), credentials.client_id, str(program.person_id))
