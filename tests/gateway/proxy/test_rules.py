"""What may pass the door, judged from bytes alone."""

import pytest

from gateway.binding.judging import shown
from gateway.proxy import rules
from gateway.proxy.rules import Fate, Limits


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (b"/", "/"),
        (b"/v1/registry/centers", "/v1/registry/centers"),
        (b"/v1/registry/centers/", "/v1/registry/centers/"),
        (b"/v1/x/%61bc", "/v1/x/abc"),
        (b"/v1/x/%e4%b8%8a", "/v1/x/%E4%B8%8A"),
        (b"/v1/x/a:b@c,d", "/v1/x/a:b@c,d"),
        (b"/v1/x/...", "/v1/x/..."),
        (b"/v1/x/%7Ea", "/v1/x/~a"),
    ],
)
def test_a_good_path_has_one_spelling(raw: bytes, canonical: str) -> None:
    assert rules.canonical_path(raw) == canonical


@pytest.mark.refusing
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"*",
        b"v1",
        b"//",
        b"//v1/registry",
        b"/v1//registry",
        b"/v1/registry//",
        b"/v1/../registry",
        b"/v1/.",
        b"/v1/./x",
        b"/..",
        b"/v1/%2e%2e/x",
        b"/v1/.%2e/x",
        b"/v1/%2E",
        b"/v1/%2fx",
        b"/v1/%5cx",
        b"/v1/a\\b",
        b"/v1/a;b=1",
        b"/v1/a%3bb",
        b"/v1/%00",
        b"/v1/%0d%0aX",
        b"/v1/%7f",
        b"/v1/%ff",
        b"/v1/%c0%af",
        b"/v1/%zz",
        b"/v1/%2",
        b"/v1/%",
        b"/v1/%252e%252e/x",
        b"/v1/%25",
        b"/v1/a b",
        b"/v1/\xe4\xb8\x8a",
        b"/v1/a?b",
        b"/v1/a#b",
        b"/v1/<x>",
        b"/v1/%u002e",
    ],
)
def test_a_path_that_two_readers_could_read_differently_is_refused(raw: bytes) -> None:
    assert rules.canonical_path(raw) is None


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/v1/registry/centers", "registry"),
        ("/v1/evaluation/cases", "evaluation"),
        ("/v1/ip-ledger/facts", "ip-ledger"),
        ("/v1/public/ratings", "evaluation"),
        ("/v1/public/ratings/2027", "evaluation"),
        ("/v1/public/centers", "registry"),
        ("/v1/public/notices/1/objections", "registry"),
        ("/v1/me", None),
        ("/v1/identity/clients", None),
        ("/v1/sandbox/clock", None),
        ("/oauth/token", None),
        ("/internal/clock", None),
        ("/registry/internal/clock", None),
        ("/v1/registry", None),
        ("/v2/registry/centers", None),
        ("/v1/Registry/centers", None),
        ("/v1/registry/centers/1/members/2", "registry"),
        ("/v1/registry/", "registry"),
    ],
)
def test_the_first_segments_choose_the_service(path: str, service: str | None) -> None:
    assert rules.service_of(path) == service


def test_files_and_batches_may_be_larger_than_the_rest() -> None:
    limits = Limits(json=1, upload=2, batch=3)
    large = ["/v1/registry/files", "/v1/registry/fact-batches", "/v1/ip-ledger/asset-batches"]
    assert [rules.body_limit(path, limits) for path in large] == [2, 3, 3]
    small = ["/v1/registry/facts", "/v1/registry/files/1", "/oauth/token"]
    assert [rules.body_limit(path, limits) for path in small] == [1, 1, 1]


@pytest.mark.parametrize(
    ("name", "fate"),
    [
        (b"accept", Fate.PASS),
        (b"if-none-match", Fate.PASS),
        (b"content-digest", Fate.PASS),
        (b"authorization", Fate.ONCE),
        (b"if-match", Fate.ONCE),
        (b"host", Fate.OURS),
        (b"x-request-id", Fate.OURS),
        (b"x-user-id", Fate.DROP),
        (b"x_user_id", Fate.DROP),
        (b"content_length", Fate.DROP),
        (b"x-forwarded-for", Fate.DROP),
        (b"x-forwarded-prefix", Fate.DROP),
        (b"forwarded", Fate.DROP),
        (b"x-real-ip", Fate.DROP),
        (b"x-http-method-override", Fate.DROP),
        (b"x-original-url", Fate.DROP),
        (b"x-consumer-username", Fate.DROP),
        (b"transfer-encoding", Fate.DROP),
        (b"upgrade", Fate.DROP),
        (b"cookie", Fate.OURS),
    ],
)
def test_each_header_field_has_its_fate(name: bytes, fate: Fate) -> None:
    assert rules.fate(name) is fate


