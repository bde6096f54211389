"""One case, from an application to a receipt that proves a payout, told by the people in it.

Every step is a call through the gateway with that person's own token; only the sandbox's clock is
moved by its administrator. Each figure printed is read from an answer.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, Final

from zhichuang import verify
from zhichuang.demo.applying import Draft, material_file, upload
from zhichuang.demo.client import Answer, Caller, Surprise, soon
from zhichuang.demo.programme import ORGANIZATIONS, Center
from zhichuang.demo.year import (
    NON_MEMBER_CLIENTS,
    SME_RECORDS,
    Year,
    fictional_uscc,
    ndjson,
    patent_number,
)

EVALUATION: Final = "/v1/evaluation"
LEDGER: Final = "/v1/ip-ledger"
PANEL: Final = ("ex02", "ex04", "ex05", "ex06", "ex07", "ex08", "ex09")
APPLICATION_ITEMS: Final = ("technology", "economy", "industry", "management", "legal_ip")
APPLICATION_SCORES: Final = ("82.00", "80.00", "85.00", "78.00", "84.00", "83.00", "81.00")
SHEETS: Final[Mapping[str, Sequence[int]]] = {
    "A4": (85, 90, 78, 92, 88, 60, 95),
    "B6": (80, 82, 90, 75, 88, 86, 84),
    "C5": (70, 75, 80, 85, 90, 88, 82),
    "D4": (76, 80, 84, 88, 79, 81, 90),
    "E3": (66, 72, 78, 74, 80, 70, 90),
}
SHARES: Final = (400_000, 350_000, 250_000)

Say = Callable[[str], None]
CallerOf = Callable[[str], Caller]


def _yuan(money: Mapping[str, Any]) -> str:
    return f"{money['amount'] // 100:,}.{money['amount'] % 100:02d}"


def _codes(problem: Mapping[str, Any]) -> str:
    return ", ".join(f"{e['code']} ({e['rule']} {e['clause']})" for e in problem["errors"])


def _require(*, holds: bool, what: str) -> None:
    if not holds:
        raise Surprise(what)


@dataclass
class Case:
    """The story's people, what they made, and the run's own number."""

    caller: CallerOf
    say: Say
    address: str
    credentials: dict[str, dict[str, Any]]
    run: int = field(default_factory=lambda: int(time.time()) % 900_000)
    org: dict[str, str] = field(default_factory=dict)
    clients: list[str] = field(default_factory=list)
    made: dict[str, Any] = field(default_factory=dict)

    def tell(self) -> None:
        """Tell the whole case."""
        self._found()
        self._draft()
        self._submit()
        self._review()
        self._agree()
        self._list()
        self._post_the_year()
        self._report()
        self._score()
        self._publish()
        self._own()
        self._earn()
        self._share()
        self._prove()

    def clock(self, now: str) -> None:
        """Move the sandbox's clock forward to an instant in Shanghai."""
        self.caller("admin").put("/v1/sandbox/clock", {"now": f"{now}:00+08:00"})
        self.say(f"\n── {now} (Shanghai)")

    def _found(self) -> None:
        self.clock("2026-01-12T09:00")
        for name in ("m01", "m02", "m03", "m08", "m20"):
            self.org[name] = str(self.caller(name).org_id)
        uscc = fictional_uscc("91310115", self.run)
        entity = self.caller("m01").post(
            "/v1/registry/organizations",
            {
                "uscc": uscc,
                "name": f"上海澄曜先进封装创新中心有限公司（示例 {self.run}）",
                "org_type": "enterprise",
                "legal_person_kind": "independent",
                "region_code": "310115",
                "registered_on": "2025-11-03",
                "industry_code": "C3973",
            },
        )
        self.org["entity"] = entity["id"]
        self.say(f"M01 founds a legal person of its own for the centre: {uscc}")
        self.made["entity_uscc"] = uscc

    def _draft(self) -> None:
        lead = self.caller("m01")
        center = Center("c11", f"上海澄曜先进封装创新中心（示例 {self.run}）", self.made["entity_uscc"],
                        "2025-11-03", ("integrated_circuit",), "enterprise", "m01", ())  # fmt: skip
        draft = Draft.begin(lead, center, {"m01": self.org["m01"], "c11": self.org["entity"]})
        self.made["draft"] = draft
        self.say(f"M01 drafts an application; its candidate centre is {draft.center_id}")
        problem = lead.refused("POST", f"{draft.path}/submit", version=draft.read()["version"])
        self.say(f"submit is refused ({problem['status']}): {_codes(problem)}")
        for name, more in (
            ("m02", {"chain_position": "upstream"}),
            ("m03", {}),
            ("m20", {}),
            ("m08", {"chain_position": "user"}),
        ):
            membership = draft.invite(self.org[name], **more)
            self.made[name] = membership["id"]
        problem = lead.refused("POST", f"/v1/registry/memberships/{self.made['m02']}/confirm")
        self.say(f"M01 cannot confirm for M02: {problem['status']} {problem['code']}")
        for name in ("m02", "m03", "m20", "m08"):
            self.caller(name).post(f"/v1/registry/memberships/{self.made[name]}/confirm")
        self.say("M02, M03, M20 and M08 confirm, each with its own account")

    def _submit(self) -> None:
        draft: Draft = self.made["draft"]
        readiness = draft.lead.get(f"{draft.path}/readiness")
        missing = [c for c in readiness["checks"] if not c["passed"] and c["severity"] == "error"]
        self.say(f"readiness: {len(missing)} of {len(readiness['checks'])} rules not met yet:")
        for check in missing[:6]:
            self.say(f"    {check['code']} {check['rule']} {check['clause']}: {check['detail']}")
        draft.fill(material_file(draft.lead, "建设和运行方案"))
        self.clock("2026-01-20T10:00")
        receipt = draft.submit()
        self.say(
            f"submitted: receipt {receipt['receipt_no']}, snapshot {receipt['snapshot_hash'][:16]}…"
        )
        self.clock("2026-01-22T10:00")
        self.caller("handler").post(
            f"{draft.path}/formal-checks", {"result": "accept", "items": []}
        )
        self.say("the handler accepts it")

    def _review(self) -> None:
        draft: Draft = self.made["draft"]
        handler = self.caller("handler")
        self.clock("2026-02-05T09:00")
        ids = {name: self._expert_id(name) for name in (*PANEL, "ex01", "ex03")}
        body = {"subject_type": "application", "subject_id": draft.body["id"]}
        for name in ("ex01", "ex03"):
            wrong = [ids[name], *(ids[other] for other in PANEL[1:])]
            problem = handler.refused("POST", f"{EVALUATION}/panels", {**body, "expert_ids": wrong})
            path = next(e for e in problem["errors"] if e["code"].startswith("COI_"))
            self.say(f"{name.upper()} is refused: {path['code']} {path['params']}")
        panel = handler.post(
            f"{EVALUATION}/panels", {**body, "expert_ids": [ids[name] for name in PANEL]}
        )
        self.say(f"a panel of {len(panel['sheets'])} over five fields is formed")
        sheets = {sheet["expert_id"]: sheet["id"] for sheet in panel["sheets"]}
        for name, score in zip(PANEL, APPLICATION_SCORES, strict=True):
            items = [
                {"indicator": item, "score": score, "comment": "依据充分"}
                for item in APPLICATION_ITEMS
            ]
            self._score_sheet(name, sheets[ids[name]], items)
        moved = self._until_state("site_visit")
        self.say(f"seven sheets are in; the application moves on to {moved['state']}")
        self.clock("2026-02-12T15:00")
        visit = handler.post(
            f"{EVALUATION}/site-visits",
            {
                **body,
                "visited_on": "2026-02-12",
                "expert_ids": [ids["ex05"], ids["ex07"]],
                "report_file_id": material_file(handler, "现场考察报告"),
            },
        )
        for name in ("ex05", "ex07"):
            self.caller(name).post(f"{EVALUATION}/site-visits/{visit['id']}/signatures", {})
        moved = self._until_state("commission_review")
        self.say(f"two experts sign the site visit's report; now {moved['state']}")

    def _expert_id(self, name: str) -> str:
        return str(self.caller(name).get("/v1/me")["expert_id"])

    def _score_sheet(self, name: str, sheet_id: str, items: Sequence[Mapping[str, str]]) -> None:
        expert = self.caller(name)
        path = f"{EVALUATION}/score-sheets/{sheet_id}"
        expert.post(f"{path}/declaration", {"conflict": False, "statement": "与申报各方无利害关系"})
        expert.put(f"{path}/items", {"items": list(items)})
        expert.post(f"{path}/submit")

    def _until_state(self, state: str) -> Answer:
        draft: Draft = self.made["draft"]
        handler = self.caller("handler")
        return soon(lambda: handler.get(draft.path), lambda body: bool(body["state"] == state))

    def _agree(self) -> None:
        draft: Draft = self.made["draft"]
        reviewer = self.caller("reviewer")
        self.clock("2026-02-24T10:00")
        problem = reviewer.refused("POST", f"{draft.path}/recommendation", {"text": "建议列入"})
        self.say(f"recommendation is refused: {problem['status']} {_codes(problem)}")
        text = upload(draft.lead, f"知识产权协议（示例 {self.run}）\n".encode(), "text/plain")
        parties = ["m03", "m01", "m02", "m20", "m08"]
        shares = [400_000, 350_000, 150_000, 50_000, 50_000]
        split = [
            {"org_id": self.org[name], "ppm": ppm}
            for name, ppm in zip(parties, shares, strict=True)
        ]
        clause = {"ticked": True, "evidence": "第三条"}
        agreement = draft.lead.post(
            f"{LEDGER}/agreements",
            {
                "center_id": draft.center_id,
                "text_file_id": text["id"],
                "parties": [{"org_id": self.org[name]} for name in parties],
                "clauses": {
                    "joint_development": clause,
                    "complementarity": clause,
                    "result_sharing": clause,
                    "risk_sharing": clause,
                },
                "benefit_shares": split,
                "risk_shares": split,
                "rounding": "largest_remainder",
                "exit_method": "event_dated",
                "effective_on": "2026-02-24",
            },
        )
        for name in parties:
            signed = self.caller(name).post(
                f"{LEDGER}/agreements/{agreement['id']}/signatures", {"text_sha256": text["sha256"]}
            )
        self.made["agreement"] = agreement["id"]
        state = draft.lead.get(f"{LEDGER}/agreements/{agreement['id']}")["state"]
        self.say(
            f"{len(parties)} parties sign over the text's hash {signed and text['sha256'][:16]}…: {state}"
        )
        self.clock("2026-02-27T10:00")
        reviewer.post(f"{draft.path}/recommendation", {"text": "五领域评审通过，建议列入试点计划"})
        self.say("the reviewer recommends it")

    def _list(self) -> None:
        draft: Draft = self.made["draft"]
        self.clock("2026-03-02T09:00")
        notice = self.caller("handler").post(f"{draft.path}/notice", {})
        self.say(
            f"the handler opens the public notice; it runs to the end of {notice['closes_on']}"
        )
        _require(holds=notice["closes_on"] == "2026-03-09", what="the notice closes on 2026-03-09")
        self.clock("2026-03-09T23:00")
        approver = self.caller("approver")
        body = {"doc_no": f"沪经信技〔2026〕{self.run}号（示例）"}
        problem = approver.refused("POST", f"{draft.path}/approve", body)
        self.say(f"approving on 03-09 at 23:00 is refused: {problem['status']} {_codes(problem)}")
        self.clock("2026-03-10T09:30")
        approver.post(f"{draft.path}/approve", body)
        center = soon(
            lambda: approver.get(f"/v1/registry/centers/{draft.center_id}"),
            lambda answer: bool(answer.get("listed_on")),
        )
        self.made["code"] = center["code"]
        self.say(
            f"approved and listed: {center['code']} on {center['listed_on']}, stage {center['stage']}"
        )

    def _post_the_year(self) -> None:
        draft: Draft = self.made["draft"]
        self.clock("2027-12-31T17:00")
        self._register_clients()
        members = [fictional_member(name) for name in ("m02", "m08")]
        year = Year(draft.center_id, self.run, members, self.clients)
        m01 = self.caller("m01")
        for path, rows in (
            ("/v1/registry/fact-batches", year.facts()),
            (f"{LEDGER}/tech-contract-batches", year.contracts()),
            (f"{LEDGER}/asset-batches", year.assets()),
        ):
            answer = m01.upload(path, ndjson(rows), {"Content-Type": "application/x-ndjson"})
            bad = [row for row in answer["results"] if row["outcome"] == "failed"]
            self.say(f"{path}: {answer['created']} of {answer['rows_total']} rows created")
            for row in bad:
                self.say(f"    row {row['index']}: {row['status']} {row['problem']['code']}")
            self.made[path] = answer

    def _register_clients(self) -> None:
        handler = self.caller("handler")
        for number in range(NON_MEMBER_CLIENTS):
            prefix = "91320500" if number % 3 == 0 else "91310112"
            code = fictional_uscc(prefix, self.run + 1_000 * (number + 1))
            handler.post(
                "/v1/registry/organizations",
                {
                    "uscc": code,
                    "name": f"示例客户企业 {self.run}-{number + 1}",
                    "org_type": "enterprise",
                    "legal_person_kind": "independent",
                    "region_code": prefix[2:],
                    "registered_on": "2019-04-01",
                    "is_sme": number < SME_RECORDS,
                },
            )
            self.clients.append(code)
        self.say(
            f"{NON_MEMBER_CLIENTS} client firms stand in the register, {SME_RECORDS} of them small"
        )

    def _report(self) -> None:
        draft: Draft = self.made["draft"]
        handler = self.caller("handler")
        self.clock("2028-01-10T09:00")
        scheme = handler.get(f"{EVALUATION}/schemes")["items"][0]
        cycle = self._cycle(scheme["id"])
        cases = handler.get(f"{EVALUATION}/cases", cycle_id=cycle["id"], limit=500)["items"]
        mine = [case for case in cases if case["center_id"] == draft.center_id]
        _require(holds=len(mine) == 1, what="the centre has a case of the cycle")
        self.made["case"] = f"{EVALUATION}/cases/{mine[0]['id']}"
        self.made["case_id"] = mine[0]["id"]
        operator = self._operators()[0]
        report = f"{self.made['case']}/report"
        operator.put(
            report,
            {
                "accounts": {
                    "rd_cost": {"amount": 3_400_000_000, "currency": "CNY"},
                    "total_cost": {"amount": 10_000_000_000, "currency": "CNY"},
                    "rd_staff": 46,
                    "staff": 100,
                    "income": {"amount": 9_800_000_000, "currency": "CNY"},
                },
                "narrative": {"summary": "全年按计划推进，目标完成情况见表"},
            },
        )
        operator.post(f"{report}/submit")
        self.clock("2028-01-12T09:00")
        handler.post(f"{report}/accept")
        self.say("the centre's operator submits the annual report; the handler accepts it")

    def _cycle(self, scheme_id: str) -> Answer:
        handler = self.caller("handler")
        cycle = handler.post(
            f"{EVALUATION}/cycles",
            {
                "kind": "annual_evaluation",
                "year": 2027,
                "scheme_id": scheme_id,
                "weight_profile": "default",
                "due_on": "2028-03-31",
            },
        )
        opened = handler.post(f"{EVALUATION}/cycles/{cycle['id']}/open", version=cycle["version"])
        self.say("the handler opens the cycle of 2027 under the profile default")
        return opened

    def _operators(self) -> list[Caller]:
        """Let the lead sponsor's first person register the centre's two operators."""
        if "operators" not in self.made:
            made = []
            for place in ("甲", "乙"):
                answer = self.caller("m01").post(
                    "/v1/identity/clients",
                    {
                        "name": f"c11-{self.run}-{place}",
                        "org_id": self.org["entity"],
                        "person": {"name": f"运营人{place}"},
                    },
                )
                made.append(Caller(self.address, f"c11 {place}", answer))
            self.made["operators"] = made
        operators: list[Caller] = self.made["operators"]
        return operators

    def _score(self) -> None:
        handler = self.caller("handler")
        case = self.made["case"]
        handler.post(f"{case}/snapshot")
        ids = {name: self._expert_id(name) for name in PANEL}
        panel = handler.post(
            f"{EVALUATION}/panels",
            {
                "subject_type": "case",
                "subject_id": self.made["case_id"],
                "expert_ids": list(ids.values()),
            },
        )
        sheets = {sheet["expert_id"]: sheet["id"] for sheet in panel["sheets"]}
        for place, name in enumerate(PANEL):
            items = [
                {"indicator": leaf, "score": f"{scores[place]}.00", "comment": "见材料"}
                for leaf, scores in SHEETS.items()
            ]
            self._score_sheet(name, sheets[ids[name]], items)
        preview = handler.post(f"{case}/compute?preview=true&profile=enterprise")
        if preview["total"] != "83.39":
            self._say_leaves(preview)
        self.say(
            f"a preview under the profile enterprise says {preview['total']}; nothing is written"
        )
        _require(holds=preview["total"] == "83.39", what=f"83.39 expected, not {preview['total']}")
        result = handler.post(f"{case}/compute")
        self._say_leaves(result)
        self.say(
            f"computed: {result['total']}, {result['rating']}, result {result['result_hash'][:16]}…"
        )
        _require(
            holds=(result["total"], result["rating"]) == ("82.98", "good"),
            what=f"82.98 good expected, not {result['total']} {result['rating']}",
        )

    def _say_leaves(self, result: Answer) -> None:
        for leaf in result["leaves"]:
            raw, target = leaf.get("raw"), leaf.get("target")
            against = f"{raw} of {target}" if target is not None else f"{raw}"
            self.say(f"    {leaf['code']:3} {against:>22} → {leaf['points']:>5} of {leaf['max']}")

    def _publish(self) -> None:
        case = self.made["case"]
        self.clock("2028-01-20T09:00")
        self.caller("reviewer").post(f"{case}/review", {"text": "逐项核对无误"})
        problem = self.caller("reviewer").refused("POST", f"{case}/publish")
        self.say(f"who reviewed cannot publish: {problem['status']} {problem['code']}")
        self.caller("approver2").post(f"{case}/publish")
        self.say("reviewed by one official, published by another")

    def _own(self) -> None:
        draft: Draft = self.made["draft"]
        m01 = self.caller("m01")
        number = patent_number(1, self.run * 40 + 39, 2026)
        wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
        body = {
            "center_id": draft.center_id,
            "kind": "invention",
            "title": "多层堆叠封装的应力补偿方法",
            "number": wrong,
            "filed_on": "2026-09-10",
            "granted_on": "2027-11-26",
            "background": False,
            "inventors": [{"name": "发明人甲", "org_id": self.org["m03"], "share_ppm": 1_000_000}],
        }
        problem = m01.refused("POST", f"{LEDGER}/assets", body)
        self.say(f"an invention with a wrong check digit is refused: {_codes(problem)}")
        asset = m01.post(f"{LEDGER}/assets", {**body, "number": number})
        owners = (self.org["m03"], self.org["m01"], self.org["entity"])
        shares = [
            {"owner_id": owner, "ppm": ppm} for owner, ppm in zip(owners, SHARES, strict=True)
        ]
        path = f"{LEDGER}/assets/{asset['id']}/ownership"
        short = [{**share, "ppm": 333_300} for share in shares]
        ownership = {"valid_from": "2027-11-26", "cause": "initial", "consents": list(owners)}
        problem = m01.refused(
            "POST", path, {**ownership, "shares": short}, version=asset["version"]
        )
        self.say(f"three shares of 33.33 % are refused: {_codes(problem)}")
        m01.post(path, {**ownership, "shares": shares}, version=asset["version"])
        self.made["asset"] = asset["id"]
        self.say(
            f"invention {number} belongs to M03 40 %, M01 35 %, the centre's legal person 25 %"
        )

    def _earn(self) -> None:
        self.clock("2028-02-15T10:00")
        operator = self._operators()[0]
        licensed = operator.post(
            f"{LEDGER}/licenses",
            {
                "asset_id": self.made["asset"],
                "licensor_id": self.org["entity"],
                "licensee_uscc": self.clients[0],
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
                "asset_id": self.made["asset"],
                "source_id": licensed["id"],
                "kind": "license",
                "gross": {"amount": 120_000_000, "currency": "CNY"},
                "deductions": deductions,
                "received_on": "2028-02-14",
            },
        )
        self.made["event"] = event["id"]
        self.say("a licence brings 1,200,000.00; tax, maintenance and direct costs are deducted")

    def _share(self) -> None:
        drafter, second = self._operators()
        runs = f"{LEDGER}/distribution-runs"
        rule = {"owner_id": self.org["m03"], "basis": "rule"}
        low = {
            "revenue_event_ids": [self.made["event"]],
            "reward_rules": [{**rule, "rate_ppm": 450_000}],
        }
        good = {
            "revenue_event_ids": [self.made["event"]],
            "reward_rules": [{**rule, "rate_ppm": 700_000}],
        }
        problem = drafter.refused("POST", runs, low)
        self.say(
            f"45 % for the university's inventors: {problem['code']} {problem['errors'][0]['params']}"
        )
        preview = drafter.post(f"{runs}?preview=true", good)
        run = drafter.post(runs, good)
        amounts = [line["amount"]["amount"] for line in run["lines"]]
        self.say(
            f"net {_yuan(run['net'])}: "
            + " / ".join(_yuan(line["amount"]) for line in run["lines"])
        )
        for reward in run["rewards"]:
            self.say(
                f"    reward {_yuan(reward['amount'])} (floor {_yuan(reward['floor'])}, {reward['rule']})"
            )
        _require(
            holds=preview["plan_hash"] == run["plan_hash"], what="preview and run are one plan"
        )
        _require(
            holds=(run["net"]["amount"], amounts)
            == (108_207_547, [43_283_019, 37_872_641, 27_051_887]),
            what=f"the vector's amounts, not {run['net']} {amounts}",
        )
        path = f"{runs}/{run['id']}"
        for owner in (self.caller("m03"), self.caller("m01"), drafter):
            owner.post(f"{path}/confirmations", {"plan_hash": run["plan_hash"]})
        problem = drafter.refused("POST", f"{path}/approve")
        self.say(f"who drafted it cannot approve it: {problem['status']} {problem['code']}")
        second.post(f"{path}/approve")
        second.post(f"{path}/pay")
        self.made["lines"] = run["lines"]
        self.say("confirmed by each owner, approved by another person, paid")

    def _prove(self) -> None:
        folder = Path(self.made.get("folder", "."))
        key = self.caller("m01").raw(f"{LEDGER}/log/key")
        (folder / "log.pub").write_bytes(key)
        by_owner = {self.org["m03"]: self.caller("m03"), self.org["m01"]: self.caller("m01"),
                    self.org["entity"]: self._operators()[0]}  # fmt: skip
        for line in self.made["lines"]:
            owner = by_owner[line["payee_id"]]
            content = owner.raw(f"{LEDGER}/receipts/{line['id']}", {"Prefer": "wait=checkpoint"})
            receipt = folder / f"receipt-{line['payee_id'][-6:]}.json"
            receipt.write_bytes(content)
            status = _verify(receipt, folder / "log.pub")
            digest = hashlib.sha256(content).hexdigest()[:16]
            self.say(
                f"{owner.name} checks its receipt offline: {'verified' if status == 0 else 'refused'} ({digest}…)"
            )
            _require(holds=status == 0, what="the receipt verifies")
            self._flip(receipt, folder / "log.pub")
        self.say("one flipped byte in a receipt is refused")

    def _flip(self, receipt: Path, key: Path) -> None:
        document = json.loads(receipt.read_text(encoding="utf-8"))
        record = document["record"]
        document["record"] = record[:20] + ("A" if record[20] != "A" else "B") + record[21:]
        broken = receipt.with_suffix(".flipped.json")
        broken.write_text(json.dumps(document), encoding="utf-8")
        _require(holds=_verify(broken, key) != 0, what="a flipped byte is refused")


def _verify(receipt: Path, key: Path) -> int:
    # What the command prints is for its user; the story needs its verdict only.
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        return verify.main([str(receipt), "--key", str(key)])


def fictional_member(name: str) -> str:
    """Give the code of a member organization of the demo."""
    return next(org.uscc for org in ORGANIZATIONS if org.code == name)
