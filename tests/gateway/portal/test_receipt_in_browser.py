"""The browser's verifier agrees with the one of the command line, whatever is changed."""

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ip_ledger.log.keys import LogKey
from tests.ip_ledger.log.test_verifying import ORIGIN, receipt
from zhichuang import verify

SCRIPT = Path(__file__).resolve().parents[3] / "gateway/gateway/portal/assets/receipt.js"
NODE = shutil.which("node")
RUNNER = """
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";
const { verified } = await import(pathToFileURL(process.argv[1]));
const told = [];
for (const [receipt, key] of JSON.parse(readFileSync(0, "utf8"))) {
  try { const found = await verified(receipt, key); told.push(found.opened); }
  catch (error) { told.push(String(error.message)); }
}
console.log(JSON.stringify(told));
"""


def asked(cases: list[tuple[str, str]]) -> list[Any]:
    assert NODE is not None
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", RUNNER, str(SCRIPT)],
        input=json.dumps(cases), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: list[Any] = json.loads(done.stdout)
    return told


def by_command(text: str, key: str) -> Any:
    try:
        return verify.verified(text.encode(), key).opened
    except verify.ReceiptError:
        return None


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@pytest.mark.skipif(NODE is None, reason="needs Node, whose SHA-256 and Ed25519 are a browser's")
def test_both_verifiers_agree_on_every_flipped_bit(tmp_path: Path) -> None:
    key = LogKey.kept_in(tmp_path / "log.key", ORIGIN)
    good = receipt(key)
    cases = [(_as_served(good), key.verifier)]
    cases += [(_as_served(receipt(key, at, 9)), key.verifier) for at in range(9)]
    cases += [(_as_served(changed), key.verifier) for changed in _changes(good)]
    other = LogKey.kept_in(tmp_path / "other.key", ORIGIN)
    cases.append((cases[0][0], other.verifier))
    cases.append((json.dumps(good, ensure_ascii=False, indent=1), key.verifier))
    cases.append((_as_served(dict(reversed(good.items()))), key.verifier))
    told = asked(cases)
    held = [by_command(*case) for case in cases]
    assert [one if isinstance(one, dict) else None for one in told] == held
    assert held[0] == {
        "amount": {"amount": 43_283_019, "currency": "CNY"},
        "payee_id": str(verify.verified(cases[0][0].encode(), key.verifier).opened["payee_id"]),
    }
    assert all(held[:10])
    assert not any(held[10:])


def _as_served(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _changes(good: dict[str, Any]) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = []
    for field in ("record", "proof", "openings"):
        for place in range(len(good[field]) if field != "record" else 1):
            text = good[field] if field == "record" else good[field][place]
            value = text["salt"] if isinstance(text, dict) else text
            raw = bytearray(base64.b64decode(value))
            for bit in range(0, len(raw) * 8, 7):
                flipped = bytearray(raw)
                flipped[bit // 8] ^= 1 << bit % 8
                new = base64.b64encode(bytes(flipped)).decode()
                if field == "record":
                    changes.append(good | {"record": new})
                else:
                    row = list(good[field])
                    row[place] = text | {"salt": new} if isinstance(text, dict) else new
                    changes.append(good | {field: row})
    for at in range(0, len(good["checkpoint"]), 5):
        sign = "A" if good["checkpoint"][at] != "A" else "B"
        note = good["checkpoint"][:at] + sign + good["checkpoint"][at + 1 :]
        changes.append(good | {"checkpoint": note})
    changes += [good | {"leaf_index": value} for value in (-1, 1, 3, 2.5, "2", None, 2**60)]
    changes += [good | {"openings": [{**good["openings"][0], "value": 1}]}, good | {"more": 1}, {}]
    return changes
