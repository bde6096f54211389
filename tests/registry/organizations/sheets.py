"""A sheet of organizations in which one row of ten is wrong, in each way that the rules know.

What is expected of every row is told with it, so that a thousand rows and a hundred thousand are
held against the same.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from registry.organizations.rules import CenterLevel, ChainPosition, LegalPersonKind, OrgType
from shared.codes import uscc

COLUMNS: Final = (
    "uscc", "name", "org_type", "legal_person_kind", "region_code", "registered_on",
    "industry_code", "is_sme", "is_leading", "is_backbone", "chain_position", "tech_center_level",
    "parent_uscc",
)  # fmt: skip
FLAGS: Final = ("is_sme", "is_leading", "is_backbone")
REGIONS: Final = ("310115", "310104", "310103", "330100", "320500", "110000")
FIRST_DAY: Final = date(2000, 1, 1)
DAYS: Final = 9_000
NONE: Final = ""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A line of the sheet, and what has to become of it.

    `first` is the row whose id a repeated one answers with; `kept` what is stored, by column.
    """

    line: str
    outcome: str
    code: str | None = None
    first: int | None = None
    kept: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A way of being wrong: other cells than a good row's, and the code of the refusal."""

    code: str
    cells: Mapping[str, str]


FIELD_INVALID: Final = "FIELD_INVALID"
UNREADABLE: Final = "BODY_UNREADABLE"
# `{own}` is the row's own code, `{bad}` the same with another check character, `{before}` the code
# of the row before.
WAYS: Final = (
    Way("FIELD_MISSING", {"name": NONE}),
    Way("FIELD_MISSING", {"registered_on": NONE}),
    Way(FIELD_INVALID, {"name": "名" * 201}),
    Way(FIELD_INVALID, {"name": "上海\u202e司公"}),
    Way(FIELD_INVALID, {"org_type": "circus"}),
    Way(FIELD_INVALID, {"legal_person_kind": "ghost"}),
    Way(FIELD_INVALID, {"region_code": "31011"}),
    Way(FIELD_INVALID, {"registered_on": "2023-02-29"}),
    Way(FIELD_INVALID, {"registered_on": "0001-01-01"}),
    Way(FIELD_INVALID, {"registered_on": "9999-12-31"}),
    Way(FIELD_INVALID, {"industry_code": "Z1"}),
    Way(FIELD_INVALID, {"is_sme": "vielleicht"}),
    Way(FIELD_INVALID, {"chain_position": "sideways"}),
    Way(FIELD_INVALID, {"tech_center_level": "galactic"}),
    Way(FIELD_INVALID, {"uscc": "9" * 33}),
    Way("USCC_FORMAT", {"uscc": "91310115FAKE00O13U"}),
    Way("USCC_CHECK_DIGIT", {"uscc": "{bad}"}),
    Way("USCC_FORMAT", {"parent_uscc": "12345"}),
    Way("USCC_CHECK_DIGIT", {"parent_uscc": "{bad}"}),
    Way("CODE_UNKNOWN", {"region_code": "310199"}),
    Way("DAY_IN_FUTURE", {"registered_on": "2999-12-31"}),
    Way("OWNERSHIP_CYCLE", {"parent_uscc": "{own}"}),
    Way("ALREADY_EXISTS", {"uscc": "{before}", "name": "另一个名字"}),
    Way(UNREADABLE, {"name": "空\x00字"}),
)
CELL_TOO_MANY, CELL_TOO_FEW, REPEATED, FIRST_AGAIN, RING = range(len(WAYS), len(WAYS) + 5)
ALL_WAYS: Final = len(WAYS) + 5


def code(number: int, letters: str) -> str:
    first = f"91310115{letters}{number:07d}"
    return first + uscc.check_character(first)


def header() -> str:
    return ",".join(COLUMNS)