@pytest.mark.refusing
@pytest.mark.parametrize("name", sorted(rules.ONCE | rules.OURS))
def test_a_field_that_decides_something_may_not_stand_twice(name: bytes) -> None:
    with pytest.raises(rules.MalformedHead):
        rules.judged_head([(name, b"1"), (name, b"1")])


@pytest.mark.refusing
def test_connection_may_not_take_the_token_away() -> None:
    with pytest.raises(rules.MalformedHead):
        rules.judged_head(
            [(b"authorization", b"Bearer x"), (b"connection", b"close, Authorization")]
        )


def test_connection_takes_ordinary_fields_away() -> None:
    head = rules.judged_head([(b"connection", b"x-a"), (b"x-a", b"1"), (b"x-b", b"2")])
    assert head.passing == [(b"x-b", b"2")]


@pytest.mark.refusing
def test_a_header_value_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(rules.MalformedHead):
        rules.judged_head([(b"x-a", b"\xff")])


@pytest.mark.parametrize(
    ("value", "token"),
    [
        (b"Bearer abc", "abc"),
        (b"bearer abc", "abc"),
        (b"Bearer", None),
        (b"Bearer ", None),
        (b"Bearer\tabc", None),
        (b"Basic abc", None),
        (b"abc", None),
        (b"Bearer \xe4", None),
    ],
)
def test_only_a_bearer_token_is_one(value: bytes, token: str | None) -> None:
    found = shown(value)
    assert (found and found[1]) == token


@pytest.mark.parametrize(
    ("host", "allowed", "good"),
    [
        (b"door:8000", frozenset(), True),
        (b"[::1]:8000", frozenset(), True),
        (b"door", frozenset({"door"}), True),
        (b"DOOR", frozenset({"door"}), True),
        (b"other", frozenset({"door"}), False),
        (b"", frozenset(), False),
        (b"a b", frozenset(), False),
        (b"a/b", frozenset(), False),
        (b"user@a", frozenset(), False),
        (None, frozenset(), False),
    ],
)
def test_the_host_is_one_name_of_ours(
    host: bytes | None, allowed: frozenset[str], good: bool
) -> None:
    assert rules.names_one_host(host, allowed) is good


CHUNKED = (b"transfer-encoding", b"chunked")


@pytest.mark.parametrize(
    ("fields", "plain"),
    [
        ([CHUNKED], True),
        ([(b"transfer-encoding", b" Chunked ")], True),
        ([(b"accept", b"*/*"), CHUNKED], True),
        ([CHUNKED, CHUNKED], False),
        ([(b"transfer-encoding", b"gzip, chunked")], False),
        ([(b"transfer-encoding", b"identity")], False),
        ([(b"transfer-encoding", b"gzip"), CHUNKED], False),
    ],
)
def test_a_body_comes_in_plain_chunks_said_once(
    fields: list[tuple[bytes, bytes]], *, plain: bool
) -> None:
    if plain:
        assert CHUNKED not in rules.judged_head(fields).passing
    else:
        with pytest.raises(rules.MalformedHead):
            rules.judged_head(fields)


def test_a_head_is_as_large_as_it_came() -> None:
    assert rules.head_size([]) == 0
    assert rules.head_size([(b"a", b"bc"), (b"host", b"")]) == len(b"a: bc\r\n" + b"host: \r\n")


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        ([(b"etag", b"1"), (b"content-type", b"x")], [b"etag", b"content-type"]),
        ([(b"etag", b"1"), (b"server", b"x"), (b"date", b"x")], [b"etag"]),
        # What is true for one hop only, and what the service says is so.
        ([(b"connection", b"close"), (b"etag", b"1")], [b"etag"]),
        ([(b"connection", b"x-hop, close"), (b"x-hop", b"1"), (b"etag", b"1")], [b"etag"]),
        ([(b"connection", b"keep-alive"), (b"keep-alive", b"5"), (b"x-a", b"1")], [b"x-a"]),
    ],
)
def test_an_answer_loses_what_was_meant_for_one_hop(
    fields: list[tuple[bytes, bytes]], seen: list[bytes]
) -> None:
    assert [name for name, _ in rules.passing_out(fields)] == seen


def test_fields_of_ours_are_read_and_not_passed_on() -> None:
    head = rules.judged_head(
        [(b"host", b"h"), (b"accept", b"a"), (b"authorization", b"Bearer t"), (b"cookie", b"c")]
    )
    assert head.passing == [(b"accept", b"a"), (b"authorization", b"Bearer t")]
    assert (head.ours, head.once) == (
        {b"host": b"h", b"cookie": b"c"}, {b"authorization": b"Bearer t"},
    )  # fmt: skip
