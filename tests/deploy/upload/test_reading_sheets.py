"""Files as spreadsheets leave them behind."""

from pathlib import Path

import pytest

from zhichuang.upload.sheet import Sheet, Unusable


def sheet(tmp_path: Path, content: bytes, encoding: str | None = None) -> Sheet:
    path = tmp_path / "facts.csv"
    path.write_bytes(content)
    return Sheet.open(path, encoding)


TEXT = '日期,单位\r\n2027-03-01,"上海,示例"\r\n,\r\n2027-03-02,"两\r\n行"\r\n2027-03-03,三\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_each_encoding_reads_the_same(tmp_path: Path, encoding: str) -> None:
    read = sheet(tmp_path, TEXT.encode(encoding))
    assert read.header == ["日期", "单位"]
    assert [(one.index, one.line, one.cells) for one in read.records()] == [
        (0, 2, ["2027-03-01", "上海,示例"]),
        (1, 4, ["2027-03-02", "两\r\n行"]),
        (2, 6, ["2027-03-03", "三"]),
    ]


def test_characters_of_gb_18030_beyond_gbk_are_read(tmp_path: Path) -> None:
    read = sheet(tmp_path, "名称\n㐀𠀀€\n".encode("gb18030"))
    assert next(read.records()).cells == ["㐀𠀀€"]


def test_a_character_cut_by_a_block_is_still_one_character(tmp_path: Path) -> None:
    # An odd number of bytes, then two for each character, over the end of the first block.
    rows = "a\n" + "制创制创制\n" * 100_000
    read = sheet(tmp_path, f"名\n{rows}".encode("gb18030"))
    assert read.encoding == "gb18030"
    assert {one.cells[0] for one in read.records()} == {"a", "制创制创制"}


def test_columns_without_a_name_at_the_end_are_left_out(tmp_path: Path) -> None:
    read = sheet(tmp_path, b"a,b,,\n1,2,,\n3,4,5,\n")
    assert [one.cells for one in read.records()] == [["1", "2"], ["3", "4", "5"]]


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        (b"", "no header"),
        (b"\n1\n", "no header"),
        (b"a\n\xff\xff\xff\n", "no encoding"),
    ],
)
def test_what_cannot_be_read_is_said_plainly(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(Unusable, match=says):
        sheet(tmp_path, content)


@pytest.mark.refusing
def test_a_quote_that_is_not_closed_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="line 3"):
        list(sheet(tmp_path, b'a,b\n1,2\n3,"4\n').records())


@pytest.mark.refusing
def test_an_encoding_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="unknown encoding"):
        sheet(tmp_path, b"a\n1\n", "gb2313")
