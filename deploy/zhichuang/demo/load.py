"""`python -m zhichuang.demo.load`: enter the demo programme through the gateway's own doors.

Each step looks first whether it was taken before, so that an interrupted load goes on where it
stopped. Credentials are written as soon as they are shown, since a secret is shown once.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from zhichuang.demo.applying import Draft, material_file
from zhichuang.demo.client import Answer, Caller
from zhichuang.demo.history import PASTS, SOURCE, STOOD_ON, rows
from zhichuang.demo.programme import (
    AGENCIES,
    CENTERS,
    EXPERTS,
    OFFICIALS,
    ORGANIZATIONS,
    Center,
    Org,
    Specialist,
)

IDENTITY: Final = "/v1/identity/clients"
ORGANIZATION: Final = "/v1/registry/organizations"
CENTER: Final = "/v1/registry/centers"
APPLICATION: Final = "/v1/registry/applications"
TAKE_OVER: Final = "/v1/registry/take-overs"
# These two stay drafts: one needs an exception first, the other lacks a body's members.
DRAFTS: Final = frozenset({"c05", "c09"})


class Credentials:
    """The file of sample credentials, from a short name to a client and its person."""

    def __init__(self, path: Path) -> None:
        """Read what is there."""
        self._path = path
        self.known: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))

    def keep(self, name: str, credential: Mapping[str, Any]) -> None:
        """Add one, and write the whole file anew, readable to its owner only."""
        names = ("client_id", "client_secret", "sub", "org_id")
        self.known[name] = {key: credential.get(key) for key in names}
        part = self._path.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(self.known, indent=1), encoding="utf-8")
        part.replace(self._path)


class Loader:
    """Enters the programme, step by step."""

    def __init__(self, address: str, credentials: Credentials) -> None:
        """Bind to a gateway and to the file of credentials."""
        self._address = address
        self._credentials = credentials
        self._callers: dict[str, Caller] = {}
        self.org_ids: dict[str, str] = {}

    def caller(self, name: str) -> Caller:
        """Give the client of a short name."""
        if name not in self._callers:
            credential = self._credentials.known[name]
            self._callers[name] = Caller(self._address, name, credential)
        return self._callers[name]

    def run(self) -> None:
        """Take every step."""
        say("officials and agencies")
        self._officials()
        say(f"{len(ORGANIZATIONS)} organizations and their people")
        for org in ORGANIZATIONS:
            self._organization(org)
        say(f"{len(EXPERTS)} experts with their relations")
        for center in CENTERS:
            self._entity(center)
        for specialist in EXPERTS:
            self._expert(specialist)
        self._expert_who_approves()
        for center in self._not_taken_over():
            say(f"centre {center.code.upper()} {center.name}")
            self._center(center)

    def _client(self, name: str, person: Mapping[str, Any], **more: Any) -> Answer:
        """Register a client, unless its secret is known already."""
        if name in self._credentials.known:
            return self._credentials.known[name]
        made = self.caller("admin").post(IDENTITY, {"name": name, "person": person, **more})
        self._credentials.keep(name, made)
        return made

    def _officials(self) -> None:
        for name, person, duties in OFFICIALS:
            self._client(name, {"name": person}, roles=["official"], duties=list(duties))
        for name, agency, charged in AGENCIES:
            self._client(name, {"name": agency}, roles=["agency"], duties=list(charged))

    def _register(self, uscc: str, body: Mapping[str, Any]) -> str:
        handler = self.caller("handler")
        found = handler.get(ORGANIZATION, uscc=uscc)["items"]
        entry = found[0] if found else handler.post(ORGANIZATION, {"uscc": uscc, **body})
        return str(entry["id"])

    def _organization(self, org: Org) -> None:
        region = org.uscc[2:8]
        body = {
            "name": org.name,
            "org_type": org.org_type,
            "legal_person_kind": "independent",
            "region_code": region,
            "registered_on": "2012-05-08",
            **org.more,
        }
        org_id = self._register(org.uscc, body)
        self.org_ids[org.code] = org_id
        for suffix, place in (("", "一"), ("b", "二")):
            person = {"name": f"{org.code.upper()} 经办人{place}"}
            self._client(f"{org.code}{suffix}", person, org_id=org_id, roles=["member"])

    def _entity(self, center: Center) -> None:
        if center.uscc is not None:
            body = {
                "name": f"{center.name}有限公司（示例）",
                "org_type": "enterprise",
                "legal_person_kind": "independent",
                "region_code": center.uscc[2:8],
                "registered_on": center.registered_on,
            }
            self.org_ids[center.code] = self._register(center.uscc, body)
        # Before it has an entity of its own, a consortium is run by its trustee, the lead.
        org_id = self.org_ids.get(center.code, self.org_ids[center.lead])
        for suffix, place in (("", "一"), ("b", "二")):
            person = {"name": f"{center.code.upper()} 运营人{place}"}
            self._client(f"{center.code}{suffix}", person, org_id=org_id, roles=["member"])

    def _expert(self, specialist: Specialist) -> None:
        handler = self.caller("handler")
        if specialist.code in self._credentials.known:
            return
        relations = [self._relation(relation) for relation in specialist.relations]
        person = self.caller("admin").post("/v1/identity/people", {"name": specialist.name})
        employer = next((r["org_id"] for r in relations if r["kind"] == "employment"
                         and r.get("until_on") is None), None)  # fmt: skip
        expert = handler.post(
            "/v1/evaluation/experts",
            {
                "person_id": person["id"],
                "name": specialist.name,
                "field": specialist.field,
                "title": specialist.title,
                "org_id": employer,
                "relations": relations,
            },
        )
        self._client(
            specialist.code, {"id": person["id"]}, roles=["expert"], expert_id=expert["id"]
        )

    def _relation(self, relation: Mapping[str, Any]) -> dict[str, Any]:
        known = {key: value for key, value in relation.items() if key != "org"}
        return {**known, "org_id": self.org_ids[relation["org"]]}

    def _expert_who_approves(self) -> None:
        if "approver_expert" in self._credentials.known:
            return
        person = self.caller("admin").post("/v1/identity/people", {"name": "宋两任"})
        expert = self.caller("handler").post(
            "/v1/evaluation/experts",
            {
                "person_id": person["id"],
                "name": "宋两任",
                "field": "technical",
                "title": "研究员",
                "relations": [],
            },
        )
        self._client(
            "approver_expert",
            {"id": person["id"]},
            roles=["official", "expert"],
            duties=["approver"],
            expert_id=expert["id"],
        )

    def _not_taken_over(self) -> list[Center]:
        """Take over what stood before the clock began, by two people; give who is to apply."""
        handler, approver = self.caller("handler"), self.caller("approver")
        today = str(self.caller("admin").get("/v1/sandbox/clock")["now"])[:10]
        standing = {one["name"] for one in handler.get(CENTER, limit=500)["items"]}
        there = {center.code for center in CENTERS if center.name in standing}
        # A load of an earlier day, or a clock that began earlier, goes on as it began.
        if today > STOOD_ON and not there & PASTS.keys():
            say(f"{len(PASTS)} centres that stood before, taken over by two people")
            path = f"{TAKE_OVER}?source={quote(SOURCE)}&sourced_on={STOOD_ON}"
            brought = handler.post(path, list(rows()))
            if brought["state"] == "proposed":
                decided = {"reason": "与示例台账核对无误"}
                approver.post(f"{TAKE_OVER}/{brought['id']}/commit", decided)
                there |= PASTS.keys()
        applying = handler.get(APPLICATION, limit=500)["items"]
        applied = {one["name"] for one in applying}
        return [center for center in CENTERS if center.name in applied or center.code not in there]

    def _center(self, center: Center) -> None:
        lead = self.caller(center.lead)
        known = lead.get("/v1/registry/applications", limit=500)["items"]
        mine = [entry for entry in known if entry["name"] == center.name]
        if any(entry["state"] != "draft" for entry in mine):
            return
        draft = Draft.begin(lead, center, self.org_ids, mine[0] if mine else None)
        for member in center.members:
            membership = draft.invite(self.org_ids[member])
            if membership["state"] == "invited":
                self.caller(member).post(f"/v1/registry/memberships/{membership['id']}/confirm")
        if center.uscc is not None:
            draft.agree(self.caller(center.code))
        draft.fill(material_file(lead, f"{center.name} 建设和运行方案"))
        if center.code not in DRAFTS:
            draft.submit()


def say(step: str) -> None:
    """Tell the runner what is being done, a line per step."""
    print(step, flush=True)


def main() -> None:
    """Load the programme into the stack that the environment names."""
    credentials = Credentials(Path(os.environ["ZHICHUANG_CREDENTIALS"]))
    Loader(os.environ["ZHICHUANG_GATEWAY_URL"].rstrip("/"), credentials).run()


if __name__ == "__main__":
    main()
