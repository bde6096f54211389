"""Logs are JSON lines that hold no secret, no token and nobody's name."""

import json
from typing import Any

import httpx

from tests.fixtures.stack import World


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
    logs = sorted((world.stack.home / "logs").glob("*.log"))
    # Others may have killed this stack's database before: libraries tell of that in their own form.
    begun = {path: path.stat().st_size for path in logs}
    hidden = walked(world) | secrets_of(world)
    world.caller("m01").get("/v1/me")
    lines: list[dict[str, Any]] = []
    for path in logs:
        if path.name == "demo.log":  # What the loader, a caller, tells the terminal.
            continue
        text = path.read_text(errors="replace")
        assert {value for value in hidden if value in text} == set(), path.name
        told = path.read_bytes()[begun[path] :].decode(errors="replace").splitlines()
        lines += [json.loads(line) for line in told if line.startswith("{")]
        assert [line for line in told if line and not line.startswith("{")] == []
    assert {"time", "request_id"} <= set().union(*lines)
    assert any(line.get("path") == "/v1/registry/organizations" for line in lines)
    server = (world.stack.home / "postgres" / "server.log").read_text(errors="replace")
    assert {value for value in hidden if value in server} == set()
