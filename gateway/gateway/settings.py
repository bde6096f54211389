"""Every setting of the gateway, from the environment with the prefix `ZHICHUANG_`."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final, Literal

from pydantic import SecretStr

from shared.settings import Settings

# What computes over many rows, writes a document or reads a whole stock.
SLOW_ROUTES: Final = dict.fromkeys(
    (
        "*-batches", "*.pdf", "*.xlsx", "*.zip", "*export", "*bundle", "*workbook", "accept",
        "assignments", "audit", "commit", "comparison", "compute", "content", "distribution-runs",
        "files", "open", "openapi.json", "page", "recomputation", "robustness", "snapshot", "trial",
    ),
    120.0,
)  # fmt: skip


class GatewaySettings(Settings):
    """What the door needs besides what every process needs."""

    # Where this process leaves its pid, and what became of the last reload.
    pid_file: Path | None = None

    # Encrypts signing keys at rest; without it a stolen database could sign tokens.
    key_secret: SecretStr = SecretStr("")
    # The services' secrets as a JSON object by client id, and where the sandbox's sample
    # credentials are written; only the bootstrap reads these two.
    service_secrets: SecretStr = SecretStr("{}")
    credentials: Path | None = None
    # Names that `Host` may bear, separated by commas; empty takes any, as on one's own machine.
    hosts: str = ""
    # The signing key is changed after so many days; zero leaves it to `zhichuang rotate-keys`.
    key_rotation_days: int = 90
    # How often a process looks for newer signing keys.
    key_refresh_seconds: float = 30.0
    # How often a process reads what was revoked although it was told of nothing: the longest that
    # a revocation takes to hold while the database tells nobody.
    revocation_read_seconds: float = 4.0
    # Seconds before each further try of a delivery, separated by commas: about a day together.
    webhook_retries: str = "5,60,300,1800,7200,18000,28800,28800"
    # Failed attempts in a row, over all events, after which a subscription stops by itself.
    webhook_failures: int = 20
    # Networks that deliveries may go to although they are not public, separated by commas.
    webhook_allowed: str = ""
    # The server that takes mail with notices, and how it is spoken to (`starttls`, `tls`, or
    # `none` on one's own machine); without a host, notices go to webhooks only.
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = "zhichuang@localhost"
    # How often everybody's tasks are looked up for notices; zero tells nobody anything.
    notice_seconds: float = 60.0
    # Seconds before each further try of a letter, separated by commas.
    notice_retries: str = "60,300,1800,7200,28800"

    # Networks from which this process's own `/metrics` is answered, separated by commas, and only
    # to whoever asks there himself: through a balancer it is 404.
    metrics_networks: str = "127.0.0.0/8,::1/128"

    # How old the services' published documents may be before they are asked for again.
    openapi_refresh_seconds: float = 30.0
    # The origin under which people see the sign-in pages (`https://door.example`); passkeys are
    # bound to it, and offered only where it is set.
    public_origin: str = ""
    # An outside OpenID issuer at which people may sign in (a city's own), this gateway's client
    # there, its name on the page, and the claim that names the legal person somebody acts for.
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_scope: str = "openid profile"
    oidc_name: str = "OpenID"
    oidc_uscc_claim: str = "uscc"
    # Officials sign in on the page with a second factor; a sandbox may set it off.
    second_factor_of_officials: bool = True
    # Duties of officials are given by two people; by default wherever this is no sandbox.
    two_person_duties: bool | None = None
    # A time of day in Shanghai, such as `03:00`, at which a sandbox is put back to what the demo
    # programme left; empty never does.
    sandbox_wipe: str = ""
    # Access tokens live this long; api.md promises ten minutes.
    token_seconds: int = 600

    # Proofs of possession must bear a nonce of this door's, made anew each minute.
    dpop_nonce: bool = False

    # Bounds of a request's head: the longest target, all fields together, their number.
    max_target_bytes: int = 8_192
    max_head_bytes: int = 16_384
    max_fields: int = 100
    # A whole head must be here so long after its first byte; else it is 408.
    head_seconds: float = 5.0
    # A body that stops for longer than this is given up with 408.
    body_idle_seconds: float = 10.0
    # A client that takes nothing of an answer for longer than this is cut off.
    answer_idle_seconds: float = 30.0
    # Connections that one address may hold; zero bounds nobody. Those of trusted balancers are
    # everybody's, and are not bounded here.
    address_connections: int = 2_048
    # Networks of balancers that are believed when they say whom they ask for, separated by commas:
    # of `X-Forwarded-For`, only what these wrote. Empty believes nobody.
    trusted_balancers: str = ""

    # A standing queue of work longer than this turns callers away with 503; zero turns away nobody.
    shed_after_seconds: float = 1.0
    # What public answers may take of this process's memory; zero keeps none.
    public_cache_bytes: int = 33_554_432

    # Origins of front ends whose pages may call from a browser, separated by commas.
    cors_origins: str = ""

    # Where counts are kept for all processes together (`valkey://host:6379/0`); empty counts in
    # each process for itself.
    limit_store: str = ""
    # Requests a minute: of a program, of a person through all programs, of an address
    # that shows no valid token, and of an address for tokens. Zero lifts a limit.
    limit_client: int = 60_000
    limit_person: int = 120_000
    limit_address: int = 60_000
    limit_tokens: int = 6_000
    # Of a program, for what costs a hundred times a read: batches, computations, draws, exports.
    limit_costly: int = 1_200

    # Connections to all services together; more requests wait for one, but not long.
    upstream_connections: int = 512
    upstream_connect_seconds: float = 2.0
    upstream_wait_seconds: float = 5.0
    # So long a service may be silent over a request; then its caller gets 504. A feed that was
    # asked to hold on (`wait`) may be silent for longer than the longest of these.
    upstream_read_seconds: float = 15.0
    upstream_poll_seconds: float = 65.0
    # The same of routes that compute or write for long, by the last segment of their path, or by
    # `*` and how it ends.
    upstream_route_seconds: dict[str, float] = SLOW_ROUTES
    # No caller has more than so many requests to services under way, so that ways are left for the
    # others; zero bounds nobody.
    caller_exchanges: int = 256
    # Below the services' own keep-alive, so that a pooled connection is never already closed.
    upstream_idle_seconds: float = 4.0
    # How often each address of a service is asked whether it lives; zero leaves it to its callers.
    upstream_check_seconds: float = 2.0

    @property
    def duties_by_two(self) -> bool:
        """Tell whether one admin alone makes nobody an official."""
        return not self.sandbox if self.two_person_duties is None else self.two_person_duties

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Give the names that `Host` may bear, in lower case; none means any."""
        return frozenset(host.strip().lower() for host in self.hosts.split(",") if host.strip())

    @property
    def own_origins(self) -> list[str]:
        """Give the origins under which this house is known to be reached."""
        named = [f"https://{host}" for host in sorted(self.allowed_hosts)]
        return [*named, *([self.public_origin] if self.public_origin else [])]

    @property
    def metrics_from(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Give the networks from which `/metrics` is answered."""
        return tuple(_networks(self.metrics_networks))

    @property
    def balancers(self) -> list[IPv4Network | IPv6Network]:
        """Give the networks of balancers that are believed; raise `ValueError` for everybody's."""
        networks = _networks(self.trusted_balancers)
        if any(network.prefixlen == 0 or _is_mapped(network) for network in networks):
            # The first would believe every caller; the second is never met, since such addresses
            # are read as IPv4.
            raise ValueError(self.trusted_balancers)
        return networks

    @property
    def webhook_schedule(self) -> list[int]:
        """Give the seconds before each further try of a delivery."""
        return _seconds(self.webhook_retries)

    @property
    def notice_schedule(self) -> list[int]:
        """Give the seconds before each further try of a letter."""
        return _seconds(self.notice_retries)

    @property
    def webhook_networks(self) -> list[IPv4Network | IPv6Network]:
        """Give the networks that deliveries may go to although they are not public."""
        return _networks(self.webhook_allowed)


def _seconds(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part.strip()]


def _networks(text: str) -> list[IPv4Network | IPv6Network]:
    return [ip_network(part.strip()) for part in text.split(",") if part.strip()]


def _is_mapped(network: IPv4Network | IPv6Network) -> bool:
    return getattr(network.network_address, "ipv4_mapped", None) is not None
