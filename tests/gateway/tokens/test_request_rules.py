"""What a token request may look like, and what a token says; no server."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from gateway.tokens import rules
from gateway.tokens.rules import BASIC, FORM, POST, Credentials, Subject, TokenError

PLAIN = b"grant_type=client_credentials&client_id=m01&client_secret=s"


def refusal(call: Any, *given: Any) -> tuple[str, int]:
    with pytest.raises(TokenError) as refused:
        call(*given)
    return refused.value.error, refused.value.status


@pytest.mark.requirement("X01")
@pytest.mark.parametrize(
    ("kind", "body", "form"),
    [
        (FORM, PLAIN, {"grant_type": "client_credentials", "client_id": "m01",
                       "client_secret": "s"}),
        (f" {FORM.upper()} ; charset=utf-8", b"a=%E4%B8%AD", {"a": "中"}),
        (FORM, b"a=&b=1", {"a": "", "b": "1"}),
        (FORM, b"", {}),
        (FORM, b"a=" + b"x" * 8_190, {"a": "x" * 8_190}),
        (FORM, b"&".join(b"a%d=1" % n for n in range(20)), {f"a{n}": "1" for n in range(20)}),
    ],
)  # fmt: skip
def test_a_form_is_read_as_it_is(kind: str, body: bytes, form: dict[str, str]) -> None:
    assert rules.form_of(kind, body) == form


@pytest.mark.requirement("X01")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", PLAIN),
        ("", PLAIN),
        (FORM, b"a=" + b"x" * 8_191),
        (FORM, "a=中".encode()),
        (FORM, b"a=%FF"),
        (FORM, b"a"),
        (FORM, b"&".join(b"a%d=1" % n for n in range(21))),
        # A name twice, whatever it says.
        (FORM, b"a=1&a=1"),
    ],
)
def test_what_is_no_readable_form_is_refused(kind: str, body: bytes) -> None:
    assert refusal(rules.form_of, kind, body) == ("invalid_request", 400)


def basic(client_id: str, secret: str, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"


IN_FORM = {"client_id": "m01", "client_secret": "s"}


@pytest.mark.requirement("X01")
@pytest.mark.parametrize(
    ("header", "form", "credentials"),
    [
        (None, IN_FORM, Credentials("m01", "s", POST)),
        (basic("m01", "s"), {}, Credentials("m01", "s", BASIC)),
        (basic("m01", "s", "bAsIc"), {"client_id": "m01"}, Credentials("m01", "s", BASIC)),
        # Both parts are form-encoded inside the header.
        (basic("a%3Ab", "s+%2B"), {}, Credentials("a:b", "s +", BASIC)),
        (basic("m01", "s:t"), {}, Credentials("m01", "s:t", BASIC)),
        (None, {**IN_FORM, "client_secret": "s" * 255}, Credentials("m01", "s" * 255, POST)),
    ],
)
def test_a_client_says_who_it_is_in_the_header_or_the_form(
    header: str | None, form: dict[str, str], credentials: Credentials
) -> None:
    assert rules.credentials_of(header, form) == credentials


TWO_WAYS, UNKNOWN = ("invalid_request", 400), ("invalid_client", 401)


@pytest.mark.requirement("X01")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("header", "form", "error"),
    [
        (None, {}, UNKNOWN),
        (None, {"client_id": "m01"}, UNKNOWN),
        (None, {"client_secret": "s"}, UNKNOWN),
        (basic("m01", "s"), IN_FORM, TWO_WAYS),
        (basic("m01", "s"), {"client_id": "m02"}, TWO_WAYS),
        (None, {**IN_FORM, "client_assertion": "x"}, TWO_WAYS),
        (None, {**IN_FORM, "client_assertion_type": "x"}, TWO_WAYS),
        (basic("m01", "s", "Bearer"), {}, UNKNOWN),
        ("Basic !!!", {}, UNKNOWN),
        ("Basic " + base64.b64encode(b"m01").decode(), {}, UNKNOWN),
        # A sign that base64 does not know is not passed over.
        (basic("m01", "s").replace("=", "") + "*=", {}, UNKNOWN),
        (basic("m01", ""), {}, UNKNOWN),
        (basic("", "s"), {}, UNKNOWN),
        (None, {**IN_FORM, "client_secret": "s" * 256}, UNKNOWN),
        (None, {**IN_FORM, "client_secret": "中"}, UNKNOWN),
        (None, {**IN_FORM, "client_id": "m\n01"}, UNKNOWN),
    ],
)
def test_who_shows_nothing_or_too_much_is_refused(
    header: str | None, form: dict[str, str], error: tuple[str, int]
) -> None:
    assert refusal(rules.credentials_of, header, form) == error


@pytest.mark.requirement("X01")
def test_a_front_end_has_no_secret_and_one_that_shows_one_is_none() -> None:
    assert rules.front_end_of(None, {"client_id": "portal"}) == "portal"
    for header, form in (
        (None, {}),
        (basic("portal", "s"), {"client_id": "portal"}),
        (None, {"client_id": "portal", "client_secret": ""}),
        (None, {"client_id": "portal", "client_assertion": "x"}),
    ):
        assert refusal(rules.front_end_of, header, form) == UNKNOWN


@pytest.mark.requirement("X01")
@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "client_credentials"}, None),
        ({"grant_type": "refresh_token", "scope": " "}, None),
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "read"}, "invalid_scope"),
    ],
)
def test_a_request_names_a_grant_that_is_given_here(
    form: dict[str, str], error: str | None
) -> None:
    if error is None:
        rules.request_checks(form)
    else:
        assert refusal(rules.request_checks, form) == (error, 400)


SUBJECT = Subject("p1", "m01", ("member",), (), "o1", None)


@pytest.mark.requirement("X01", "X02")
def test_a_token_says_for_whom_it_is_and_until_when() -> None:
    given = {"issuer": "i", "audience": "a", "token_id": "t", "now": 1_000, "seconds": 300}
    plain = rules.claims_for(SUBJECT, **given)  # type: ignore[arg-type]  # names by the table
    assert plain == {
        "iss": "i", "aud": "a", "exp": 1_300, "nbf": 1_000, "iat": 1_000, "jti": "t", "sub": "p1",
        "client_id": "m01", "roles": ["member"], "duties": [], "org_id": "o1", "scopes": [],
        "expert_id": None,
    }  # fmt: skip
    bound = replace(
        SUBJECT, actor={"sub": "m02"}, thumbprint="key", networks=("192.0.2.0/24",)
    )  # fmt: skip
    claims = rules.claims_for(bound, **given)  # type: ignore[arg-type]  # names by the table
    assert claims == {
        **plain, "act": {"sub": "m02"}, "cnf": {"jkt": "key"}, "networks": ["192.0.2.0/24"],
    }  # fmt: skip
    assert rules.metadata("i", "b")["authorization_response_iss_parameter_supported"] is True
