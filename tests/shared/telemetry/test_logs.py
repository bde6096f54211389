"""Logs are JSON lines that hold no secret, no token and nobody's name."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.fixtures.stack import World
from zhichuang import processes


def secrets_of(world: World) -> set[str]:
    kept = json.loads((world.stack.home / "secrets.json").read_text())
    logins = json.loads((world.stack.home / "postgres" / "logins.json").read_text())
    found = {value for value in (*kept.values(), *logins.values()) if len(value) > 12}
    found |= set(json.loads(kept["data_keys"]).values())
    return found | {one["client_secret"] for one in world.credentials.values()}


def walked(world: World) -> set[str]:
    """Do what personal data goes through; give the values that nobody may find again."""
    member = world.caller("m01")
    entity = world.entity()
    token = member._fresh()
    contact, phone = "王示例 wang@example.cn", "13800005678"
    headers = {"Authorization": f"Bearer {token}"}
    # Wrong in every way that a body can be, since it is refusals that quote what they got.
    for body in ({"name": contact, "uscc": phone}, {"phone": phone, "password": contact}):
        url = f"{world.url}/v1/registry/organizations"
        httpx.post(url, json=body, headers=headers | {"Idempotency-Key": "logs-1"})
        httpx.get(url, params={"q": contact}, headers=headers)
    httpx.post(
        f"{world.url}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=("m01", "guessed-secret-of-nobody"),
    )
    httpx.get(f"{world.url}/v1/me", headers={"Authorization": f"Bearer {token[:-4]}AAAA"})
    signature = token.rpartition(".")[2]
    return {entity["uscc"], entity["name"], contact, "wang@example.cn", phone, signature,
            "guessed-secret-of-nobody", token}  # fmt: skip


def test_a_case_leaves_no_secret_and_no_name_in_any_log(world: World) -> None:
    hidden = walked(world) | secrets_of(world)
    world.caller("m01").get("/v1/me")
    lines: list[dict[str, Any]] = []
    for path in sorted((world.stack.home / "logs").glob("*.log")):
        if path.name == "demo.log":  # What the loader, a caller, tells the terminal.
            continue
        text = path.read_text(errors="replace")
        assert {value for value in hidden if value in text} == set(), path.name
        lines += [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        assert [line for line in text.splitlines() if line and not line.startswith("{")] == []
    assert {"time", "request_id"} <= set().union(*lines)
    assert any(line.get("path") == "/v1/registry/organizations" for line in lines)
    server = (world.stack.home / "postgres" / "server.log").read_text(errors="replace")
    assert {value for value in hidden if value in server} == set()


LIBRARIES = """
import logging, logging.config, json, sys, warnings
logging.config.dictConfig(json.load(open(sys.argv[1])))
logging.getLogger("sqlalchemy.pool").error("a lost %s", "connection")
warnings.warn("not handed back")
try:
    raise ValueError("half-way")
except ValueError:
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
logging.getLogger("uvicorn.access").info("not told")
"""


def test_what_libraries_say_is_a_line_like_our_own() -> None:
    settings = Path(processes.__file__).with_name("logs.json")
    command = [sys.executable, "-c", LIBRARIES, str(settings)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    lost, warned, failed = [json.loads(line) for line in told.splitlines()]
    assert (lost["event"], lost["logger"], lost["level"]) == (
        "a lost connection", "sqlalchemy.pool", "error"
    )  # fmt: skip
    assert "UserWarning: not handed back" in warned["event"]
    assert failed["exception"].endswith("ValueError: half-way")
