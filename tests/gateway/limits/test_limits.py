"""How much one caller may ask, on both sides of each limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.limits.counting import Counts
from gateway.limits.rules import Quota, Quotas, header_fields, quotas_of, tightest
from tests.gateway.running_door import running_door

QUOTAS = Quotas(client=5, person=8, address=3, tokens=2)
CLAIMS = {"client_id": "m01", "sub": "p1"}


def names(path: str, claims: dict[str, str] | None, quotas: Quotas = QUOTAS) -> list[str]:
    return [quota.name for quota in quotas_of(path, claims, "192.0.2.1", quotas)]


def test_a_valid_token_is_counted_by_program_and_person_and_not_by_address() -> None:
    assert names("/v1/registry/facts", CLAIMS) == ["client", "person"]


def test_without_a_token_the_address_is_counted_and_asking_for_tokens_apart() -> None:
    assert names("/v1/public/centers", None) == ["address"]
    assert names("/oauth/token", None) == ["tokens"]


@pytest.mark.parametrize(
    ("path", "costly"),
    [
        ("/v1/evaluation/cycles/1/compute", True),
        ("/v1/evaluation/cycles/1/compute/", True),
        ("/v1/registry/fact-batches", True),
        ("/v1/registry/facts", False),
        ("/v1/evaluation/compute/1", False),
        ("/compute", True),
        ("/", False),
    ],
)
def test_what_costs_a_hundred_reads_is_counted_apart(path: str, *, costly: bool) -> None:
    bounded = Quotas(client=5, person=8, address=3, tokens=2, costly=1)
    apart = ["costly"] if costly else []
    assert names(path, CLAIMS, bounded) == ["client", "person", *apart]
    # Where nobody says how much of it, it is not counted.
    assert names(path, CLAIMS) == ["client", "person"]


def test_a_limit_of_zero_is_no_limit() -> None:
    assert names("/v1/public/centers", None, Quotas(0, 0, 0, 0)) == []


def test_the_last_request_within_the_limit_passes_and_the_next_does_not() -> None:
    counts, quota = Counts(), Quota("client", "m01", 3)
    standings = [counts.hit(quota, 600.0) for _ in range(4)]
    assert [one.allowed for one in standings] == [True, True, True, False]
    assert [one.remaining for one in standings] == [2, 1, 0, 0]
    assert standings[-1].reset_seconds == 60


def test_another_caller_is_not_counted_with_this_one() -> None:
    counts = Counts()
    for _ in range(4):
        counts.hit(Quota("client", "m01", 3), 600.0)
    assert counts.hit(Quota("client", "m02", 3), 600.0).allowed
    assert counts.hit(Quota("person", "m01", 3), 600.0).allowed


def test_a_spent_minute_weighs_less_and_less_in_the_next() -> None:
    counts, quota = Counts(), Quota("client", "m01", 10)
    for _ in range(10):
        counts.hit(quota, 659.9)
    assert not counts.hit(quota, 660.0).allowed
    assert counts.hit(quota, 690.0).remaining == 4
    assert counts.hit(quota, 780.0).remaining == 9


@given(
    limit=st.integers(1, 20),
    gaps=st.lists(st.floats(0, 30, allow_nan=False), min_size=1, max_size=60),
)
def test_no_clock_minute_lets_more_through_than_the_limit(limit: int, gaps: list[float]) -> None:
    counts, quota, now = Counts(), Quota("client", "m01", limit), 0.0
    passed: dict[int, int] = {}
    for gap in gaps:
        now += gap
        if counts.hit(quota, now).allowed:
            passed[int(now // 60)] = passed.get(int(now // 60), 0) + 1
    assert all(count <= limit for count in passed.values())


def test_invented_addresses_share_one_count_once_there_are_too_many() -> None:
    counts = Counts(most_keys=2)
    standings = [counts.hit(Quota("address", f"a{n}", 3), 600.0) for n in range(7)]
    assert [one.allowed for one in standings] == [True] * 5 + [False] * 2
    assert counts.hit(Quota("address", "a0", 3), 600.0).allowed


def test_the_count_nearest_to_its_end_is_told() -> None:
    counts = Counts()
    asked = [Quota("client", "m01", 5), Quota("person", "p1", 2)]
    told = tightest([counts.hit(quota, 600.0) for quota in asked])
    assert told == Counts().nearest(asked, 600.0)
    assert told is not None
    fields = dict(header_fields(told))
    assert fields[b"ratelimit"] == b'"person";r=1;t=60'
    assert fields[b"ratelimit-policy"] == b'"person";q=2;w=60'


@given(limits=st.lists(st.integers(1, 4), min_size=1, max_size=3), hits=st.integers(1, 6))
def test_the_nearest_count_is_the_one_of_all_counts(limits: list[int], hits: int) -> None:
    one, other = Counts(), Counts()
    asked = [Quota(f"q{place}", "a", limit) for place, limit in enumerate(limits)]
    for _ in range(hits):
        told = tightest([one.hit(quota, 600.0) for quota in asked])
        assert other.nearest(asked, 600.0) == told


@pytest.mark.refusing
def test_one_request_too_many_is_told_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHICHUANG_LIMIT_CLIENT", "2")
    monkeypatch.setenv("ZHICHUANG_LIMIT_ADDRESS", "1")
    with running_door() as door:
        headers = {"Authorization": f"Bearer {door.signer.token('member')}"}
        answers = [door.ask("/v1/registry/facts", headers=headers) for _ in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 429]
        assert answers[0].headers["ratelimit"].startswith('"client";r=1;t=')
        refused = answers[2]
        assert refused.json()["code"] == "RATE_LIMITED"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        # Guessing tokens is counted by address, and a valid token is not held up by it.
        wrong = {"Authorization": "Bearer x.y.z"}
        assert [door.ask("/v1/registry/facts", headers=wrong).status for _ in range(2)] == [
            401,
            429,
        ]
        other = {"Authorization": f"Bearer {door.signer.token('member', client_id='other')}"}
        assert door.ask("/v1/registry/facts", headers=other).status == 200
