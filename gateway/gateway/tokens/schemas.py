"""What the OAuth endpoints say; field names and values are those of the RFCs."""

from typing import Literal

from pydantic import ConfigDict, Field

from shared.http.schemas import Body, Out


class TokenForm(Body):
    """A token request, as a form (RFC 6749, sections 4.1.3, 4.4 and 6)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "grant_type": "client_credentials",
                    "client_id": "019b2f6e-0000-7000-8000-000000000003",
                    "client_secret": "4Wq0…",
                }
            ]
        }
    )

    grant_type: Literal[
        "client_credentials",
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ] = Field(description="Which grant is asked for.")
    client_id: str | None = Field(default=None, description="Unless the header names it.")
    client_secret: str | None = Field(
        default=None, description="Unless the header holds it; a front end has none."
    )
    client_assertion_type: str | None = Field(
        default=None, description="`urn:ietf:params:oauth:client-assertion-type:jwt-bearer`."
    )
    client_assertion: str | None = Field(
        default=None, description="A JWT signed with a registered key; its `aud` is the issuer."
    )
    code: str | None = Field(default=None, description="What the browser carried back.")
    redirect_uri: str | None = Field(default=None, description="The address it was carried to.")
    code_verifier: str | None = Field(default=None, description="What the challenge was made of.")
    refresh_token: str | None = Field(default=None, description="The last one of its family.")
    subject_token: str | None = Field(
        default=None, description="To a service of the house: whose token it acts under."
    )
    subject_token_type: str | None = Field(
        default=None, description="`urn:ietf:params:oauth:token-type:access_token`."
    )
    requested_token_type: str | None = Field(default=None, description="The same, or left out.")


class TokenQuestionForm(Body):
    """A token to end or to ask about, as a form (RFC 7009, RFC 7662)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"token": "eyJ…"}]})

    token: str = Field(description="The access token; a front end's refresh token to revoke.")
    token_type_hint: Literal["access_token", "refresh_token"] | None = Field(
        default=None, description="A hint."
    )
    client_id: str | None = Field(default=None, description="Unless the header names it.")
    client_secret: str | None = Field(default=None, description="Unless the header holds it.")
    client_assertion_type: str | None = Field(
        default=None, description="`urn:ietf:params:oauth:client-assertion-type:jwt-bearer`."
    )
    client_assertion: str | None = Field(default=None, description="In place of a secret.")


class EndedOut(Out):
    """The token has ended, whatever it was (RFC 7009, section 2.2)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class IntrospectionOut(Out):
    """What a token says, if it lives and the caller may know (RFC 7662, section 2.2)."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [{"active": False}]})

    active: bool = Field(description="Whether the token lives; nothing else is told otherwise.")
    token_type: str | None = Field(default=None, description="`Bearer`.")
    sub: str | None = Field(default=None, description="The person.")
    client_id: str | None = Field(default=None, description="The program.")
    exp: int | None = Field(default=None, description="Second in which it ends.")
    roles: list[str] | None = Field(default=None, description="Roles of the person.")
    duties: list[str] | None = Field(default=None, description="Duties of an official.")


class TokenOut(Out):
    """An access token (RFC 6749, section 5.1)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"access_token": "eyJ…", "token_type": "Bearer", "expires_in": 600}]
        }
    )

    access_token: str = Field(description="A signed JWT (RFC 9068); pass it as `token_type` says.")
    token_type: Literal["Bearer", "DPoP"] = Field(
        description="How to pass it; `DPoP` where the request bore a proof of a key (RFC 9449)."
    )
    expires_in: int = Field(description="Seconds that it lives.")
    refresh_token: str | None = Field(
        default=None, description="To a front end: use it once; the answer has the next one."
    )
    issued_token_type: str | None = Field(
        default=None, description="To a service that exchanged a token: what it got."
    )


class OAuthErrorOut(Out):
    """Why no token was given (RFC 6749, section 5.2)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"error": "invalid_client", "error_description": "Client authentication failed."}
            ]
        }
    )

    error: str = Field(description="A code of the RFC.")
    error_description: str = Field(default="", description="A sentence for developers.")


class JwkOut(Out):
    """A public key (RFC 7517)."""

    kty: Literal["EC"] = Field(description="Key type.")
    crv: Literal["P-256"] = Field(description="Curve.")
    x: str = Field(description="First coordinate, base64url.")
    y: str = Field(description="Second coordinate, base64url.")
    kid: str = Field(description="Key id, as in a token's header.")
    alg: Literal["ES256"] = Field(description="The one algorithm of this key.")
    use: Literal["sig"] = Field(description="It signs.")


class JwksOut(Out):
    """The published keys."""

    keys: list[JwkOut] = Field(description="Every key that may have signed a living token.")


class ServerMetadataOut(Out):
    """Where to get tokens and keys (RFC 8414)."""

    issuer: str = Field(description="`iss` of every token.")
    authorization_endpoint: str = Field(description="Where a browser is sent to sign in.")
    token_endpoint: str = Field(description="Where tokens are asked for.")
    revocation_endpoint: str = Field(description="Where a token is ended early.")
    introspection_endpoint: str = Field(description="Where a token is asked about.")
    jwks_uri: str = Field(description="Where the keys are.")
    response_types_supported: list[str] = Field(description="Codes only.")
    code_challenge_methods_supported: list[str] = Field(description="S256 only, and always.")
    authorization_response_iss_parameter_supported: bool = Field(description="RFC 9207.")
    prompt_values_supported: list[str] = Field(description="What `prompt` may say.")
    grant_types_supported: list[str] = Field(description="Grants given here.")
    token_endpoint_auth_methods_supported: list[str] = Field(description="How clients identify.")
    revocation_endpoint_auth_methods_supported: list[str] = Field(description="As above.")
    introspection_endpoint_auth_methods_supported: list[str] = Field(description="As above.")
    token_endpoint_auth_signing_alg_values_supported: list[str] = Field(
        description="What a client's assertion is signed with."
    )
    revocation_endpoint_auth_signing_alg_values_supported: list[str] = Field(
        description="As above."
    )
    introspection_endpoint_auth_signing_alg_values_supported: list[str] = Field(
        description="As above."
    )
    response_modes_supported: list[str] = Field(description="The answer stands in the address.")
    dpop_signing_alg_values_supported: list[str] = Field(
        description="How proofs of possession are signed (RFC 9449)."
    )
    service_documentation: str = Field(description="Where every operation is described.")
    ui_locales_supported: list[str] = Field(description="Languages of the sign-in pages.")
    scopes_supported: list[str] = Field(description="None: roles and duties decide.")
