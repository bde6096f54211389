"""From a legal person of its own to a listed centre."""

from typing import Final

from zhichuang.demo.applying import Draft, material_file, upload
from zhichuang.demo.client import Answer, soon
from zhichuang.demo.programme import Center
from zhichuang.demo.story import EVALUATION, LEDGER, PANEL, Story, codes, require
from zhichuang.demo.year import (
    fictional_uscc,
)

APPLICATION_ITEMS: Final = ("technology", "economy", "industry", "management", "legal_ip")
APPLICATION_SCORES: Final = ("82.00", "80.00", "85.00", "78.00", "84.00", "83.00", "81.00")


def found(story: Story) -> None:
    """Found a legal person of its own for the centre."""
    story.clock("2026-01-12T09:00")
    for name in ("m01", "m02", "m03", "m08", "m20"):
        story.org[name] = str(story.caller(name).org_id)
    uscc = fictional_uscc("91310115", story.run)
    entity = story.caller("m01").post(
        "/v1/registry/organizations",
        {
            "uscc": uscc,
            "name": f"上海澄曜先进封装创新中心有限公司（示例 {story.run}）",
            "org_type": "enterprise",
            "legal_person_kind": "independent",
            "region_code": "310115",
            "registered_on": "2025-11-03",
            "industry_code": "C3973",
        },
    )
    story.org["entity"] = entity["id"]
    story.say(f"M01 founds a legal person of its own for the centre: {uscc}")
    story.made["entity_uscc"] = uscc


def draft(story: Story) -> None:
    """Draft, be refused, invite, and let the invited confirm."""
    lead = story.caller("m01")
    center = Center("c11", f"上海澄曜先进封装创新中心（示例 {story.run}）", story.made["entity_uscc"],
                    "2025-11-03", ("integrated_circuit",), "enterprise", "m01", ())  # fmt: skip
    draft = Draft.begin(lead, center, {"m01": story.org["m01"], "c11": story.org["entity"]})
    story.made["draft"] = draft
    story.say(f"M01 drafts an application; its candidate centre is {draft.center_id}")
    problem = lead.refused("POST", f"{draft.path}/submit", version=draft.read()["version"])
    story.say(f"submit is refused ({problem['status']}): {codes(problem)}")
    for name, more in (
        ("m02", {"chain_position": "upstream"}),
        ("m03", {}),
        ("m20", {}),
        ("m08", {"chain_position": "user"}),
    ):
        membership = draft.invite(story.org[name], **more)
        story.made[name] = membership["id"]
    problem = lead.refused("POST", f"/v1/registry/memberships/{story.made['m02']}/confirm")
    story.say(f"M01 cannot confirm for M02: {problem['status']} {problem['code']}")
    for name in ("m02", "m03", "m20", "m08"):
        story.caller(name).post(f"/v1/registry/memberships/{story.made[name]}/confirm")
    story.say("M02, M03, M20 and M08 confirm, each with its own account")
    draft.agree(story.operators()[0])
    story.say("the centre's legal person agrees to carry it, with an account of its own")


def submit(story: Story) -> None:
    """Read what is missing, fill it, submit, be accepted."""
    draft: Draft = story.made["draft"]
    readiness = draft.lead.get(f"{draft.path}/readiness")
    missing = [c for c in readiness["checks"] if not c["passed"] and c["severity"] == "error"]
    story.say(f"readiness: {len(missing)} of {len(readiness['checks'])} rules not met yet:")
    for check in missing[:6]:
        story.say(f"    {check['code']} {check['rule']} {check['clause']}: {check['detail']}")
    draft.fill(material_file(draft.lead, "建设和运行方案"))
    story.clock("2026-01-20T10:00")
    receipt = draft.submit()
    story.say(
        f"submitted: receipt {receipt['receipt_no']}, snapshot {receipt['snapshot_hash'][:16]}…"
    )
    story.clock("2026-01-22T10:00")
    story.caller("handler").post(f"{draft.path}/formal-checks", {"result": "accept", "items": []})
    story.say("the handler accepts it")


