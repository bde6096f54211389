"""Names compared letter by letter: what is left out, how alike two are, and who is certain."""

from datetime import date
from functools import cache
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.organizations import rules
from registry.organizations.rules import Known, MatchReason, NameKind, names
from shared.rules import failed_codes

ONE, TWO = UUID(int=1), UUID(int=2)
CODE, OTHER_CODE = "91310115FAKE00275K", "91310115FAKE00312L"
NAME = "上海澄曜集成电路有限公司"
# Two of its 25 letters, or three, written otherwise.
LONG = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地人"
TWO_WRONG, THREE_WRONG = LONG.replace("天地", "山水"), LONG.replace("天地人", "山水火")


def known(
    name: str, kind: NameKind = NameKind.FULL, region: str = "310115", org_id: UUID = ONE,
    code: str = CODE,
) -> Known:  # fmt: skip
    return Known(org_id, code, name, kind, region)


@pytest.mark.parametrize(
    ("part", "pattern"),
    [("澄曜IC2", "% 澄 曜 ic2%"), ("IC2澄", "%ic2 澄 %"), ("IC2", "%ic2%"), ("澄", "% 澄 %")],
)
def test_a_part_in_latin_letters_may_go_on_and_a_chinese_letter_is_whole(
    part: str, pattern: str
) -> None:
    assert rules.search_pattern(part) == pattern


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("上海市澄曜股份有限公司", "澄曜"),
        ("澄曜集团股份有限公司", "澄曜"),
        ("澄曜（上海）有限公司", "澄曜"),
        ("澄曜有限责任公司（示例）", "澄曜"),
        ("北京澄曜研究院", "北京澄曜研究院"),
        # One place is the seat; the next one belongs to the name.
        ("上海中国航海馆", "中国航海馆"),
        # One letter alone tells nobody from others.
        ("上海甲公司", "上海甲公司"),
        ("上海甲乙公司", "甲乙"),
    ],
)
def test_what_tells_a_name_from_others(name: str, core: str) -> None:
    assert names.core(name) == core


@pytest.mark.parametrize(
    ("name", "key"),
    [("上海甲乙丙公司", None), ("上海甲乙丙丁公司", "甲 乙 丙 丁"), ("上海IC甲乙公司", None)],
)
def test_a_name_of_four_letters_is_found_with_a_wrong_one(name: str, key: str | None) -> None:
    assert rules.fuzzy_key(name) == key


FIRST, LAST = date(2020, 1, 1), date(2020, 1, 2)


@pytest.mark.requirement("A105")
@pytest.mark.parametrize(
    ("kind", "from_on", "until_on", "codes"),
    [
        (NameKind.FULL, None, None, []),
        (NameKind.SHORT, FIRST, None, []),
        (NameKind.FORMER, None, LAST, []),
        (NameKind.FORMER, FIRST, None, ["FIELD_MISSING"]),
        (NameKind.FULL, FIRST, FIRST, []),
        (NameKind.FULL, LAST, FIRST, ["DAYS_OUT_OF_ORDER"]),
    ],
)
def test_a_former_name_has_ended_and_no_name_ends_before_it_begins(
    kind: NameKind, from_on: date | None, until_on: date | None, codes: list[str]
) -> None:
    assert failed_codes(rules.name_checks(kind, from_on, until_on)) == codes


@pytest.mark.parametrize(
    ("one", "other", "ppm"),
    [
        ("甲乙丙丁", "甲乙丙丁", 1_000_000),
        ("甲乙丙丁", "甲乙丙", 750_000),
        ("甲乙丙", "甲乙丙丁", 750_000),
        ("甲乙丙丁", "乙丙丁", 750_000),
        ("甲乙丙丁", "甲乙天丁", 750_000),
        ("甲乙丙", "乙丙丁", 333_333),
        ("甲乙", "乙甲", 0),
        # A word in Latin letters is one letter more or less.
        ("ABC甲", "abd甲", 500_000),
        ("（）", "（）", 0),
    ],
)
def test_two_names_are_as_alike_as_the_letters_that_need_not_change(
    one: str, other: str, ppm: int
) -> None:
    assert names.similarity_ppm(one, other) == ppm


@cache
def changes(one: str, other: str) -> int:
    """Count letters to add, drop or change, by trying each."""
    if not one or not other:
        return len(one) + len(other)
    return min(
        changes(one[1:], other) + 1,
        changes(one, other[1:]) + 1,
        changes(one[1:], other[1:]) + (one[0] != other[0]),
    )


words = st.text(alphabet="甲乙丙", max_size=7)


@given(words, words.filter(bool))
def test_no_shorter_way_leads_from_one_name_to_another(one: str, other: str) -> None:
    longest = max(len(one), len(other))
    kept = longest - changes(one, other)
    assert names.similarity_ppm(one, other) == 1_000_000 * kept // longest


@pytest.mark.parametrize(
    ("ppm", "score"),
    [(1_000_000, "100.00"), (987_699, "98.76"), (600_900, "60.09"), (99, "0.00"), (100, "0.01")],
)
def test_a_score_is_written_in_percent(ppm: int, score: str) -> None:
    assert rules.percent(ppm) == score


