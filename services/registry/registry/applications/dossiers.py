"""The dossier of a submission: a PDF to read, and a ZIP with the evidence behind it.

Both are made from the snapshot alone, so that everybody who judges a case reads the same.
"""

import json
import zipfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from registry.applications.rules import TargetLevel, TechnologyKind
from registry.applications.rules.resources import ResourceStanding
from registry.programme.reference import CODE_TABLES, FIELDS, MATERIALS
from shared.calendar import SHANGHAI
from shared.documents import pdf
from shared.files import FileStore


@dataclass(frozen=True, slots=True)
class Submission:
    """What was submitted: canonical JSON, its hash, its round, and when."""

    round: int
    content: str
    sha256: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that a submission names."""

    id: UUID
    sha256: str
    size: int
    media_type: str


EXTENSIONS: Final[Mapping[str, str]] = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "text/csv": "csv",
    "text/plain": "txt",
    "application/json": "json",
}
FEN: Final = 100
AMOUNTS: Final = ("rd_spend", "rd_assets", "net_assets", "revenue")
TEMPLATE: Final = """
#title_block("创新中心申报材料", subtitle: data.center)
#facts(data.facts)
= 成员单位
#grid_of(("单位", "角色", "产业链位置", "状态"), data.members)
= 牵头单位近年情况（元）
#grid_of(("年度", "研发投入", "研发资产", "净资产", "营业收入"), data.profiles)
= 核心技术
#grid_of(("名称", "类别", "目标水平", "自有知识产权基础或计划"), data.technologies)
= 现有资源与新建资源
#grid_of(("存量或增量", "资源", "所属单位", "价值（元）", "建成日期"), data.resources)
= 发展规划
#grid_of(("部分", "内容"), data.parts, widths: (12em, 1fr))
= 年度目标
#grid_of(("指标", "年度", "目标值", "单位"), data.targets)
= 证明材料
#grid_of(("类别", "SHA-256"), data.evidence, widths: (auto, 1fr))
"""


# The words of the plan's own tables; a code that is younger than they are is shown as it is.
WORDS: Final[Mapping[str | None, str]] = {
    code: name_zh
    for words in (
        FIELDS,
        MATERIALS,
        *(
            CODE_TABLES[table]
            for table in ("model-types", "applicant-forms", "membership-roles", "chain-positions")
        ),
    )
    for code, name_zh, _ in words
}
# Words that no code table has, since nobody else writes them.
TECHNOLOGY_KINDS: Final[Mapping[str, str]] = {
    TechnologyKind.COMMON_KEY_TECH: "共性关键技术",
    TechnologyKind.FRONTIER_TECH: "前沿技术",
    TechnologyKind.CROSS_INDUSTRY: "跨行业融合性技术",
    TechnologyKind.INDUSTRIAL_BASIC: "产业基础技术",
}
TARGET_LEVELS: Final[Mapping[str, str]] = {
    TargetLevel.DOMESTIC_LEADING: "国内领先",
    TargetLevel.INTERNATIONAL_ADVANCED: "国际先进",
}
MEMBER_STATES: Final[Mapping[str, str]] = {"confirmed": "已确认"}
PLAN_PARTS: Final[Mapping[str, str]] = {
    code: name_zh for code, name_zh, _ in CODE_TABLES["plan-parts"]
}


def dossier_pdf(snapshot: Submission, names: Mapping[str, str], files: Sequence[Evidence]) -> bytes:
    """Set a submission as PDF; `names` are those of the organizations, by id."""
    said = json.loads(snapshot.content)
    center = said["center"]
    plan = said["plan"] or {"parts": [], "horizon_years": None}
    return pdf(
        TEMPLATE,
        {
            "title": "创新中心申报材料",
            "center": center["name"],
            "facts": [
                ["组建模式", WORDS.get(center["model_type"], "")],
                ["申报形式", WORDS.get(center["applicant_form"], "")],
                ["领域", "、".join(WORDS.get(code, code) for code in center["field_codes"])],
                ["牵头单位", names.get(center["lead_sponsor_id"], "")],
                ["独立法人", names.get(center["legal_entity_id"] or "", "")],
                ["行业共性问题", said["common_problem"]],
                ["规划年限", _text(plan["horizon_years"])],
                ["提交轮次", str(snapshot.round)],
                ["提交时间", snapshot.taken_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")],
                ["材料哈希", snapshot.sha256],
            ],
            "members": [
                [
                    names.get(row["org_id"], ""),
                    WORDS.get(row["role"], row["role"]),
                    WORDS.get(row["chain_position"]),
                    MEMBER_STATES.get(row["state"], row["state"]),
                ]
                for row in said["members"]
            ],
            "profiles": [
                [str(row["year"]), *(_yuan(row[f"{name}_fen"]) for name in AMOUNTS)]
                for row in said["sponsor_profiles"]
            ],
            "technologies": [
                [
                    row["name"],
                    TECHNOLOGY_KINDS.get(row["kind"], row["kind"]),
                    TARGET_LEVELS.get(row["target_level"], row["target_level"]),
                    row["own_ip_basis"] or row["ip_plan"],
                ]
                for row in said["core_technologies"]
            ],
            "resources": [
                [
                    "现有" if row["standing"] == ResourceStanding.AT_HAND else "新建",
                    row["name"],
                    names.get(row["owner_org_id"], ""),
                    "" if row["value_fen"] is None else _yuan(row["value_fen"]),
                    row["ready_on"],
                ]
                for row in said.get("resources", ())
            ],
            "parts": [
                [PLAN_PARTS.get(str(part["part"]), str(part["part"])), part["text"]]
                for part in plan["parts"]
            ],
            "targets": [
                [row["metric_code"], str(row["year"]), _text(row["value"]), row["unit"]]
                for row in said["targets"]
            ],
            "evidence": _evidence(said, files),
        },
    )


def _evidence(said: Mapping[str, Any], files: Sequence[Evidence]) -> list[list[str]]:
    hashes = {str(row.id): row.sha256 for row in files}
    kinds = {row["file_id"]: row["kind"] for row in said["materials"]}
    return [[WORDS.get(kinds.get(file_id), ""), sha256] for file_id, sha256 in hashes.items()]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _yuan(fen: int) -> str:
    return f"{fen // FEN:,}.{fen % FEN:02d}"


class _Drain:
    """What an archive is written to; its bytes are taken away as they come."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, chunk: bytes) -> int:
        self._written.append(bytes(chunk))
        return len(chunk)

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> bytes:
        """Give what was written since the last time."""
        taken = b"".join(self._written)
        self._written.clear()
        return taken