def review(story: Story) -> None:
    """Form a panel, score, visit."""
    draft: Draft = story.made["draft"]
    handler = story.caller("handler")
    story.clock("2026-02-05T09:00")
    ids = {name: story.expert_id(name) for name in (*PANEL, "ex01", "ex03")}
    body = {"subject_type": "application", "subject_id": draft.body["id"]}
    for name in ("ex01", "ex03"):
        wrong = [ids[name], *(ids[other] for other in PANEL[1:])]
        problem = handler.refused("POST", f"{EVALUATION}/panels", {**body, "expert_ids": wrong})
        path = next(e for e in problem["errors"] if e["code"].startswith("COI_"))
        story.say(f"{name.upper()} is refused: {path['code']} {path['params']}")
    panel = handler.post(
        f"{EVALUATION}/panels", {**body, "expert_ids": [ids[name] for name in PANEL]}
    )
    story.say(f"a panel of {len(panel['sheets'])} over five fields is formed")
    sheets = {sheet["expert_id"]: sheet["id"] for sheet in panel["sheets"]}
    for name, score in zip(PANEL, APPLICATION_SCORES, strict=True):
        items = [
            {"indicator": item, "score": score, "comment": "依据充分"} for item in APPLICATION_ITEMS
        ]
        story.score_sheet(name, sheets[ids[name]], items)
    moved = _until_state(story, "site_visit")
    story.say(f"seven sheets are in; the application moves on to {moved['state']}")
    story.clock("2026-02-12T15:00")
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
        story.caller(name).post(f"{EVALUATION}/site-visits/{visit['id']}/signatures", {})
    moved = _until_state(story, "commission_review")
    story.say(f"two experts sign the site visit's report; now {moved['state']}")


def _until_state(story: Story, state: str) -> Answer:
    draft: Draft = story.made["draft"]
    handler = story.caller("handler")
    return soon(lambda: handler.get(draft.path), lambda body: bool(body["state"] == state))


def agree(story: Story) -> None:
    """Be refused without an agreement, sign one, be recommended."""
    draft: Draft = story.made["draft"]
    reviewer = story.caller("reviewer")
    story.clock("2026-02-24T10:00")
    problem = reviewer.refused("POST", f"{draft.path}/recommendation", {"text": "建议列入"})
    story.say(f"recommendation is refused: {problem['status']} {codes(problem)}")
    text = upload(draft.lead, f"知识产权协议（示例 {story.run}）\n".encode(), "text/plain")
    parties = ["m03", "m01", "m02", "m20", "m08"]
    shares = [400_000, 350_000, 150_000, 50_000, 50_000]
    split = [
        {"org_id": story.org[name], "ppm": ppm} for name, ppm in zip(parties, shares, strict=True)
    ]
    clause = {"ticked": True, "evidence": "第三条"}
    agreement = draft.lead.post(
        f"{LEDGER}/agreements",
        {
            "center_id": draft.center_id,
            "text_file_id": text["id"],
            "parties": [{"org_id": story.org[name]} for name in parties],
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
        signed = story.caller(name).post(
            f"{LEDGER}/agreements/{agreement['id']}/signatures", {"text_sha256": text["sha256"]}
        )
    story.made["agreement"] = agreement["id"]
    state = draft.lead.get(f"{LEDGER}/agreements/{agreement['id']}")["state"]
    story.say(
        f"{len(parties)} parties sign over the text's hash {signed and text['sha256'][:16]}…: {state}"
    )
    story.clock("2026-02-27T10:00")
    reviewer.post(f"{draft.path}/recommendation", {"text": "五领域评审通过，建议列入试点计划"})
    story.say("the reviewer recommends it")


def decide_and_list(story: Story) -> None:
    """Give notice, be refused while it is open, approve, list."""
    draft: Draft = story.made["draft"]
    story.clock("2026-03-02T09:00")
    notice = story.caller("handler").post(f"{draft.path}/notice", {})
    story.say(f"the handler opens the public notice; it runs to the end of {notice['closes_on']}")
    require(holds=notice["closes_on"] == "2026-03-09", what="the notice closes on 2026-03-09")
    story.clock("2026-03-09T23:00")
    approver = story.caller("approver")
    body = {"doc_no": f"沪经信技〔2026〕{story.run}号（示例）"}
    problem = approver.refused("POST", f"{draft.path}/approve", body)
    story.say(f"approving on 03-09 at 23:00 is refused: {problem['status']} {codes(problem)}")
    story.clock("2026-03-10T09:30")
    approver.post(f"{draft.path}/approve", body)
    center = soon(
        lambda: approver.get(f"/v1/registry/centers/{draft.center_id}"),
        lambda answer: bool(answer.get("listed_on")),
    )
    story.made["code"] = center["code"]
    story.say(
        f"approved and listed: {center['code']} on {center['listed_on']}, stage {center['stage']}"
    )
