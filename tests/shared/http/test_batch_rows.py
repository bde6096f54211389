"""What a batch's body is read as, and which bodies are no batch at all."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from shared.http.batch_rows import Row, RowResult, all_rows, count_rows
from shared.http.problem import Failure
from shared.rules import Refused, failed_codes

ROWS = TypeAdapter(dict[str, object])


def written(folder: Path, content: bytes) -> Path:
    path = folder / "rows"
    path.write_bytes(content)
    return path


def test_a_dotted_column_is_a_path_and_a_quoted_line_break_is_no_row(tmp_path: Path) -> None:
    path = written(tmp_path, '\ufeffa,b.c\n1,"两\n行"\n'.encode())
    assert count_rows(path, "text/csv") == 1
    assert all_rows(path, "text/csv", ROWS) == [Row(0, {"a": "1", "b": {"c": "两\n行"}})]


@pytest.mark.refusing
def test_a_csv_in_another_encoding_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="BODY_UNREADABLE"):
        count_rows(written(tmp_path, "名\n中\n".encode("gbk")), "text/csv")


@pytest.mark.refusing
@pytest.mark.parametrize("header", ["a,a", "payload,payload.a", "a.b.c,a.b", "a,", "a,\x00"])
def test_a_header_that_names_a_field_twice_is_refused(header: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        count_rows(written(tmp_path, f"{header}\n1,2\n".encode()), "text/csv")
    assert failed_codes(refusal.value.checks) == ["FIELD_INVALID"]


@pytest.mark.refusing
def test_a_field_beside_the_rows_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        count_rows(written(tmp_path, b'{"rows": [], "mode": "atomic"}'), "application/json")
    assert failed_codes(refusal.value.checks) == ["FIELD_UNKNOWN"]


@pytest.mark.refusing
def test_a_header_of_ten_thousand_columns_is_refused_at_once(tmp_path: Path) -> None:
    header = ",".join(f"c{number}" for number in range(10_000))
    with pytest.raises(Refused) as refusal:
        count_rows(written(tmp_path, f"{header}\n1\n".encode()), "text/csv")
    assert refusal.value.checks[0].params["expected"] == "at most 200 columns"


@pytest.mark.refusing
@pytest.mark.parametrize("row", ["1,2,3", "1", "1,x\x00y"])
def test_a_row_of_other_cells_than_its_header_is_no_row(row: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"a,b\r\n{row}\r\n1,2\r\n".encode())
    first, second = all_rows(path, "text/csv", ROWS)
    assert isinstance(first, RowResult)
    assert failed_codes(first.checks) == ["BODY_UNREADABLE"]
    assert second == Row(1, {"a": "1", "b": "2"})


@pytest.mark.refusing
def test_a_quotation_that_never_ends_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="BODY_UNREADABLE"):
        count_rows(written(tmp_path, b'a,b\n1,"2\n'), "text/csv")