def entry_name(row: Evidence) -> str:
    """Name a file of evidence in the archive by its hash: no name of a caller's reaches a path."""
    return f"evidence/{row.sha256}.{EXTENSIONS.get(row.media_type, 'bin')}"


async def dossier_zip(
    snapshot: Submission, written: bytes, files: Sequence[Evidence], store: FileStore
) -> AsyncIterator[bytes]:
    """Give the archive as it is made: the PDF, the submission itself, a manifest, the evidence.

    Nothing is held but a chunk, whatever the size of the evidence.
    """
    unique = {row.sha256: row for row in files}
    manifest = {
        "snapshot_sha256": snapshot.sha256,
        "round": snapshot.round,
        "evidence": [
            {
                "file_ids": sorted(str(row.id) for row in files if row.sha256 == sha256),
                "name": entry_name(kept),
                "sha256": sha256,
                "size": kept.size,
            }
            for sha256, kept in unique.items()
        ],
    }
    drain = _Drain()
    listed = json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1)
    # An archive that cannot seek is written forward, which the library does and its types do not.
    with zipfile.ZipFile(drain, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
        for name, content in (
            ("dossier.pdf", written),
            ("application.json", snapshot.content.encode()),
            ("manifest.json", listed.encode()),
        ):
            archive.writestr(_info(name, snapshot.taken_at), content)
            yield drain.taken()
        for row in unique.values():
            info = _info(entry_name(row), snapshot.taken_at)
            with archive.open(info, "w", force_zip64=True) as entry:
                async for chunk in store.chunks(row.sha256):
                    entry.write(chunk)
                    yield drain.taken()
    yield drain.taken()


def _info(name: str, at: datetime) -> zipfile.ZipInfo:
    local = at.astimezone(SHANGHAI)
    return zipfile.ZipInfo(name, local.timetuple()[:6])


def names_asked(snapshot: Submission) -> set[UUID]:
    """Give the organizations that a submission names."""
    said = json.loads(snapshot.content)
    center = said["center"]
    ids = [center["lead_sponsor_id"], center["legal_entity_id"]]
    ids += [row["org_id"] for row in said["members"]]
    return {UUID(org_id) for org_id in ids if org_id}
