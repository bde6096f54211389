"""The browser's verifier agrees with the one of the command line, whatever is changed."""

import base64
import hashlib
import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ip_ledger.journal import rules as journal
from ip_ledger.journal.record_rules import salt_of
from ip_ledger.journal.rules import EntryDraft
from ip_ledger.log import rules
from ip_ledger.log.keys import LogKey
from ip_ledger.party_keys.rules import Algorithm, agreement_text
from tests.fixtures.counting import WHOLE
from tests.ip_ledger.journal.test_small_records import DRAFT, DRAFTS, PERSON, SECRET
from tests.ip_ledger.journal.test_small_records import written as small_record
from tests.ip_ledger.log.test_verifying import ORIGIN, PAYEE, receipt, receipt_of
from tests.ip_ledger.party_keys.test_party_keys import Pen
from zhichuang import verify

SCRIPT = Path(__file__).resolve().parents[3] / "gateway/gateway/portal/assets/receipt.js"
NODE = shutil.which("node")
# Every bit where the full counts are asked for: the command's verifier takes 5 ms for a receipt.
STEP = 1 if WHOLE else 3
TEXT = {"agreement_id": str(UUID(int=1)), "text_sha256": "0" * 64, "terms_sha256": "1" * 64}
RUNNER = """
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";
const { verified } = await import(pathToFileURL(process.argv[1]));
const told = [];
for (const [receipt, key] of JSON.parse(readFileSync(0, "utf8"))) {
  try { const { record, opened } = await verified(receipt, key); told.push({ record, opened }); }
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
        found = verify.verified(text.encode(), key)
    except verify.ReceiptError:
        return None
    return {"record": found.record, "opened": found.opened}


def held_alike(cases: list[tuple[str, str]]) -> list[Any]:
    """Ask both verifiers: they have to say the same of every case."""
    told = [one if isinstance(one, dict) else None for one in asked(cases)]
    held = [by_command(*case) for case in cases]
    for one, other in zip(told, held, strict=True):
        assert one == other
    return held


def small(key: LogKey, draft: EntryDraft, body: bytes | None = None) -> str:
    """Give the receipt of an entry's record in its small form."""
    values = {
        **journal.entry_openings(draft),
        "recorded_by": {"person_id": str(PERSON), "client_id": "program"},
    }
    openings = tuple(
        (name, salt_of(SECRET, name), rules.canonical(value)) for name, value in values.items()
    )
    return _as_served(receipt_of(key, rules.Sealed(body or small_record(draft), openings)))


def agreed(key: LogKey, *signatures: dict[str, Any]) -> str:
    """Give the receipt of an agreement with what its parties signed."""
    draft = rules.RecordDraft("agreement", UUID(int=1), None, TEXT, {"signatures": signatures})
    at = datetime(2028, 3, 1, tzinfo=UTC)
    sealed = rules.sealed_record(draft, at, [bytes([i]) * 16 for i in range(2)])
    return _as_served(receipt_of(key, sealed))


def signature(pen: Pen, signed_on: str, **over: Any) -> dict[str, Any]:
    used = {
        "key_id": str(UUID(int=3)), "valid_from": "2026-01-20", "revoked_from": "2026-01-31",
        "algorithm": pen.algorithm.value, "public_key": pen.public,
        "signature": pen.sign(agreement_text(UUID(int=1), "0" * 64, "1" * 64)),
    }  # fmt: skip
    return {"org_id": str(UUID(int=2)), "signed_on": signed_on, "key": used | over}


in_node = pytest.mark.skipif(
    NODE is None, reason="needs Node, whose SHA-256, Ed25519 and ECDSA are a browser's"
)


