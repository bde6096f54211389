"""What the programme knows of support before anyone uses it: the figures of its rules."""

from typing import Any, Final

EVERY_KIND: Final = ("fund", "tax", "finance", "talent", "first_purchase", "special_project")
LATER_STAGES: Final = ("pilot", "recognized", "national_candidate", "national")


def _kinds(*preparing: str) -> dict[str, list[str]]:
    """Give the kinds of a model: some while it is prepared, every kind later."""
    return {"preparing": list(preparing)} | {stage: list(EVERY_KIND) for stage in LATER_STAGES}


SUPPORT_PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    # Which kinds need a figure, and which fit a model in a stage, is not in the plan's text:
    # assumed, and therefore data (decision 0400).
    "A138": {"kinds_with_amount": ["fund", "finance", "special_project"]},
    "A141": {
        "kinds": {
            "enterprise": _kinds("fund", "tax", "finance", "talent", "special_project"),
            "institute": _kinds("fund", "finance", "talent", "special_project"),
            "platform": _kinds("fund", "tax", "finance", "talent", "special_project"),
        }
    },
    # Shanghai's own tests of the kinds are not published: each names where its tests are from.
    "A144": {
        "first_sale_years": 1,
        "kinds_with_patent": ["first_set", "first_batch"],
        "patent_years": 3,
        "patent_years_long": 5,
        "sectors_with_long_patents": ["medicine", "high_end_equipment"],
        "software_main_version": "1.0",
        "copyright_years": 2,
        "region_prefix": "31",
        "rule_sets": {
            "first_set": {"provisional": True, "source": "山东、聊城首台（套）认定办法"},
            "first_batch": {"provisional": True, "source": "工信部首批次新材料应用示范"},
            "first_version": {"provisional": True, "source": "河北首版次软件认定（2025）"},
        },
    },
    "A145": {"number_prefix": "SHCX", "record_working_days": 2},
}

SUPPORT_TABLES: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "support-kinds": (
        ("fund", "资金支持", "Funds"),
        ("tax", "税收支持", "Tax relief"),
        ("finance", "金融支持", "Finance"),
        ("talent", "人才政策", "Talent"),
        ("first_purchase", "政府首购", "First purchase"),
        ("special_project", "专项倾斜", "Special-fund project"),
    ),
    "support-purposes": (
        ("rd_design", "研发设计费用", "Research and design"),
        ("platform_building", "基础设施和公共技术平台建设", "Facilities and public platforms"),
        ("commercialization", "成果转化应用", "Commercialization"),
        ("exchange", "国内外合作交流", "Exchange and cooperation"),
        ("ip_sharing", "知识产权成果分享和保护机制", "Sharing and protection of rights"),
    ),
    "talent-measures": (
        ("attraction", "引进集聚", "Attraction"),
        ("evaluation", "使用评价", "Use and evaluation"),
        ("incentive", "分配激励", "Incentive"),
    ),
    "product-kinds": (
        ("first_set", "装备首台套", "First set of equipment"),
        ("first_batch", "新材料首批次", "First batch of material"),
        ("first_version", "软件首版次", "First version of software"),
    ),
}
