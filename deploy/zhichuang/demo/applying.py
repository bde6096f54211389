"""Filling an application, as a lead sponsor's own script would."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from zhichuang.demo.client import Answer, Caller
from zhichuang.demo.programme import TARGETS, Center

APPLICATIONS = "/v1/registry/applications"
# The plan's parts that the targets belong to: R&D, transfer, funding, R&D spending, returns.
PART_OF = {"A": 1, "B": 2, "C": 2, "D": 4, "E": 1}
PARTS = (
    (1, "中长期研发项目"),
    (2, "成果转移扩散和首次商业化应用"),
    (3, "资金筹措运行"),
    (4, "研发投入"),
    (5, "成果转化收益预算"),
)


def money(yuan: str) -> dict[str, Any]:
    """Write an amount of 元 with at most two decimals as minor units."""
    whole, _, cents = yuan.partition(".")
    return {"amount": int(whole) * 100 + int((cents + "00")[:2]), "currency": "CNY"}


def upload(caller: Caller, content: bytes, media_type: str) -> Answer:
    """Keep a file as evidence, and let the server check its digest."""
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    headers = {"Content-Type": media_type, "Content-Digest": f"sha-256=:{digest}:"}
    return caller.upload("/v1/registry/files", content, headers)


def material_file(caller: Caller, title: str) -> str:
    """Keep a small text file, and give its id."""
    return str(upload(caller, f"{title}\n".encode(), "text/plain")["id"])


@dataclass
class Draft:
    """An application while its lead sponsor still writes it."""

    lead: Caller
    body: Answer

    @classmethod
    def begin(
        cls, lead: Caller, center: Center, org_ids: dict[str, str], known: Answer | None = None
    ) -> "Draft":
        """Draft an application for a centre, or go on with one that was begun."""
        if known is not None:
            return cls(lead, lead.get(f"{APPLICATIONS}/{known['id']}"))
        body: dict[str, Any] = {
            "name": center.name,
            "model_type": center.model_type,
            "field_codes": list(center.fields),
            "applicant_form": "legal_entity" if center.uscc else "consortium",
            "lead_sponsor_id": org_ids[center.lead],
        }
        if center.uscc is not None:
            body["legal_entity_id"] = org_ids[center.code]
        else:
            body["common_problem"] = "量子传感器件的批量一致性与计量溯源缺少行业共用的平台"
            body["entity_due_on"] = "2027-06-30"
        return cls(lead, lead.post(APPLICATIONS, body))

    @property
    def path(self) -> str:
        """Give the application's address."""
        return f"{APPLICATIONS}/{self.body['id']}"

    @property
    def center_id(self) -> str:
        """Give the candidate centre."""
        return str(self.body["center_id"])

    def read(self) -> Answer:
        """Read the application as it is now."""
        self.body = self.lead.get(self.path)
        return self.body

    def invite(self, org_id: str, **more: Any) -> Answer:
        """Invite an organization, or give the membership that it has already."""
        known = [m for m in self.read()["members"] if m["org_id"] == org_id]
        if known:
            return dict(known[0])
        return self.lead.post(f"{self.path}/members", {"org_id": org_id, "role": "member", **more})

    def agree(self, entity: Caller) -> None:
        """Let the legal person agree by its own account, unless it has already."""
        path = f"/v1/registry/centers/{self.center_id}/entity-consents"
        if not any(one["withdrawn_at"] is None for one in entity.get(path)["items"]):
            entity.post(path)

    def spend(self, year: int, yuan: str) -> None:
        """State the sponsor's figures of a year, or other ones."""
        stated = [one["version"] for one in self.read()["sponsor_profiles"] if one["year"] == year]
        self.lead.put(
            f"{self.path}/sponsor-profiles/{year}",
            {
                "rd_spend": money(yuan),
                "rd_assets": money("180000000.00"),
                "net_assets": money("950000000.00"),
                "revenue": money("2100000000.00"),
                "rd_staff": 320,
                "past_projects": [
                    {
                        "name": "重点研发项目（示例）",
                        "level": "national",
                        "accepted_on": f"{year}-11-20",
                        "acceptance_result": "通过验收",
                    }
                ],
                "platforms": [
                    {
                        "name": "市级企业技术中心",
                        "level": "municipal",
                        "approval_no": f"示例-{year}-01",
                    }
                ],
                "equipment": [{"name": "薄膜沉积验证线", "original_value": money("36000000.00")}],
                "senior_talents": [{"person_ref": f"talent-{year}", "title": "正高级工程师"}],
                "integration_evidence": [{"text": "牵头产业链联合攻关三项"}],
                "diffusion_evidence": [{"text": "近三年对外技术转让十二项"}],
                "commercialization_evidence": [{"text": "两项成果实现首次商业化"}],
                "discipline_evidence": [{"text": "微电子学与固体电子学"}],
            },
            version=stated[0] if stated else None,
        )

    def technologies(self) -> None:
        """Name two core technologies that wait to be broken through."""
        for name, level in (
            ("原子层沉积前驱体与腔体协同工艺", "international_advanced"),
            ("晶圆级缺陷在线检测", "domestic_leading"),
        ):
            self.lead.post(
                f"{self.path}/core-technologies",
                {
                    "name": name,
                    "kind": "common_key_tech",
                    "target_level": level,
                    "own_ip_basis": "已申请发明专利六件，成员单位背景专利授权使用",
                },
            )

    def material(self, kind: str, file_id: str) -> None:
        """Hand in a material, or another one."""
        filed = [one["version"] for one in self.read()["materials"] if one["kind"] == kind]
        self.lead.put(
            f"{self.path}/materials/{kind}",
            {"file_id": file_id},
            version=filed[0] if filed else None,
        )

    def plan(self, first_year: int = 2027) -> None:
        """State the plan: five parts, and targets with metric, unit, year and value."""
        self.lead.put(
            f"{self.path}/plan",
            {
                "horizon_years": 5,
                "parts": [
                    {"part": part, "text": f"{title}：目标、路径、责任单位"}
                    for part, title in PARTS
                ],
                "targets": [
                    {
                        "part": PART_OF[metric[0]],
                        "metric_code": metric,
                        "unit": unit,
                        "year": year,
                        "value": value,
                    }
                    for year in (first_year, first_year + 1)
                    for metric, unit, value in TARGETS
                ],
            },
            version=self.read()["version"],
        )

    def fill(self, file_id: str, year: int = 2026) -> None:
        """Fill everything that an application of a year needs beside its members."""
        for past in range(year - 3, year):
            self.spend(past, "64000000.00")
        if not self.read()["core_technologies"]:
            self.technologies()
        for kind in ("plan", "commitment_letter", "articles_or_agreement"):
            self.material(kind, file_id)
        self.plan(year + 1)

    def submit(self) -> Answer:
        """Submit; the answer carries the receipt's number and the snapshot's hash."""
        return self.lead.post(f"{self.path}/submit", version=self.read()["version"])
