"""Settings that every process reads, each from the environment with the prefix `ZHICHUANG_`."""

import os
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.services import package_of

SAMPLE_SECRET: Final = "not-a-secret-outside-tests"  # noqa: S105 - refused outside a sandbox


def address_setting(service: str) -> str:
    """Name the setting that holds a service's addresses (`registry`, `ip-ledger`, …)."""
    return f"{package_of(service)}_url"


class Settings(BaseSettings):
    """What a process needs to know of its surroundings; defaults fit one machine."""

    # A secret may stand in a file instead, as an orchestrator mounts it: named as the variable,
    # in the folder that ZHICHUANG_SECRETS names.
    model_config = SettingsConfigDict(
        env_prefix="ZHICHUANG_", extra="ignore", secrets_dir=os.environ.get("ZHICHUANG_SECRETS")
    )

    # The process's own database, as its `_app` login.
    database_url: str = ""
    # Two cores serve a handful of statements at once; more connections only queue in the server.
    database_pool: int = 10
    # A statement without an answer by then is given up with its connection; its caller gets 503.
    database_answer_seconds: float = 30.0
    # Copies of it that take no writes (`…?host=a,b&port=5432,5432&target_session_attrs=standby`):
    # reads go there once the copy has everything that was acknowledged; empty asks the database.
    database_replica_url: str = ""
    # Where the services and the gateway listen; several addresses are separated by commas, and
    # the first one answers questions while all of them are told the sandbox clock.
    registry_url: str = "http://127.0.0.1:8001"
    evaluation_url: str = "http://127.0.0.1:8002"
    ip_ledger_url: str = "http://127.0.0.1:8003"
    gateway_url: str = "http://127.0.0.1:8000"
    # `iss` of every token; it names the programme and is no address that anyone fetches.
    issuer: str = "https://zhichuang.example"
    # The service's own client credentials for calls to its neighbours.
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    # Signs cursors, so that nobody makes up a position in a list.
    secret: SecretStr = SecretStr(SAMPLE_SECRET)
    # Keys that personal data is sealed with at rest: a JSON object from id to 32 bytes in base64,
    # and the id of the one that new values take. Keep an old key until nothing names it any more.
    data_keys: SecretStr = SecretStr("")
    data_key: str = ""
    # A sandbox has a programme clock that can be moved; elsewhere that route does not exist.
    sandbox: bool = False
    # Where files lie by their hash; replicas of a service share the folder.
    files: Path = Path("files")
    # An object store for evidence and dumps, such as `s3://bucket/registry`, where several machines
    # share them; its credentials come from the store's own variables. Empty: they lie in `files`.
    file_store: str = ""
    # Bodies of ordinary requests; more is 413. Uploads and batches have their own bound.
    max_json_bytes: int = 1_048_576
    max_upload_bytes: int = 52_428_800
    # A batch in lines: a million facts of some 350 bytes fit in.
    max_batch_bytes: int = 536_870_912
    # Answers kept for an Idempotency-Key; `api.md` promises 72 hours at least.
    idempotency_hours: int = 96
    # The results of a large batch are kept so long after it was taken.
    batch_days: int = 90
    # How long one question to another service may take before it counts as unavailable.
    service_timeout_seconds: float = 5.0
    # How often the list of revoked tokens is asked for where the gateway does not hold on until
    # there is another; zero leaves it alone, as in a test without a gateway.
    revocation_poll_seconds: float = 2.0
    # How long a service may go on without a succession of organizations; zero asks at each call.
    predecessors_seconds: float = 2.0
    # A collector of traces (OTLP over HTTP: `http://collector:4318`); empty traces nothing. And
    # the share of traces that is kept, from 0 to 1.
    otlp_endpoint: str = ""
    trace_ratio: float = 1.0
    # A NATS server with JetStream that is told every event (`nats://user:password@host:4222`);
    # empty tells none.
    nats_url: SecretStr = SecretStr("")
    # Following feeds, numbering events and running jobs can be left to another replica.
    background: bool = True

    def lacking(self) -> list[str]:
        """Name what a process must not start without, where it is no sandbox.

        A secret that everybody knows signs nothing; and personal data sealed under a key that was
        derived from it would be lost with the next change of that secret.
        """
        if self.sandbox:
            return []
        told = {
            "ZHICHUANG_SECRET": self.secret.get_secret_value() != SAMPLE_SECRET,
            "ZHICHUANG_DATA_KEYS": bool(self.data_keys.get_secret_value()),
            "ZHICHUANG_DATA_KEY": bool(self.data_key),
        }
        return [name for name, is_told in told.items() if not is_told]

    def addresses(self, service: str) -> list[str]:
        """Give every address of a service (`registry`, `ip-ledger`, …)."""
        value: str = getattr(self, address_setting(service))
        return [address.rstrip("/") for address in value.split(",")]
