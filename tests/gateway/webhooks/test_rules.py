"""Where deliveries may go, and when they are tried again."""

import ipaddress

import pytest
from pydantic import ValidationError

from gateway.webhooks import rules
from gateway.webhooks.schemas import WebhookIn
from shared.rules import Kind, failed_codes

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
GOOD = "https://erp.example.cn/zhichuang"


def checked(
    url: str = GOOD, types: tuple[str, ...] = (), held: int = 0, own: tuple[str, ...] = ()
) -> list[str]:
    targets = rules.Targets(own=own)
    return failed_codes(rules.subscription_checks(url, types, held=held, targets=targets))


@pytest.mark.parametrize("url", [GOOD, "https://erp.example.cn:8443/a?b=c", "https://8.8.8.8/"])
def test_a_whole_https_address_is_taken(url: str) -> None:
    assert checked(url) == []


@pytest.mark.refusing
@pytest.mark.parametrize(
    "url",
    [
        "http://erp.example.cn/", "ftp://erp.example.cn/", "https://", "https:///path",
        "https://user:secret@erp.example.cn/", "https://erp.example.cn/#part", "//erp.example.cn/",
        "https://erp.example.cn:0/", "https://erp.example.cn:99999/", "https://[::1",
        "https://例子.cn/", "javascript:alert(1)", "erp.example.cn",
        "https://erp.example.cn/\nX-More: 1", "https://erp.example.cn/\r\n", "https://erp\t.example.cn/",
        " https://erp.example.cn/", "https://erp.example.cn/a b", "https://erp.example.cn\\@10.0.0.1/",
        "https://erp.example.cn/\x00",
    ],
)  # fmt: skip
def test_any_other_target_is_refused(url: str) -> None:
    assert "URL_REFUSED" in checked(url)


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://door.example/hook", "https://door.example"),
        ("https://DOOR.example:443/", "https://door.example/"),
        ("https://door.example./", "https://door.example"),
        ("https://door.example:8443/", "http://door.example:8443/"),
        ("https://127.0.0.1:8000/v1/webhooks", "http://localhost:8000/"),
        ("https://localhost:8000/", "http://127.0.0.1:8000/"),
        ("https://[::1]:8000/", "http://127.0.0.1:8000/"),
    ],
)
def test_a_subscription_to_the_house_itself_is_refused(url: str, own: str) -> None:
    assert "URL_REFUSED" in checked(url, own=(GOOD, own))
    assert "URL_REFUSED" not in checked(url, own=(GOOD, "https://door.example:9000"))


@pytest.mark.refusing
@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.1",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::",
        "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe", "2002:0a00:0001::1", "2001:db8::1", "::7f00:1", "64:ff9b:1::a00:1",
        "fec0::1", "3fff::1", "192.0.0.8", "192.88.99.1",
    ],
)  # fmt: skip
def test_no_address_that_is_not_public_is_connected_to(address: str) -> None:
    assert not rules.address_allowed(ipaddress.ip_address(address), [])
    host = f"[{address}]" if ":" in address else address
    assert "ADDRESS_PRIVATE" in checked(f"https://{host}/")


@pytest.mark.parametrize("address", ["8.8.8.8", "2400:3200::1", "::ffff:8.8.8.8"])
def test_a_public_address_is_connected_to(address: str) -> None:
    assert rules.address_allowed(ipaddress.ip_address(address), [])


def test_an_allow_listed_network_is_reached_and_its_neighbour_is_not() -> None:
    assert rules.address_allowed(ipaddress.ip_address("127.0.0.1"), LOOPBACK)
    assert rules.address_allowed(ipaddress.ip_address("::ffff:127.0.0.1"), LOOPBACK)
    assert not rules.address_allowed(ipaddress.ip_address("10.0.0.1"), LOOPBACK)