@pytest.mark.requirement("X07")
@in_node
def test_both_verifiers_read_every_kind_of_entry(tmp_path: Path) -> None:
    key = LogKey.kept_in(tmp_path / "log.key", ORIGIN)
    drafts = [
        *DRAFTS.values(), replace(DRAFT, effective_on=date(1, 1, 1)),
        replace(DRAFT, effective_on=date(9999, 12, 31)),
    ]  # fmt: skip
    held = held_alike([(small(key, draft), key.verifier) for draft in drafts])
    assert [one["record"]["document"] for one in held] == [
        journal.entry_document(draft) for draft in drafts
    ]
    assert held[0]["opened"]["lines"][0]["amount"] == 250


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@in_node
def test_both_verifiers_agree_on_every_bent_entry(tmp_path: Path) -> None:
    """In the tree stands what is asked: a record that the log itself had written wrongly."""
    key = LogKey.kept_in(tmp_path / "log.key", ORIGIN)
    body = small_record(DRAFTS["undoing one of a source"])
    bodies = [body[:cut] for cut in (1, 4, 47, 48, len(body) - 16, len(body) - 1)]
    # Of the head every bit, since each has a meaning; behind it, what can be out of order.
    for place in [*range(48), *range(len(body) - 32, len(body))]:
        for bit in range(place % STEP, 8, STEP):
            bent = bytearray(body)
            bent[place] ^= 1 << bit
            bodies.append(bytes(bent))
    good = json.loads(small(key, DRAFTS["undoing one of a source"]))
    cases = [
        (_as_served(receipt_of(key, rules.Sealed(one, ())) | {"openings": []}), key.verifier)
        for one in [body, *bodies]
    ]
    held = held_alike(cases)
    assert held[0] is not None
    assert held.count(None) > 20
    assert held[0] not in held[1:]
    changed = [_as_served({**good, "record": json.loads(case)["record"]}) for case, _ in cases[1:]]
    assert not any(held_alike([(one, key.verifier) for one in changed]))


@pytest.mark.requirement("X07", "A084")
@pytest.mark.refusing
@in_node
def test_both_verifiers_judge_what_parties_signed(tmp_path: Path) -> None:
    key = LogKey.kept_in(tmp_path / "log.key", ORIGIN)
    pens = [Pen(algorithm) for algorithm in Algorithm]
    former = signature(pens[0], "2026-01-20")
    del former["signed_on"]
    good = [
        agreed(key, *(signature(pen, "2026-01-20") for pen in pens)),
        agreed(key, former, {"org_id": str(UUID(int=2)), "signed_by": str(UUID(int=4))}),
        agreed(key, signature(pens[0], "2026-02-01", revoked_from=None)),
    ]
    other = {one.algorithm: Pen(one.algorithm) for one in pens}
    point = base64.b64encode(bytes([4, *range(64)])).decode()
    bad = [
        *(agreed(key, signature(pen, "2026-01-31")) for pen in pens),
        *(agreed(key, signature(pen, "2026-01-19")) for pen in pens),
        *(agreed(key, signature(pen, "2026-1-20")) for pen in pens),
        *(
            agreed(key, signature(pen, "2026-01-20", public_key=other[pen.algorithm].public))
            for pen in pens
        ),
        agreed(key, signature(pens[0], "2026-01-20", algorithm=pens[1].algorithm.value)),
        agreed(key, signature(pens[0], "2026-01-20", algorithm="none")),
        agreed(key, signature(pens[0], "2026-01-20", public_key=base64_of(bytes(32)))),
        agreed(key, signature(pens[1], "2026-01-20", public_key=point)),
        agreed(key, signature(pens[1], "2026-01-20", signature=base64_of(bytes(64)))),
    ]
    held = held_alike([(one, key.verifier) for one in [*good, *bad]])
    assert all(held[: len(good)])
    assert held[0]["opened"]["signatures"][1]["key"]["verified"] is True
    assert not any(held[len(good) :])


def base64_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@in_node
def test_both_verifiers_take_no_key_that_fits_every_text(tmp_path: Path) -> None:
    good = _as_served(receipt(LogKey.kept_in(tmp_path / "log.key", ORIGIN)))
    cases = []
    for point in (bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f", b"\xff" * 32):
        raw = b"\x01" + point
        key_id = hashlib.sha256(ORIGIN.encode() + b"\n" + raw).digest()[:4].hex()
        cases.append((good, f"{ORIGIN}+{key_id}+{base64_of(raw)}"))
    assert not any(held_alike(cases))
    assert all("no point that signs" in one for one in asked(cases))


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@in_node
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
    held = held_alike(cases)
    assert held[0]["opened"] == {
        "amount": {"amount": 43_283_019, "currency": "CNY"}, "payee_id": str(PAYEE),
    }  # fmt: skip
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
            for bit in range(0, len(raw) * 8, 7 * STEP):
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
