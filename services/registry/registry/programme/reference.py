"""What the programme knows before anyone uses it: the plan's clauses, thresholds, words, fields.

The migration writes these rows once; afterwards the tables are the truth, and a new version of the
policy is a new row there. Thresholds marked `assumed` are not in the plan's text and are therefore
parameters. Each code table names its words in Chinese and English.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from registry.programme.fact_words import FACT_WORDS
from registry.programme.reference_support import SUPPORT_PARAMETERS, SUPPORT_TABLES
from shared.codes.regions import RETIRED_SHANGHAI_REGIONS, SHANGHAI_REGIONS, YANGTZE_DELTA

POLICY_VERSION: Final = "2016"
POLICY_TITLES: Final = (
    "上海市制造业创新中心建设工程实施方案",
    "Implementation plan of the Shanghai manufacturing-innovation-centre programme",
)
POLICY_EFFECTIVE_FROM: Final = date(2016, 1, 1)
LATER_POLICY_VERSION: Final = "2022"
LATER_POLICY_EFFECTIVE_FROM: Final = date(2022, 1, 1)
LATER_POLICY_TITLES: Final = (
    "上海市制造业创新中心建设工程实施方案（2022—2025年）",
    "Implementation plan of the Shanghai manufacturing-innovation-centre programme, 2022 to 2025",
)
LEGAL_BASES: Final[list[dict[str, Any]]] = [
    {
        "code": "guide_2016",
        "name_zh": "制造业创新中心建设工程实施指南（2016—2020年）",
        "name_en": "Guide to the manufacturing-innovation-centre programme, 2016 to 2020",
        "clause": "序",
    },
    {
        "code": "opinion_273",
        "name_zh": "关于完善制造业创新体系，推进制造业创新中心建设的指导意见",
        "name_en": "Opinion on the manufacturing innovation system and its centres",
        "clause": "序",
    },
]

# The first and the last row of each clause of the plan, in the plan's order.
CLAUSE_SPANS: Final[tuple[tuple[int, int, str], ...]] = (
    (1, 2, "序"),
    (3, 5, "一(一)"),
    (6, 7, "一(二)"),
    (8, 12, "二(一)"),
    (13, 17, "二(二)"),
    (18, 20, "二(三)"),
    (21, 24, "二(三)功能一"),
    (25, 29, "二(三)功能二"),
    (30, 33, "二(三)功能三"),
    (34, 39, "二(三)功能四"),
    (40, 41, "二(三)功能五"),
    (42, 44, "二(三)功能末段"),
    (45, 50, "三(一)"),
    (51, 57, "三(二)"),
    (58, 63, "三(二)1"),
    (64, 67, "三(二)2"),
    (68, 72, "三(二)3"),
    (73, 74, "三(三)"),
    (75, 78, "三(三)1-①"),
    (79, 81, "三(三)1-②"),
    (82, 83, "三(三)1-③"),
    (84, 86, "三(三)1-④"),
    (87, 90, "三(三)2-①"),
    (91, 93, "三(三)2-②"),
    (94, 98, "三(三)2-③"),
    (99, 100, "四"),
    (101, 103, "四(一)"),
    (104, 109, "四(二)1"),
    (110, 112, "四(二)2"),
    (113, 114, "四(二)3"),
    (115, 117, "四(三)1"),
    (118, 123, "四(三)2"),
    (124, 134, "四(四)"),
    (135, 137, "五(一)"),
    (138, 140, "五(二)"),
    (141, 141, "五(二)一"),
    (142, 142, "五(二)二"),
    (143, 143, "五(二)三"),
    (144, 147, "五(二)四"),
    (148, 151, "五(三)"),
    (152, 155, "五(四)"),
    (156, 157, "五(五)"),
    (158, 160, "六"),
)
# Rows that the plan does not hold follow from how the programme is run.
DELIVERY_ROWS: Final = range(1, 18)


def clauses() -> dict[str, str]:
    """Give the clause of every requirement row."""
    plan = {
        f"A{number:03d}": clause
        for first, last, clause in CLAUSE_SPANS
        for number in range(first, last + 1)
    }
    return plan | {f"X{number:02d}": "delivery" for number in DELIVERY_ROWS}


PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "A003": {"min_members": 2, "min_types": 2, "warn_below": 5},
    # 0 where the plan names no figure: the second year is a milestone without one (A017).
    "A014": {
        "targets": [
            {"year": 2020, "level": "any", "min": 5, "max": 10},
            {"year": 2025, "level": "any", "min": 0, "max": 0},
        ]
    },
    "A046": {"verify_again_months": 12},
    "A049": {"notice_days": 30, "cure_days": 90, "reminder_days": [30, 7, 0]},
    "A051": {"max_age_years": 3, "region_prefix": "31", "exception_reason_min_chars": 50},
    "A053": {"reminder_days": [90, 30, 0]},
    "A056": {"organs": ["articles", "shareholders_meeting", "board", "supervisors"]},
    "A057": {
        "sponsor_types": {
            "enterprise": ["enterprise"],
            "institute": ["university", "institute"],
            "platform": ["park_developer"],
        }
    },
    "A058": {"min_leading": 2},
    "A059": {"min_years": 5, "max_years": 10},
    "A062": {"max_booking_days": 31},
    "A065": {"min_backbone": 1, "min_sme": 1},
    "A069": {"min_park_developers": 1, "min_enterprises": 1, "min_testing_bodies": 1},
    "A076": {"min_industry": 1, "min_science": 1},
    "A077": {"max_seat_share_ppm": 500_000},
    # Parts of all votes, exactly: over half, and two thirds themselves (公司法 65, 66).
    "A078": {
        "quorum_ppm": 500_000,
        "ordinary": {"parts": 1, "of": 2, "reached": False},
        "qualified": {"parts": 2, "of": 3, "reached": True},
    },
    "A080": {"min_per_sector": 1},
    "A083": {"parts": [1, 2, 3, 4, 5]},
    "A084": {"license_record_months": 3},
    "A102": {"lowest_rating": "qualified", "decision_working_days": 20},
    "A103": {"min_themes": 1},
    "A104": {"years": 3},
    "A107": {"min_projects": 1},
    "A108": {"min_technologies": 1},
    "A111": {"min_platforms": 1},
    "A114": {"min_talents": 1},
    "A117": {"max_rounds": 2, "returned_expires_days": 30},
    "A120": {
        "min_experts": 5,
        # How long a panel works where nobody says by when: assumed.
        "panel_days": 30,
        "fields": ["economic", "technical", "industrial", "management", "legal"],
    },
    "A121": {"pass_line": "60", "min_sheets": 3, "trim_from": 5, "visit_signatures": 2},
    # By which working day a step is taken: assumed, and the office's own promise.
    "A122": {
        "step_working_days": {
            "formal_check": 5,
            "exception": 5,
            "form_panel": 10,
            "expert_review": 20,
            "site_visit": 20,
            "recommendation": 10,
            "objection": 10,
            "reject": 10,
            "approve": 5,
        }
    },
    "A124": {"min_months_listed": 12},
    "A125": {"plan_days": 30, "rectification_months": 12, "reminder_days": [30, 7, 0]},
    "A127": {
        "large_contract_fen": 500_000_000,
        "ordinary_review_working_days": 15,
        "expert_review_working_days": 30,
    },
    "A128": {"due_month": 3, "due_day": 31, "grace_days": 30},
    "A133": {"lowest_rating": "good"},
    # Three items of the ministry's conditions could be verified; the rest is not known.
    "A134": {
        "provisional": True,
        "conditions": [
            {
                "code": "company_and_alliance",
                "name_zh": "独立法人公司加联盟",
                "name_en": "A company of its own, and an alliance",
                "figure": "alliance_members",
                "at_least": 1,
            },
            {
                "code": "leading_shareholders",
                "name_zh": "股东包含本领域龙头企业",
                "name_en": "Shareholders among the field's leaders",
                "figure": "leading_shareholders",
                "at_least": 2,
            },
            {
                "code": "alliance_coverage",
                "name_zh": "联盟覆盖本领域半数以上国家级平台",
                "name_en": "The alliance joins half of the field's national platforms",
                "figure": "alliance_coverage_ppm",
                "at_least": 500_000,
            },
        ],
    },
    **SUPPORT_PARAMETERS,
    "X08": {"look_back_years": 3},
    "X09": {"notice_working_days": 5, "objection_working_days": 5, "reply_working_days": 5},
    "X11": {"publication_working_days": 20},
    "X14": {"record_years": 3},
    # After provincial practice, not the plan's text: whom a record of serious dishonesty bars.
    "X17": {"bars_sponsors": True, "bars_members": True},
}

# Code, Chinese name, English name; the order is the order shown.
Words = tuple[tuple[str, str, str], ...]

FIELDS: Final[Words] = (
    ("industrial_internet", "工业互联网", "Industrial internet"),
    ("intelligent_manufacturing", "智能制造", "Intelligent manufacturing"),
    ("integrated_circuit", "集成电路", "Integrated circuits"),
    ("new_materials", "新材料", "New materials"),
    ("additive_manufacturing", "3D打印", "Additive manufacturing"),
    ("artificial_intelligence", "人工智能", "Artificial intelligence"),
)
FIELDS_ACTIVE_FROM: Final = date(2016, 1, 1)
FIELDS_PLAN_PERIOD: Final = "十三五"

MATERIALS: Final[Words] = (
    ("plan", "建设和运行方案", "Construction and operation plan"),
    (
        "commitment_letter",
        "法定代表人签署的承诺书",
        "Commitment letter of the legal representative",
    ),
    ("articles_or_agreement", "公司章程或联合体协议", "Articles, or the consortium's agreement"),
    ("past_projects", "重点研发项目及验收证明", "Key projects with their acceptance"),
    ("platforms", "研发或商业应用平台证明", "Evidence of a development or application platform"),
    ("equipment", "科研设施和仪器装备清单", "List of facilities and instruments"),
    ("senior_talents", "高端研发人才名单", "List of senior research staff"),
    (
        "integration_evidence",
        "行业创新资源整合能力证明",
        "Evidence of joining the industry's resources",
    ),
    ("diffusion_evidence", "技术转移和扩散能力证明", "Evidence of transferring technology"),
    (
        "commercialization_evidence",
        "成果转化和商业化经验证明",
        "Evidence of commercializing results",
    ),
    (
        "discipline_evidence",
        "学科和实验室领先证明",
        "Evidence of leading disciplines and laboratories",
    ),
    ("rank_evidence", "行业地位证明", "Evidence of rank in the industry"),
    ("other", "其他材料", "Other material"),
)
REQUIRED_MATERIALS: Final = frozenset({"plan", "commitment_letter", "articles_or_agreement"})

CODE_TABLES: Final[Mapping[str, Words]] = {
    **FACT_WORDS,
    "org-types": (
        ("enterprise", "企业", "Enterprise"),
        ("institute", "科研院所", "Research institute"),
        ("university", "高等院校", "University"),
        ("user", "用户单位", "User organization"),
        ("park_developer", "园区开发主体", "Park developer"),
        ("testing_body", "第三方专业化检测机构", "Third-party testing body"),
        ("association", "行业协会", "Industry association"),
        ("social_service", "民办非企业单位", "Private non-enterprise unit"),
        ("investment", "投资机构", "Investor"),
        ("financial", "金融机构", "Financial institution"),
        ("government", "政府部门", "Government department"),
    ),
    "legal-person-kinds": (
        ("independent", "独立法人", "Independent legal person"),
        ("branch", "分支机构", "Branch"),
        ("consortium", "联合体", "Consortium"),
        ("none", "非法人", "No legal person"),
    ),
    "chain-positions": (
        ("upstream", "上游", "Upstream"),
        ("midstream", "中游", "Midstream"),
        ("downstream", "下游", "Downstream"),
        ("user", "用户", "User"),
    ),
    "model-types": (
        ("enterprise", "企业型", "Enterprise model"),
        ("institute", "院所型", "Institute model"),
        ("platform", "平台型", "Platform model"),
    ),
    "applicant-forms": (
        ("legal_entity", "独立法人", "Legal entity"),
        ("consortium", "产业联合体", "Consortium"),
    ),
    "membership-roles": (
        ("lead", "牵头单位", "Lead sponsor"),
        ("sponsor", "发起单位", "Sponsor"),
        ("member", "成员单位", "Member"),
        ("alliance", "联盟单位", "Alliance"),
    ),
    "center-stages": (
        ("candidate", "申报中", "Candidate"),
        ("preparing", "筹建", "Preparing"),
        ("pilot", "试点", "Pilot"),
        ("recognized", "认定", "Recognized"),
        ("national_candidate", "争创国家级", "National candidate"),
        ("national", "国家级", "National"),
        ("rectifying", "整改", "Rectifying"),
        ("suspended", "暂停", "Suspended"),
        ("delisted", "撤销", "Delisted"),
        ("dissolved", "终止", "Dissolved"),
    ),
    "chain-stages": (
        ("rd_supply", "研发供给", "Supply of research"),
        ("transfer_diffusion", "转移扩散", "Transfer and diffusion"),
        ("first_commercialization", "首次商业化", "First commercialization"),
    ),
    "service-catalog": (
        ("commissioned_rd", "技术委托研发", "Commissioned research"),
        ("standard_dev_validation", "标准研制和试验验证", "Standards and validation"),
        ("ip_operation", "知识产权协同运用", "Operation of intellectual property"),
        ("inspection_testing", "检验检测", "Inspection and testing"),
        ("certification_metrology", "认证计量", "Certification and metrology"),
        ("incubation", "企业孵化", "Incubation"),
        ("training", "人员培训", "Training"),
        ("market_info", "市场信息服务", "Market information"),
        ("feasibility_study", "可行性研究", "Feasibility study"),
        ("project_evaluation", "项目评价", "Project evaluation"),
        ("pilot_test", "中试", "Pilot-scale test"),
    ),
    "resource-types": (
        ("facility", "科研基础设施", "Research facility"),
        ("instrument", "大型科研仪器", "Large instrument"),
        ("intellectual_property", "知识产权", "Intellectual property"),
        ("data", "科技工程数据", "Scientific and engineering data"),
        ("talent", "人才", "Talent"),
        ("technology", "技术", "Technology"),
        ("standard", "标准", "Standard"),
        ("service", "服务", "Service"),
        ("information", "信息", "Information"),
        ("capital", "资本", "Capital"),
    ),
    "material-kinds": MATERIALS,
    **SUPPORT_TABLES,
    "incentive-kinds": (
        ("cash", "现金", "Cash"),
        ("equity", "股权", "Equity"),
        ("option", "期权", "Option"),
        ("dividend", "分红", "Dividend"),
        ("project_profit", "项目收益", "Project profit"),
    ),
    "plan-parts": (
        ("1", "中长期研发项目", "Medium and long-term research projects"),
        (
            "2",
            "成果转移扩散和首次商业化或首台（套）突破目标",
            "Transfer, diffusion and first sales",
        ),
        ("3", "资金筹措运行", "Raising and using funds"),
        ("4", "研发投入", "Research spending"),
        ("5", "成果转化收益预算", "Budget of income from results"),
    ),
    "expert-fields": (
        ("economic", "经济", "Economics"),
        ("technical", "技术", "Technology"),
        ("industrial", "产业", "Industry"),
        ("management", "管理", "Management"),
        ("legal", "法律", "Law"),
    ),
    "ratings": (
        ("excellent", "优秀", "Excellent"),
        ("good", "良好", "Good"),
        ("qualified", "合格", "Qualified"),
        ("unqualified", "不合格", "Unqualified"),
    ),
    "industries": (
        ("C3562", "半导体器件专用设备制造", "Semiconductor equipment"),
        ("C3973", "集成电路制造", "Integrated circuits"),
        ("C3491", "工业机器人制造", "Industrial robots"),
        ("C3493", "增材制造装备制造", "Additive manufacturing equipment"),
        ("C3985", "电子专用材料制造", "Electronic materials"),
        ("C358", "医疗仪器设备及器械制造", "Medical instruments"),
        ("C36", "汽车制造业", "Motor vehicles"),
        ("I6513", "应用软件开发", "Application software"),
        ("M7320", "工程和技术研究和试验发展", "Engineering research"),
    ),
}
# Numeric codes taken from memory or from one source alone are served with this mark.
UNVERIFIED_TABLES: Final = frozenset({"industries"})


def code_rows() -> Iterator[dict[str, Any]]:
    """Give every row of the code tables, regions included."""
    for scheme, words in CODE_TABLES.items():
        for place, (code, name_zh, name_en) in enumerate(words):
            yield _row(scheme, place, code, name_zh, name_en, None, scheme not in UNVERIFIED_TABLES)
    for place, (code, (name_zh, name_en)) in enumerate(SHANGHAI_REGIONS.items()):
        parent = None if code.endswith("0000") else "310000"
        yield _row("regions", place, code, name_zh, name_en, parent, verified=True)
    for place, (code, (name_zh, name_en)) in enumerate(RETIRED_SHANGHAI_REGIONS.items()):
        yield _row("retired-regions", place, code, name_zh, name_en, "310000", verified=False)
    for place, (code, (name_zh, name_en)) in enumerate(YANGTZE_DELTA.items()):
        yield _row("yangtze-delta", place, code, name_zh, name_en, None, verified=True)


def _row(
    scheme: str,
    place: int,
    code: str,
    name_zh: str,
    name_en: str,
    parent: str | None,
    verified: bool,  # noqa: FBT001 - a column of the row
) -> dict[str, Any]:
    return {
        "scheme": scheme,
        "code": code,
        "place": place,
        "name_zh": name_zh,
        "name_en": name_en,
        "parent": parent,
        "verified": verified,
    }


# The rolling call: any day, any active field (A115, A159). What is not required may be given in the
# place of a list in the sponsor's profile.
ROLLING_CALL_TITLES: Final = ("制造业创新中心常年申报", "Rolling call")


def rolling_materials() -> list[dict[str, Any]]:
    """Give the checklist of the rolling call."""
    return [
        {
            "kind": kind,
            "name_zh": name_zh,
            "name_en": name_en,
            "required": kind in REQUIRED_MATERIALS,
        }
        for kind, name_zh, name_en in MATERIALS
    ]