@pytest.mark.parametrize(
    ("written", "name", "ppm", "reason"),
    [
        (NAME, known(NAME), 1_000_000, MatchReason.NAME_EQUAL),
        (NAME, known(NAME, NameKind.FORMER), 980_000, MatchReason.FORMER_NAME_EQUAL),
        ("澄曜", known("澄 曜", NameKind.SHORT), 950_000, MatchReason.SHORT_NAME_EQUAL),
        # Of a name and its place and form only the name counts, and a little less.
        (NAME, known("澄曜集成电路股份有限公司"), 950_000, MatchReason.NAME_SIMILAR),
        (LONG, known(TWO_WRONG), 920_000, MatchReason.NAME_SIMILAR),
        ("澄曜", known(NAME), 600_000, MatchReason.NAME_CONTAINED),
        (NAME, known("澄曜"), 600_000, MatchReason.NAME_CONTAINED),
        (NAME, known("澄曜集成", NameKind.SHORT), 633_332, MatchReason.NAME_CONTAINED),
        ("甲乙丙丁", known("山水火木"), 1, MatchReason.NAME_SIMILAR),
    ],
)
def test_a_name_fits_as_well_as_it_is_alike(
    written: str, name: Known, ppm: int, reason: MatchReason
) -> None:
    ((candidate,), _) = rules.matched(written, None, None, [name])
    assert (candidate.score_ppm, candidate.reasons) == (ppm, (reason,))


def test_of_an_organizations_names_the_one_that_fits_best_counts() -> None:
    mine = [known("澄曜", NameKind.SHORT), known(NAME), known("澄曜微电子", NameKind.FORMER)]
    for order in (mine, mine[::-1]):
        (candidate,), chosen = rules.matched(NAME, None, None, order)
        assert (candidate.score_ppm, candidate.reasons) == (1_000_000, (MatchReason.NAME_EQUAL,))
        assert chosen == ONE


@pytest.mark.parametrize(
    ("asked", "ppm", "reason"),
    [
        ("320100", 1_000_000, MatchReason.REGION_EQUAL),
        ("320115", 1_000_000, MatchReason.REGION_EQUAL),
        ("320500", 940_000, MatchReason.REGION_DIFFERS),
    ],
)
def test_a_city_is_near_and_another_of_the_province_is_not(
    asked: str, ppm: int, reason: MatchReason
) -> None:
    names_there = [known(NAME, region="320102")]
    ((candidate,), _) = rules.matched(NAME, None, asked, names_there)
    assert (candidate.score_ppm, candidate.reasons) == (ppm, (MatchReason.NAME_EQUAL, reason))


@pytest.mark.parametrize(
    ("written", "code", "ppm", "reasons"),
    [
        (NAME, CODE, 1_000_000, (MatchReason.USCC_EQUAL, MatchReason.NAME_EQUAL)),
        ("山水火木", CODE, 1_000_000, (MatchReason.USCC_EQUAL, MatchReason.NAME_SIMILAR)),
        (NAME, OTHER_CODE, 500_000, (MatchReason.USCC_DIFFERS, MatchReason.NAME_EQUAL)),
        ("山水火木", OTHER_CODE, 1, (MatchReason.USCC_DIFFERS, MatchReason.NAME_SIMILAR)),
    ],
)
def test_a_code_decides_whatever_the_name(
    written: str, code: str, ppm: int, reasons: tuple[MatchReason, ...]
) -> None:
    ((candidate,), chosen) = rules.matched(written, code, None, [known(NAME)])
    assert (candidate.score_ppm, candidate.reasons) == (ppm, reasons)
    assert chosen == (ONE if code == CODE else None)


def test_reasons_come_in_one_order_code_name_branch_region() -> None:
    branch = known(f"{NAME}北京分公司")
    ((candidate,), _) = rules.matched(NAME, CODE, "310100", [branch])
    assert candidate.reasons == (
        MatchReason.USCC_EQUAL, MatchReason.NAME_CONTAINED, MatchReason.BRANCH_DIFFERS,
        MatchReason.REGION_EQUAL,
    )  # fmt: skip


def test_a_branch_fits_half_at_most() -> None:
    ((candidate,), _) = rules.matched(NAME, None, None, [known(f"{NAME}北京分公司")])
    assert candidate.score_ppm == 500_000


@pytest.mark.parametrize(("name", "chosen"), [(TWO_WRONG, ONE), (THREE_WRONG, None)])
def test_one_is_certain_from_ninety_two_percent_on(name: str, chosen: UUID | None) -> None:
    assert rules.matched(LONG, None, None, [known(name)])[1] == chosen


@pytest.mark.parametrize(
    ("written", "second", "chosen"),
    [
        # Six percent between them are enough, four are not.
        (LONG, known(LONG, region="320102", org_id=TWO), ONE),
        (LONG, known(LONG.replace("天", "山"), org_id=TWO), None),
    ],
)
def test_the_second_is_clearly_not_it(written: str, second: Known, chosen: UUID | None) -> None:
    first = known(LONG)
    candidates, found = rules.matched(written, None, "310115", [second, first])
    assert [one.org_id for one in candidates] == [ONE, TWO]
    assert found == chosen


def test_of_those_that_fit_alike_the_first_id_comes_first() -> None:
    both = [known(NAME, org_id=TWO), known(NAME)]
    candidates, chosen = rules.matched(NAME, None, None, both)
    assert ([one.org_id for one in candidates], chosen) == ([ONE, TWO], None)
