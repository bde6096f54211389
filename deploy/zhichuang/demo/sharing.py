"""From an invention to a payout that its owners can prove."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, Final

from zhichuang import verify
from zhichuang.demo.applying import Draft
from zhichuang.demo.story import LEDGER, Story, codes, require
from zhichuang.demo.year import (
    patent_number,
)

SHARES: Final = (400_000, 350_000, 250_000)


def own(story: Story) -> None:
    """Enter an invention and who owns it."""
    draft: Draft = story.made["draft"]
    m01 = story.caller("m01")
    number = patent_number(1, story.run * 40 + 39, 2026)
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    body = {
        "center_id": draft.center_id,
        "kind": "invention",
        "title": "多层堆叠封装的应力补偿方法",
        "number": wrong,
        "filed_on": "2026-09-10",
        "granted_on": "2027-11-26",
        "background": False,
        "inventors": [{"name": "发明人甲", "org_id": story.org["m03"], "share_ppm": 1_000_000}],
    }
    problem = m01.refused("POST", f"{LEDGER}/assets", body)
    story.say(f"an invention with a wrong check digit is refused: {codes(problem)}")
    asset = m01.post(f"{LEDGER}/assets", {**body, "number": number})
    owners = (story.org["m03"], story.org["m01"], story.org["entity"])
    shares = [{"owner_id": owner, "ppm": ppm} for owner, ppm in zip(owners, SHARES, strict=True)]
    path = f"{LEDGER}/assets/{asset['id']}/ownership"
    short = [{**share, "ppm": 333_300} for share in shares]
    ownership = {"valid_from": "2027-11-26", "cause": "initial", "consents": list(owners)}
    problem = m01.refused("POST", path, {**ownership, "shares": short}, version=asset["version"])
    story.say(f"three shares of 33.33 % are refused: {codes(problem)}")
    m01.post(path, {**ownership, "shares": shares}, version=asset["version"])
    story.made["asset"] = asset["id"]
    story.say(f"invention {number} belongs to M03 40 %, M01 35 %, the centre's legal person 25 %")


def earn(story: Story) -> None:
    """License it and enter what it brings."""
    story.clock("2028-02-15T10:00")
    operator = story.operators()[0]
    licensed = operator.post(
        f"{LEDGER}/licenses",
        {
            "asset_id": story.made["asset"],
            "licensor_id": story.org["entity"],
            "licensee_uscc": story.clients[0],
            "type": "ordinary",
            "territory": "CN",
            "effective_on": "2028-02-10",
        },
    )
    deductions = [
        {"kind": kind, "amount": {"amount": amount, "currency": "CNY"}, "evidence": []}
        for kind, amount in (
            ("tax", 6_792_453),
            ("maintenance", 3_000_000),
            ("direct", 2_000_000),
        )
    ]
    event = operator.post(
        f"{LEDGER}/revenue-events",
        {
            "asset_id": story.made["asset"],
            "source_id": licensed["id"],
            "kind": "license",
            "gross": {"amount": 120_000_000, "currency": "CNY"},
            "deductions": deductions,
            "received_on": "2028-02-14",
        },
    )
    story.made["event"] = event["id"]
    story.say("a licence brings 1,200,000.00; tax, maintenance and direct costs are deducted")


def share(story: Story) -> None:
    """Preview, draft, confirm, approve and pay a distribution."""
    drafter, second = story.operators()
    runs = f"{LEDGER}/distribution-runs"
    rule = {"owner_id": story.org["m03"], "basis": "rule"}
    low = {
        "revenue_event_ids": [story.made["event"]],
        "reward_rules": [{**rule, "rate_ppm": 450_000}],
    }
    good = {
        "revenue_event_ids": [story.made["event"]],
        "reward_rules": [{**rule, "rate_ppm": 700_000}],
    }
    problem = drafter.refused("POST", runs, low)
    story.say(
        f"45 % for the university's inventors: {problem['code']} {problem['errors'][0]['params']}"
    )
    preview = drafter.post(f"{runs}?preview=true", good)
    run = drafter.post(runs, good)
    amounts = [line["amount"]["amount"] for line in run["lines"]]
    story.say(
        f"net {_yuan(run['net'])}: " + " / ".join(_yuan(line["amount"]) for line in run["lines"])
    )
    for reward in run["rewards"]:
        story.say(
            f"    reward {_yuan(reward['amount'])} (floor {_yuan(reward['floor'])}, {reward['rule']})"
        )
    require(holds=preview["plan_hash"] == run["plan_hash"], what="preview and run are one plan")
    require(
        holds=(run["net"]["amount"], amounts)
        == (108_207_547, [43_283_019, 37_872_641, 27_051_887]),
        what=f"the vector's amounts, not {run['net']} {amounts}",
    )
    path = f"{runs}/{run['id']}"
    for owner in (story.caller("m03"), story.caller("m01"), drafter):
        owner.post(f"{path}/confirmations", {"plan_hash": run["plan_hash"]})
    problem = drafter.refused("POST", f"{path}/approve")
    story.say(f"who drafted it cannot approve it: {problem['status']} {problem['code']}")
    second.post(f"{path}/approve")
    second.post(f"{path}/pay")
    story.made["lines"] = run["lines"]
    story.say("confirmed by each owner, approved by another person, paid")


def prove(story: Story) -> None:
    """Fetch each receipt and check it offline."""
    folder = Path(story.made.get("folder", "."))
    key = story.caller("m01").raw(f"{LEDGER}/log/key")
    (folder / "log.pub").write_bytes(key)
    by_owner = {story.org["m03"]: story.caller("m03"), story.org["m01"]: story.caller("m01"),
                story.org["entity"]: story.operators()[0]}  # fmt: skip
    for line in story.made["lines"]:
        owner = by_owner[line["payee_id"]]
        content = owner.raw(f"{LEDGER}/receipts/{line['id']}", {"Prefer": "wait=checkpoint"})
        receipt = folder / f"receipt-{line['payee_id'][-6:]}.json"
        receipt.write_bytes(content)
        status = _verify(receipt, folder / "log.pub")
        digest = hashlib.sha256(content).hexdigest()[:16]
        story.say(
            f"{owner.name} checks its receipt offline: {'verified' if status == 0 else 'refused'} ({digest}…)"
        )
        require(holds=status == 0, what="the receipt verifies")
        _flip(receipt, folder / "log.pub")
    story.say("one flipped byte in a receipt is refused")


def _flip(receipt: Path, key: Path) -> None:
    document = json.loads(receipt.read_text(encoding="utf-8"))
    record = document["record"]
    document["record"] = record[:20] + ("A" if record[20] != "A" else "B") + record[21:]
    broken = receipt.with_suffix(".flipped.json")
    broken.write_text(json.dumps(document), encoding="utf-8")
    require(holds=_verify(broken, key) != 0, what="a flipped byte is refused")


def _yuan(money: Mapping[str, Any]) -> str:
    return f"{money['amount'] // 100:,}.{money['amount'] % 100:02d}"


def _verify(receipt: Path, key: Path) -> int:
    # What the command prints is for its user; the story needs its verdict only.
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        return verify.main([str(receipt), "--key", str(key)])