def rows(count: int, letters: str) -> Iterator[SheetRow]:
    """Give a sheet of `count` rows; the last one closes a ring that the second row opens."""
    for number in range(count):
        if number == count - 1:
            yield _refused(number, letters, "OWNERSHIP_CYCLE", {"parent_uscc": code(1, letters)})
        elif number % 10 == 9:
            yield _wrong(number, letters, count)
        else:
            yield _good(number, letters, count)


def _way_of(number: int) -> int | None:
    return (number // 10) % ALL_WAYS if number % 10 == 9 else None


def _good(number: int, letters: str, count: int) -> SheetRow:
    cells = _cells(number, letters, count)
    return SheetRow(_line(list(cells.values())), "created", kept=_kept(cells))


def _wrong(number: int, letters: str, count: int) -> SheetRow:
    way = (number // 10) % ALL_WAYS
    before = _cells(number - 1, letters, count)
    if way == REPEATED:
        return SheetRow(_line(list(before.values())), "duplicate", first=number - 1)
    if way == FIRST_AGAIN:
        return SheetRow(_line(list(_cells(0, letters, count).values())), "duplicate", first=0)
    if way == RING:
        return _refused(number, letters, "OWNERSHIP_CYCLE", {"parent_uscc": before["uscc"]})
    if way in {CELL_TOO_MANY, CELL_TOO_FEW}:
        cells = list(_cells(number, letters, count).values())
        broken = [*cells, "多"] if way == CELL_TOO_MANY else cells[:-1]
        return SheetRow(_line(broken), "failed", UNREADABLE)
    return _refused(number, letters, WAYS[way].code, WAYS[way].cells)


def _refused(number: int, letters: str, why: str, cells: Mapping[str, str]) -> SheetRow:
    own = code(number, letters)
    other = own[:17] + ("0" if own[17] != "0" else "1")
    named = {"own": own, "bad": other, "before": code(number - 1, letters)}
    changed = {name: cell.format(**named) for name, cell in cells.items()}
    values = {**_cells(number, letters, 0), **changed}
    return SheetRow(_line(list(values.values())), "failed", why)


def _cells(number: int, letters: str, count: int) -> dict[str, str]:
    """Give the cells of a good row; owners come earlier, so that no ring is closed by chance."""
    own = code(number, letters)
    name = f"上海精密仪器第{number}号制造有限公司"
    if number % 50 == 7:
        name = f'上海"精密", 第{number}号公司' if number % 100 == 7 else f"=SUM({number})"
    owner = code(number // 2, letters) if number % 10 == 4 else NONE
    if number == 1 and count:
        owner = code(count - 1, letters)
    elif _way_of(number + 1) == RING:
        owner = code(number + 1, letters)
    return {
        "uscc": own.lower() if number % 20 == 3 else own,
        "name": name,
        "org_type": list(OrgType)[number % len(OrgType)].value,
        "legal_person_kind": list(LegalPersonKind)[number % 4].value if number % 7 == 0 else NONE,
        "region_code": REGIONS[number % len(REGIONS)],
        "registered_on": (FIRST_DAY + timedelta(days=number % DAYS)).isoformat(),
        "industry_code": "C3973" if number % 3 else NONE,
        "is_sme": ("true", "false", NONE)[number % 3],
        "is_leading": "true" if number % 50 == 0 else NONE,
        "is_backbone": "false" if number % 2 else NONE,
        "chain_position": list(ChainPosition)[number % 4].value if number % 5 == 0 else NONE,
        "tech_center_level": list(CenterLevel)[number % 2].value if number % 40 == 0 else NONE,
        "parent_uscc": owner,
    }


def _kept(cells: Mapping[str, str]) -> tuple[Any, ...]:
    """Give what is stored of a good row, as the columns have it."""
    whole: dict[str, Any] = {
        **{name: cell or None for name, cell in cells.items()},
        **{name: cells[name] == "true" for name in FLAGS},
        "uscc": cells["uscc"].upper(),
        "legal_person_kind": cells["legal_person_kind"] or LegalPersonKind.INDEPENDENT.value,
        "registered_on": date.fromisoformat(cells["registered_on"]),
    }
    return tuple(whole[name] for name in COLUMNS)


def _line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