@pytest.mark.refusing
def test_types_are_names_of_events() -> None:
    assert checked(types=("center.listed", "evaluation.published")) == []
    for wrong in ("center", "Center.listed", "center.*", "", "a.b,c.d"):
        assert checked(types=(wrong,)) == ["FIELD_INVALID"]


@pytest.mark.refusing
@pytest.mark.parametrize("secret", ["whsec_x", "whsec_a\nb", "\r\n"])
def test_nobody_brings_a_secret_of_his_own(secret: str) -> None:
    WebhookIn.model_validate({"url": GOOD})
    with pytest.raises(ValidationError, match="extra_forbidden"):
        WebhookIn.model_validate({"url": GOOD, "secret": secret})


@pytest.mark.refusing
def test_the_twentieth_subscription_is_the_last() -> None:
    assert checked(held=19) == []
    assert checked(held=20) == ["SUBSCRIPTIONS_TOO_MANY"]


def test_tries_are_spread_around_the_schedule_and_end_with_it() -> None:
    schedule = [5, 60, 300]
    assert [rules.seconds_until_retry(n, schedule, 0) for n in (1, 2, 3, 4)] == [5, 60, 300, None]
    assert rules.seconds_until_retry(3, schedule, 1_000_000) == 330
    assert rules.seconds_until_retry(3, schedule, -1_000_000) == 270


@pytest.mark.parametrize(
    ("status", "delivered"),
    [
        (199, False),
        (200, True),
        (204, True),
        (299, True),
        (301, False),
        (410, False),
        (None, False),
    ],
)
def test_only_a_2xx_means_that_the_receiver_has_it(status: int | None, delivered: bool) -> None:
    assert rules.is_delivered(status) is delivered


def test_only_410_ends_a_subscription() -> None:
    assert [rules.ends_subscription(status) for status in (410, 404, 500, None)] == [
        True, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(("count", "codes"), [(50, []), (51, ["FIELD_INVALID"]), (0, [])])
def test_a_subscription_names_fifty_types_at_most(count: int, codes: list[str]) -> None:
    types = ["center.registered"] * count
    checks = rules.subscription_checks(
        "https://erp.example.com/hook", types, held=0, targets=rules.Targets()
    )
    assert failed_codes(checks) == codes
    assert {check.params["field"] for check in checks if check.kind is Kind.CONTENT} == {
        "url", "types",
    }  # fmt: skip


def test_a_plain_target_without_a_port_is_reached_at_eighty() -> None:
    targets = rules.Targets(plain_allowed=True, own=("http://door.example:80",))
    for url, codes in (
        ("http://door.example/x", ["URL_REFUSED"]), ("http://door.example:81/x", []),
    ):  # fmt: skip
        assert failed_codes(rules.target_checks(url, "/url", targets)) == codes


@pytest.mark.parametrize(
    ("after", "newest", "passed"), [(5, 5, True), (4, 5, True), (6, 5, False), (0, 0, True)]
)
def test_what_was_delivered_before_is_replayed_from_a_position_that_there_was(
    after: int, newest: int, *, passed: bool
) -> None:
    assert [check.passed for check in rules.replay_checks(after, newest)] == [passed]


def test_the_last_address_within_an_ipv6_one_is_the_one_that_is_reached() -> None:
    private, public = ("64:ff9b::192.168.255.255", "64:ff9b::8.8.8.8")
    assert not rules.address_allowed(ipaddress.ip_address(private), ())
    assert rules.address_allowed(ipaddress.ip_address(public), ())
    listed = [ipaddress.ip_network("192.168.255.255/32")]
    assert rules.address_allowed(ipaddress.ip_address(private), listed)


@pytest.mark.parametrize(("jitter", "wait"), [(-1_000_000, 1), (0, 1), (1_000_000, 1)])
def test_no_wait_is_shorter_than_a_second(jitter: int, wait: int) -> None:
    assert rules.seconds_until_retry(1, [1], jitter) == wait
    assert rules.seconds_until_retry(1, [0], jitter) == 1
