"""From the year's records to a published rating."""

from collections.abc import Mapping, Sequence
from typing import Final

from zhichuang.demo.applying import Draft
from zhichuang.demo.client import Answer
from zhichuang.demo.programme import ORGANIZATIONS
from zhichuang.demo.story import EVALUATION, LEDGER, PANEL, Story, require
from zhichuang.demo.year import (
    NON_MEMBER_CLIENTS,
    SME_RECORDS,
    Year,
    fictional_uscc,
    ndjson,
)

SHEETS: Final[Mapping[str, Sequence[int]]] = {
    "A4": (85, 90, 78, 92, 88, 60, 95),
    "B6": (80, 82, 90, 75, 88, 86, 84),
    "C5": (70, 75, 80, 85, 90, 88, 82),
    "D4": (76, 80, 84, 88, 79, 81, 90),
    "E3": (66, 72, 78, 74, 80, 70, 90),
}


def post_the_year(story: Story) -> None:
    """Post the year's records as three batches with two bad rows."""
    draft: Draft = story.made["draft"]
    story.clock("2027-12-31T17:00")
    _register_clients(story)
    members = [fictional_member(name) for name in ("m02", "m08")]
    year = Year(draft.center_id, story.run, members, story.clients)
    m01 = story.caller("m01")
    for path, rows in (
        ("/v1/registry/fact-batches", year.facts()),
        (f"{LEDGER}/tech-contract-batches", year.contracts()),
        (f"{LEDGER}/asset-batches", year.assets()),
    ):
        answer = m01.upload(path, ndjson(rows), {"Content-Type": "application/x-ndjson"})
        bad = [row for row in answer["results"] if row["outcome"] == "failed"]
        story.say(f"{path}: {answer['created']} of {answer['rows_total']} rows created")
        for row in bad:
            story.say(f"    row {row['index']}: {row['status']} {row['problem']['code']}")
        story.made[path] = answer


def _register_clients(story: Story) -> None:
    handler = story.caller("handler")
    for number in range(NON_MEMBER_CLIENTS):
        prefix = "91320500" if number % 3 == 0 else "91310112"
        code = fictional_uscc(prefix, story.run + 1_000 * (number + 1))
        handler.post(
            "/v1/registry/organizations",
            {
                "uscc": code,
                "name": f"示例客户企业 {story.run}-{number + 1}",
                "org_type": "enterprise",
                "legal_person_kind": "independent",
                "region_code": prefix[2:],
                "registered_on": "2019-04-01",
                "is_sme": number < SME_RECORDS,
            },
        )
        story.clients.append(code)
    story.say(
        f"{NON_MEMBER_CLIENTS} client firms stand in the register, {SME_RECORDS} of them small"
    )


def report(story: Story) -> None:
    """Open the cycle and submit the annual report."""
    draft: Draft = story.made["draft"]
    handler = story.caller("handler")
    story.clock("2028-01-10T09:00")
    scheme = handler.get(f"{EVALUATION}/schemes")["items"][0]
    cycle = _cycle(story, scheme["id"])
    cases = handler.get(f"{EVALUATION}/cases", cycle_id=cycle["id"], limit=500)["items"]
    mine = [case for case in cases if case["center_id"] == draft.center_id]
    require(holds=len(mine) == 1, what="the centre has a case of the cycle")
    story.made["case"] = f"{EVALUATION}/cases/{mine[0]['id']}"
    story.made["case_id"] = mine[0]["id"]
    operator = story.operators()[0]
    report = f"{story.made['case']}/report"
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
    story.clock("2028-01-12T09:00")
    handler.post(f"{report}/accept")
    story.say("the centre's operator submits the annual report; the handler accepts it")


def _cycle(story: Story, scheme_id: str) -> Answer:
    handler = story.caller("handler")
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
    story.say("the handler opens the cycle of 2027 under the profile default")
    return opened


def score(story: Story) -> None:
    """Snapshot, seven sheets, preview, compute."""
    handler = story.caller("handler")
    case = story.made["case"]
    handler.post(f"{case}/snapshot")
    ids = {name: story.expert_id(name) for name in PANEL}
    panel = handler.post(
        f"{EVALUATION}/panels",
        {
            "subject_type": "case",
            "subject_id": story.made["case_id"],
            "expert_ids": list(ids.values()),
        },
    )
    sheets = {sheet["expert_id"]: sheet["id"] for sheet in panel["sheets"]}
    for place, name in enumerate(PANEL):
        items = [
            {"indicator": leaf, "score": f"{scores[place]}.00", "comment": "见材料"}
            for leaf, scores in SHEETS.items()
        ]
        story.score_sheet(name, sheets[ids[name]], items)
    preview = handler.post(f"{case}/compute?preview=true&profile=enterprise")
    if preview["total"] != "83.39":
        _say_leaves(story, preview)
    story.say(f"a preview under the profile enterprise says {preview['total']}; nothing is written")
    require(holds=preview["total"] == "83.39", what=f"83.39 expected, not {preview['total']}")
    result = handler.post(f"{case}/compute")
    _say_leaves(story, result)
    story.say(
        f"computed: {result['total']}, {result['rating']}, result {result['result_hash'][:16]}…"
    )
    require(
        holds=(result["total"], result["rating"]) == ("82.98", "good"),
        what=f"82.98 good expected, not {result['total']} {result['rating']}",
    )


def _say_leaves(story: Story, result: Answer) -> None:
    for leaf in result["leaves"]:
        raw, target = leaf.get("raw"), leaf.get("target")
        against = f"{raw} of {target}" if target is not None else f"{raw}"
        story.say(f"    {leaf['code']:3} {against:>22} → {leaf['points']:>5} of {leaf['max']}")


def publish(story: Story) -> None:
    """Review and publish by two people."""
    case = story.made["case"]
    story.clock("2028-01-20T09:00")
    story.caller("reviewer").post(f"{case}/review", {"text": "逐项核对无误"})
    problem = story.caller("reviewer").refused("POST", f"{case}/publish")
    story.say(f"who reviewed cannot publish: {problem['status']} {problem['code']}")
    story.caller("approver2").post(f"{case}/publish")
    story.say("reviewed by one official, published by another")


def fictional_member(name: str) -> str:
    """Give the code of a member organization of the demo."""
    return next(org.uscc for org in ORGANIZATIONS if org.code == name)
