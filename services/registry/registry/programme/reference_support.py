"""What the programme knows of support before anyone uses it: the figures of its rules."""

from typing import Any, Final

SUPPORT_PARAMETERS: Final[dict[str, dict[str, Any]]] = {
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
