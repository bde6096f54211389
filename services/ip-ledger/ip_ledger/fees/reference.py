"""The tariffs that the ledger starts with; what officials decide afterwards stands in the table.

The amounts were taken from common tables and not from the offices' own lists: each version says so
in its note, and is not confirmed. Those of CN agree, each of them, with the list that a city's
market administration publishes (攀枝花市市场监督管理局《专利年费收费标准》): yearly fees of the
three kinds, a twentieth of the whole fee for each month late, 1,000 yuan for restoring.
"""

from typing import Any, Final
from uuid import UUID

from ip_ledger.assets.rules import DOMESTIC, AssetKind
from ip_ledger.fees.schedule_rules import CountedFrom, EndsWith

MONTHS_A_YEAR: Final = 12
FIVE_PERCENT: Final = 50_000
# 专利收费减缴办法：一个权利人减 85%，两个以上减 70%；自授权当年起十年。
RELIEFS: Final = {"sole": 850_000, "joint": 700_000}
RELIEF_YEARS: Final = 10
YUAN: Final = 100


def _yearly(kind: AssetKind, last: int, steps: dict[int, int]) -> dict[str, Any]:
    """The fee of year n is due when year n - 1 ends; that of the first year with the filing.

    `steps` gives the amount in yuan by the first year to which it applies.
    """
    fees = [
        {
            "number": number,
            "after_months": (number - 1) * MONTHS_A_YEAR,
            "amount_fen": steps[max(first for first in steps if first <= number)] * YUAN,
        }
        for number in range(2, last + 1)
    ]
    return {
        "kind": kind.value,
        "counted_from": CountedFrom.FILING.value,
        "grace_months": 6,
        "ends_with": EndsWith.DUE_DAY.value,
        "surcharge_ppm": FIVE_PERCENT,
        "relief_years": RELIEF_YEARS,
        "fees": fees,
    }


_CHINESE: Final = [
    _yearly(AssetKind.INVENTION, 20, {1: 900, 4: 1200, 7: 2000, 10: 4000, 13: 6000, 16: 8000}),
    _yearly(AssetKind.UTILITY, 10, {1: 600, 4: 900, 6: 1200, 9: 2000}),
    _yearly(AssetKind.DESIGN, 15, {1: 600, 4: 900, 6: 1200, 9: 2000, 11: 3000}),
]
# Three and a half, seven and a half, eleven and a half years after the grant.
_AMERICAN: Final = [
    {
        "kind": AssetKind.INVENTION.value,
        "counted_from": CountedFrom.GRANT.value,
        "grace_months": 6,
        "ends_with": EndsWith.GRACE.value,
        "surcharge_ppm": 0,
        "relief_years": 0,
        "fees": [
            {"number": number, "after_months": months, "amount_fen": None}
            for number, months in ((1, 42), (2, 90), (3, 138))
        ],
    }
]
_LAW: Final = {"act": "中华人民共和国专利法（2020年修正）", "articles": "43、44"}
_AMOUNTS: Final = {
    "act": "国家知识产权局专利收费标准（年费）",
    "articles": "待与官方收费表核对",
}
_TO_CONFIRM: Final = "金额待与国家知识产权局现行收费表核对后确认"

TARIFFS: Final[tuple[dict[str, Any], ...]] = (
    {
        "id": UUID("0199a000-0000-7000-8000-00000000fe01"),
        "jurisdiction": DOMESTIC,
        "edition": 1,
        "title": "专利年费（实施细则2010年文本）",
        "law": "专利法43、44；实施细则（2010年文本）98",
        "effective_from": "1985-04-01",
        "effective_until": "2024-01-19",
        "legal_bases": [
            _LAW,
            {"act": "中华人民共和国专利法实施细则（2010年修订）", "articles": "98、100"},
            {"act": "专利收费减缴办法（财税〔2016〕78号）", "articles": "全文"},
            _AMOUNTS,
        ],
        "note": _TO_CONFIRM + "；2010年2月1日前到期的年费未核对当时的条文与金额",
        "reliefs": RELIEFS,
        "schedules": _CHINESE,
    },
    {
        "id": UUID("0199a000-0000-7000-8000-00000000fe02"),
        "jurisdiction": DOMESTIC,
        "edition": 2,
        "title": "专利年费（实施细则2023年文本）",
        "law": "专利法43、44；实施细则（2023年文本）115",
        "effective_from": "2024-01-20",
        "effective_until": None,
        "legal_bases": [
            _LAW,
            {"act": "中华人民共和国专利法实施细则（2023年修订）", "articles": "5、114、115、117"},
            {"act": "专利收费减缴办法（财税〔2016〕78号）", "articles": "全文"},
            _AMOUNTS,
        ],
        "note": _TO_CONFIRM,
        "reliefs": RELIEFS,
        "schedules": _CHINESE,
    },
    {
        "id": UUID("0199a000-0000-7000-8000-00000000fe03"),
        "jurisdiction": "US",
        "edition": 1,
        "title": "Maintenance fees, days only",
        "law": "35 U.S.C. 41(b)",
        "effective_from": "1980-12-12",
        "effective_until": None,
        "legal_bases": [{"act": "35 U.S.C.", "articles": "41(b)"}],
        "note": "The office's amounts are not kept; its days are to be confirmed.",
        "reliefs": {},
        "schedules": _AMERICAN,
    },
)
