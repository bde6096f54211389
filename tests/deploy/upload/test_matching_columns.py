"""Columns, and the fields that they mean."""

from typing import Any

import pytest

from zhichuang.upload import columns
from zhichuang.upload.columns import cleaned, plan
from zhichuang.upload.sheet import Record, Unusable

FIELDS = {
    "center_id": "text",
    "kind": "text",
    "occurred_on": "date",
    "evidence": "list",
    "payload.amount.amount": "integer",
    "payload.hours": "integer",
}


@pytest.mark.parametrize(
    ("written", "kind", "read", "noted"),
    [
        ("３５００", "integer", "3500", "full-width"),
        ("－３５", "integer", "-35", "full-width"),
        ("3500", "integer", "3500", ""),
        ("1,234,567", "integer", "1234567", "separators"),
        ("1,23", "integer", "1,23", ""),
        ("１２三", "text", "１２三", ""),
        ("三五", "integer", "三五", ""),
        ("", "integer", "", ""),
        ("35000.5", "yuan", "3500050", "fen"),
        ("35,000.55", "yuan", "3500055", "separators"),
        ("0.005", "yuan", "0.005", ""),
        ("1e3", "yuan", "1e3", ""),
        ("２０２７/３/１", "date", "2027-03-01", "full-width"),
        ("2027年3月1日", "date", "2027-03-01", "YYYY-MM-DD"),
        ("2027/2/30", "date", "2027/2/30", ""),
        ("2027-03-01", "date", "2027-03-01", ""),
        ("3/1/2027", "date", "3/1/2027", ""),
    ],
)
def test_a_cell_is_read_where_its_field_says_so(
    written: str, kind: str, read: str, noted: str
) -> None:
    value, changes = cleaned(written, kind)
    assert value == read
    assert (noted in changes[0]) if noted else (changes == [])


def test_columns_are_matched_as_told_or_by_name() -> None:
    header = ["occurred_on", "金额", "备注", "zhichuang_code"]
    made = plan(
        header,
        FIELDS,
        mapped={"金额": "payload.amount.amount@yuan"},
        constants={"kind": "service"},
        ignored=["备注"],
    )
    assert made.names == ["occurred_on", "payload.amount.amount", "kind"]
    row = made.row(Record(0, 2, ["2027/3/1", "12.5", "x", "STALE"]))
    assert row == ["2027-03-01", "1250", "service"]
    assert set(made.notes) == {
        "column occurred_on: days written as YYYY-MM-DD",
        "column 金额: yuan sent as fen (分)",
    }


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("header", "over", "says"),
    [
        (["amount"], {}, "Did you mean payload.amount.amount"),
        (["x"], {"mapped": {"y": "kind"}}, "no column 'y'"),
        (["kind", "x"], {"mapped": {"x": "kind"}}, "'kind' is given twice"),
        (["kind"], {"constants": {"kind": "service"}}, "'kind' is given twice"),
        (["kind"], {"constants": {"sort": "service"}}, "no field 'sort'"),
        (["x"], {"mapped": {"x": "payload.hours@yuan"}}, "Only amounts"),
        (["kind", ""], {}, "number 2, which has no name"),
    ],
)
def test_a_column_that_means_nothing_is_refused(
    header: list[str], over: dict[str, Any], says: str
) -> None:
    options: dict[str, Any] = {"mapped": {}, "constants": {}, "ignored": [], **over}
    with pytest.raises(Unusable, match=says):
        plan(header, FIELDS, **options)


def test_fields_come_from_the_published_document() -> None:
    document: dict[str, Any] = {
        "paths": {
            "/v1/x/thing-batches": {
                "post": {
                    "requestBody": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "array",
                                    "items": {
                                        "oneOf": [
                                            {"$ref": "#/components/schemas/A"},
                                            {"$ref": "#/components/schemas/B"},
                                        ]
                                    },
                                }
                            },
                            "text/csv": {},
                        }
                    }
                }
            },
            "/v1/x/json-batches": {"post": {"requestBody": {"content": {"application/json": {}}}}},
        },
        "components": {
            "schemas": {
                "A": {
                    "properties": {
                        "kind": {"const": "a"},
                        "on": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
                        "pay": {"properties": {"amount": {"type": "integer"}}},
                        "size": {"type": "integer"},
                        "files": {"type": "array", "items": {"type": "string"}},
                        "parts": {"type": "array", "items": {"properties": {"x": {}}}},
                    }
                },
                "B": {"properties": {"size": {"type": "string"}, "kind": {"const": "b"}}},
            }
        },
    }
    assert columns.batches(document) == {"thing": "/v1/x/thing-batches"}
    assert columns.fields_of(document, "/v1/x/thing-batches") == {
        "kind": "text",
        "on": "date",
        "pay.amount": "integer",
        # A number in one kind of row and text in another: left as it is written.
        "size": "text",
        "files": "list",
    }
