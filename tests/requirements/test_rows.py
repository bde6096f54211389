"""The requirement list is whole, and its claims need evidence."""

from dataclasses import replace

import pytest

from shared.services import PACKAGES
from tests.requirements.rows import Evidence, Row, State, all_rows, faults, missing_evidence

ROW = Row("A051", "三(二)", ("registry",), "P0", State.DONE, "A sentence.")
ACCEPTING = Evidence("test_a.py::test_it_is_accepted", ("A051",), refusing=False)
REFUSING = Evidence("test_a.py::test_it_is_refused", ("A051",), refusing=True)


def test_the_list_holds_every_row_once_and_in_order() -> None:
    expected = [f"A{n:03}" for n in range(1, 161)] + [f"X{n:02}" for n in range(1, 18)]
    assert list(all_rows()) == expected


def test_every_row_has_an_owner_a_priority_and_a_sentence() -> None:
    for row in all_rows().values():
        assert set(row.services) <= set(PACKAGES), row.id
        assert row.services, row.id
        assert row.priority in {"P0", "P1", "P2"}, row.id
        assert row.sentence.endswith("."), row.id


def test_a_mark_for_an_unknown_row_is_a_fault() -> None:
    assert faults(replace(ACCEPTING, rows=("A999",)), all_rows()) == [
        "test_a.py::test_it_is_accepted: no row A999"
    ]


def test_a_test_for_four_rows_is_a_fault_and_for_three_is_none() -> None:
    known = all_rows()
    assert faults(replace(ACCEPTING, rows=("A001", "A002", "A003")), known) == []
    assert len(faults(replace(ACCEPTING, rows=("A001", "A002", "A003", "A004")), known)) == 1


@pytest.mark.parametrize(
    ("evidence", "lacking"),
    [
        ([], ["accepting", "refusing"]),
        ([ACCEPTING], ["refusing"]),
        ([REFUSING], ["accepting"]),
        ([ACCEPTING, REFUSING], []),
    ],
)
def test_a_done_row_needs_an_accepting_and_a_refusing_test(
    evidence: list[Evidence], lacking: list[str]
) -> None:
    assert missing_evidence(ROW, evidence) == lacking
    assert missing_evidence(replace(ROW, state=State.PARTIAL), evidence) == []
