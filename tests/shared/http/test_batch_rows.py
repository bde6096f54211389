"""What a batch's body is read as, and which bodies are no batch at all."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from shared.http.batch_rows import Row, all_rows, count_rows
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
@pytest.mark.parametrize("header", ["a,a", "payload,payload.a", "a.b.c,a.b"])
def test_a_header_that_names_a_field_twice_is_refused(header: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        count_rows(written(tmp_path, f"{header}\n1,2\n".encode()), "text/csv")
    assert failed_codes(refusal.value.checks) == ["FIELD_INVALID"]


@pytest.mark.refusing
def test_a_field_beside_the_rows_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        count_rows(written(tmp_path, b'{"rows": [], "mode": "atomic"}'), "application/json")
    assert failed_codes(refusal.value.checks) == ["FIELD_UNKNOWN"]
