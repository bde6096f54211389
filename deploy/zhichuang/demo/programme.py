"""The fictional organizations, people and centres of the demo programme."""

from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Org:
    """An organization: its code in the demo, and what the register is told."""

    code: str
    uscc: str
    name: str
    org_type: str
    more: dict[str, Any] = field(default_factory=dict)


def _leading(position: str) -> dict[str, Any]:
    return {"is_leading": True, "chain_position": position, "tech_center_level": "municipal"}


SME: Final[dict[str, Any]] = {"is_sme": True}
BACKBONE: Final[dict[str, Any]] = {"is_backbone": True}

ORGANIZATIONS: Final = (
    Org("m01", "91310115FAKE00013U", "上海澄曜集成电路制造有限公司（示例）", "enterprise", _leading("midstream")),
    Org("m02", "91310115FAKE00021N", "上海衡芯半导体装备股份有限公司（示例）", "enterprise", _leading("upstream")),
    Org("m03", "12310000FAKE0003XN", "上海临港理工大学（虚构）", "university"),
    Org("m04", "12310000FAKE00048N", "上海新材料技术研究所（虚构）", "institute"),
    Org("m05", "91310114FAKE00056T", "上海安泊智行汽车科技有限公司（示例）", "enterprise", _leading("downstream")),
    Org("m06", "91310114FAKE00064M", "上海嘉陵车联网络有限公司（示例）", "enterprise", SME),
    Org("m07", "52310000FAKE000723", "上海市智能网联产业促进中心（虚构）", "social_service"),
    Org("m08", "91310112FAKE00080E", "上海闵澜航天装备有限公司（示例）", "enterprise", _leading("user") | {"is_backbone": True}),
    Org("m09", "91310112FAKE00099B", "上海熔迹增材制造技术有限公司（示例）", "enterprise", SME),
    Org("m10", "12310000FAKE00101J", "上海浦江工业大学（虚构）", "university"),
    Org("m11", "91310113FAKE0011X5", "上海宝岭先进合金有限公司（示例）", "enterprise", _leading("midstream")),
    Org("m12", "91310116FAKE00128G", "上海金澜电子化学品有限公司（示例）", "enterprise", _leading("upstream")),
    Org("m13", "91310120FAKE001364", "上海奉禾医疗装备有限公司（示例）", "enterprise", BACKBONE),
    Org("m14", "91310118FAKE001443", "上海青朔工业软件有限公司（示例）", "enterprise", _leading("upstream")),
    Org("m15", "91310117FAKE00152F", "上海松越机器人有限公司（示例）", "enterprise", _leading("midstream")),
    Org("m16", "91310104FAKE00160F", "上海徐渡人工智能科技有限公司（示例）", "enterprise", _leading("upstream")),
    Org("m17", "91310115FAKE00179A", "上海临湾园区开发建设有限公司（示例）", "park_developer"),
    Org("m18", "91310110FAKE00187W", "上海杨恒检验认证有限公司（示例）", "testing_body", SME),
    Org("m19", "91310107FAKE00195D", "上海普序标准技术服务有限公司（示例）", "enterprise"),
    Org("m20", "91310101FAKE00208C", "上海黄浦创投管理有限公司（示例）", "investment"),
    Org("m21", "91330100FAKE002161", "杭州之澜传感技术有限公司（示例）", "enterprise", SME),
    Org("m22", "91320500FAKE00224C", "苏州越湖精密仪器有限公司（示例）", "enterprise", BACKBONE),
    Org("m23", "91340100FAKE00232T", "合肥科岛量子器件有限公司（示例）", "enterprise", SME),
    Org("m24", "51310000FAKE002408", "上海市高端装备行业协会（虚构）", "association"),
    Org("m25", "91310151FAKE002592", "上海崇屿海洋工程装备有限公司（示例）", "enterprise"),
    Org("m26", "91310109FAKE002673", "上海虹序知识产权运营有限公司（示例）", "enterprise"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Center:
    """A centre: its own legal person (a consortium has none yet) and who forms it."""

    code: str
    name: str
    uscc: str | None
    registered_on: str | None
    fields: tuple[str, ...]
    model_type: str
    lead: str
    members: tuple[str, ...]


CENTERS: Final = (
    Center("c01", "上海澄曜集成电路共性技术创新中心", "91310115FAKE00275K", "2024-06-18",
           ("integrated_circuit",), "enterprise", "m01", ("m02", "m03", "m21", "m20")),
    Center("c02", "上海智途网联汽车创新中心", "91310114FAKE002830", "2025-03-11",
           ("artificial_intelligence", "industrial_internet"), "enterprise", "m05",
           ("m06", "m10", "m07", "m16")),
    Center("c03", "上海熔迹增材制造创新中心", "91310112FAKE00291X", "2023-09-05",
           ("additive_manufacturing",), "institute", "m04", ("m09", "m08", "m10")),
    Center("c04", "上海临湾检测认证创新中心", "91310115FAKE00304Y", "2025-01-20",
           ("intelligent_manufacturing",), "platform", "m17", ("m18", "m19", "m22", "m24")),
    Center("c05", "上海宝岭新材料创新中心", "91310113FAKE00312W", "2021-04-02",
           ("new_materials",), "enterprise", "m11", ("m04", "m09", "m12")),
    Center("c06", "上海青朔工业互联网创新中心", "91310118FAKE003200", "2024-11-08",
           ("industrial_internet",), "enterprise", "m14", ("m06", "m16", "m03")),
    Center("c07", "上海松越智能制造创新中心", "91310117FAKE00339E", "2025-07-15",
           ("intelligent_manufacturing",), "enterprise", "m15", ("m08", "m10", "m24")),
    Center("c08", "上海长三角量子传感联合体", None, None,
           ("new_materials",), "institute", "m03", ("m23", "m21", "m22")),
    Center("c09", "上海金澜电子化学品创新中心", "91310116FAKE00347T", "2025-10-10",
           ("new_materials",), "enterprise", "m12", ("m01", "m04")),
    Center("c10", "上海奉禾医疗装备创新中心", "91310120FAKE00355E", "2024-02-28",
           ("intelligent_manufacturing",), "institute", "m10", ("m13", "m18", "m20")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Specialist:
    """An expert and the relations that may bar him from a case."""

    code: str
    name: str
    field: str
    title: str
    relations: tuple[dict[str, Any], ...] = ()


def _relation(kind: str, org: str, from_on: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "org": org, "from_on": from_on, **more}


EXPERTS: Final = (
    Specialist("ex01", "林一舟", "economic", "高级经济师",
               (_relation("employment", "m20", "2019-03-01", until_on="2024-09-30"),)),
    Specialist("ex02", "顾望舒", "economic", "研究员"),
    Specialist("ex03", "沈知衡", "technical", "教授",
               (_relation("employment", "m03", "2012-09-01"),)),
    Specialist("ex04", "邵行简", "technical", "正高级工程师"),
    Specialist("ex05", "陆鸣谦", "industrial", "高级工程师"),
    Specialist("ex06", "罗问樵", "industrial", "高级工程师",
               (_relation("independent_seat", "c02", "2025-03-11"),)),
    Specialist("ex07", "方既白", "management", "教授"),
    Specialist("ex08", "唐守拙", "management", "高级经济师"),
    Specialist("ex09", "程慎言", "legal", "律师"),
    Specialist("ex10", "秦持正", "legal", "律师",
               (_relation("kinship", "m15", "2016-01-01", relative_person="spouse"),)),
)  # fmt: skip

OFFICIALS: Final = (
    ("handler", "吴经办", ("handler",)),
    ("reviewer", "郑复核", ("reviewer",)),
    ("approver", "王审批", ("approver",)),
    ("approver2", "王审批二", ("approver",)),
    ("auditor", "冯审计", ("auditor",)),
    ("bookkeeper", "钱记账", ("bookkeeper",)),
)
AGENCIES: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("finance", "市财政局", ("finance",)),
    ("ip_office", "市知识产权局", ()),
    ("science", "市科学技术委员会", ()),
)

# C01's targets for its second full year; the demo case takes them for its own centre.
TARGETS: Final = (
    ("A1", "件", "20"), ("A2", "件", "4"), ("A3", "项", "2"), ("A5", "分", "8"),
    ("B1", "项", "30"), ("B2", "万元", "6000"), ("B3", "万元", "4000"), ("B4", "家", "3"),
    ("B5", "项", "1"), ("C1", "家", "120"), ("C4", "%", "30"), ("D2", "人", "3"),
    ("D3", "人次", "400"), ("E1", "项", "4"), ("E2", "个", "2"),
)  # fmt: skip
