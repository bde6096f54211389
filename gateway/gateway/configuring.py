"""The gateway's configuration: one typed file beside the environment, checked before it is taken.

`ZHICHUANG_CONFIG` names a TOML file whose keys are the names of the settings. The environment wins
over it. A running gateway takes a changed file on SIGHUP, if it is whole and changes only what can
change without a restart; otherwise it goes on as before and says why.
"""

import os
import re
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from gateway.limits.stores import store_of
from gateway.proxy.cors import cors_of
from gateway.settings import GatewaySettings
from shared.services import SERVICES
from shared.settings import address_setting

PREFIX: Final = "ZHICHUANG_"
CONFIG: Final = f"{PREFIX}CONFIG"
# What may change while requests are under way.
CHANGEABLE: Final = frozenset(
    {
        "hosts", "cors_origins", "max_target_bytes", "max_head_bytes", "max_fields",
        "body_idle_seconds", "limit_client", "limit_person", "limit_address", "limit_tokens",
        "limit_costly", *(address_setting(service) for service in SERVICES),
        "upstream_connections", "upstream_connect_seconds", "upstream_wait_seconds",
        "upstream_read_seconds", "upstream_poll_seconds", "upstream_route_seconds",
        "upstream_idle_seconds", "upstream_check_seconds", "caller_exchanges", "head_seconds",
        "answer_idle_seconds", "address_connections", "trusted_balancers",
    }
)  # fmt: skip
# Zero lifts the bound, or has a meaning of its own.
NOT_NEGATIVE: Final = (
    "address_connections", "caller_exchanges", "limit_address", "limit_client", "limit_costly",
    "limit_person", "limit_tokens", "upstream_check_seconds",
)  # fmt: skip
# Nobody could wait so short, or be let in.
POSITIVE: Final = (
    "answer_idle_seconds", "body_idle_seconds", "head_seconds", "max_fields", "max_head_bytes",
    "max_target_bytes", "upstream_connect_seconds", "upstream_connections",
    "upstream_idle_seconds", "upstream_poll_seconds", "upstream_read_seconds",
    "upstream_wait_seconds",
)  # fmt: skip
ROUTE: Final = re.compile(r"\*?[a-z0-9.-]{1,64}")


class ConfigRefused(Exception):  # noqa: N818 - reads as what it is
    """The configuration is not taken; the message names settings and never their values."""


def load() -> GatewaySettings:
    """Read and check the configuration of now; raise `ConfigRefused`."""
    path = os.environ.get(CONFIG, "")
    told = _told(Path(path)) if path else {}
    given = {k: v for k, v in told.items() if f"{PREFIX}{k.upper()}" not in os.environ}
    try:
        settings = GatewaySettings(**given)
    except ValidationError as error:
        names = sorted({str(one["loc"][0]) for one in error.errors() if one["loc"]})
        raise ConfigRefused(f"not of its kind: {', '.join(names)}") from None
    _check(settings)
    return settings


def _told(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            told = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigRefused(f"cannot be read ({type(error).__name__})") from None
    unknown = sorted(told.keys() - GatewaySettings.model_fields.keys())
    if unknown:
        raise ConfigRefused(f"no settings of ours: {', '.join(unknown)}")
    return told


def _check(settings: GatewaySettings) -> None:
    """Judge what a type does not: everything that would fail at its first use."""
    wrong = [name for name in NOT_NEGATIVE if getattr(settings, name) < 0]
    wrong += [name for name in POSITIVE if getattr(settings, name) <= 0]
    wrong += [
        f"{service.replace('-', '_')}_url"
        for service in (*SERVICES, "gateway")
        if not all(
            address.startswith(("http://", "https://")) for address in settings.addresses(service)
        )
    ]
    if not all(
        ROUTE.fullmatch(name) and seconds > 0
        for name, seconds in settings.upstream_route_seconds.items()
    ):
        wrong.append("upstream_route_seconds")
    for name, read in (
        ("cors_origins", lambda: cors_of(settings.cors_origins)),
        ("metrics_networks", lambda: settings.metrics_from),
        ("trusted_balancers", lambda: settings.balancers),
        ("webhook_allowed", lambda: settings.webhook_networks),
        ("webhook_retries", lambda: settings.webhook_schedule),
        ("notice_retries", lambda: settings.notice_schedule),
        ("limit_store", lambda: store_of(settings.limit_store)),
    ):
        try:
            read()
        except ValueError:
            wrong.append(name)
    if wrong:
        raise ConfigRefused(f"not usable: {', '.join(sorted(set(wrong)))}")
    _check_patience(settings)


def _check_patience(settings: GatewaySettings) -> None:
    """Refuse to wait for a service less long than for its caller's next bytes.

    A client that sends slowly would be told that the service is late.
    """
    least = settings.body_idle_seconds
    short = ["upstream_read_seconds"] if settings.upstream_read_seconds < least else []
    if any(seconds < least for seconds in settings.upstream_route_seconds.values()):
        short.append("upstream_route_seconds")
    if short:
        raise ConfigRefused(f"shorter than body_idle_seconds: {', '.join(short)}")


def changed(before: GatewaySettings, after: GatewaySettings) -> frozenset[str]:
    """Name what differs; raise `ConfigRefused` where that cannot change without a restart."""
    names = frozenset(
        name
        for name in GatewaySettings.model_fields
        if getattr(before, name) != getattr(after, name)
    )
    fixed = sorted(names - CHANGEABLE)
    if fixed:
        raise ConfigRefused(f"change with a restart only: {', '.join(fixed)}")
    return names


def main() -> None:
    """Check the configuration in the environment and say whether it would be taken."""
    try:
        load()
    except ConfigRefused as refused:
        sys.exit(f"✗ {os.environ.get(CONFIG) or 'the environment'}: {refused}")
    sys.stdout.write("✓ the configuration is whole\n")


if __name__ == "__main__":
    main()
