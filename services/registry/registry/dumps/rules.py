"""What is in a dump for whom, and how long dumps are kept."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from shared.rules import Check, Kind, Rule

EXPORT: Final = Rule("X15", "delivery")


class Reader(StrEnum):
    """For whom a part of a dump is: each sees no more of a kind than its own reads show."""

    PUBLIC = "public"
    OFFICIALS = "officials"
    SERVICES = "services"


class TableFormat(StrEnum):
    """How a table is downloaded."""

    CSV = "csv"
    JSON = "json"


# Of the public's kinds, the fields that the public's own lists show, and what to join them by.
PUBLIC_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "award": (
        "id", "center_id", "award_reason", "title", "achievement", "published_on", "doc_no",
    ),
    "center": (
        "id", "code", "name", "model_type", "field_codes", "stage", "level", "listed_on",
        "listing_doc_no",
    ),
    "first_purchase": (
        "id", "contract_no", "product_id", "product_name", "maker_name", "buyer_name",
        "amount_fen", "signed_on", "due_on", "recorded_on", "late",
    ),
    "product": (
        "id", "center_id", "catalog_no", "year", "kind", "name", "maker_name", "first_purchase",
        "valid_from", "valid_to", "provisional",
    ),
    "public_notice": (
        "id", "subject_type", "title", "content", "opens_on", "closes_on", "state",
    ),
    "publicity_item": ("id", "center_id", "title", "body", "released_at"),
    "service_offering": ("id", "center_id", "code", "title", "description", "price_note"),
    "shared_resource": ("id", "center_id", "resource_type", "name", "description", "terms"),
}  # fmt: skip


# The tables that everyone may download as one file, by the word of their address.
DOWNLOADS: Final[Mapping[str, str]] = {
    "awards": "award",
    "centers": "center",
    "first-purchases": "first_purchase",
    "notices": "public_notice",
    "products": "product",
    "resources": "shared_resource",
    "services": "service_offering",
    "typical-cases": "publicity_item",
}


def columns_of(kind: str) -> list[str]:
    """Name the columns of a kind's table: an amount has two, and a centre its code, too."""
    columns: list[str] = []
    for name in PUBLIC_FIELDS[kind]:
        amount = name.removesuffix("_fen")
        columns += [name] if amount == name else [f"{amount}.amount", f"{amount}.currency"]
        columns += ["center_code"] if name == "center_id" else []
    return columns


def cells(row: Mapping[str, Any], columns: Sequence[str]) -> list[Any]:
    """Lay a resource out as a line of a table: dotted paths, and lists joined by `;`."""
    line = []
    for column in columns:
        value: Any = row
        for part in column.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        line.append(";".join(map(str, value)) if isinstance(value, list) else value)
    return line


def readers_of(*, service: bool, official: bool) -> Reader:
    """Give the parts that a caller reads."""
    if service:
        return Reader.SERVICES
    return Reader.OFFICIALS if official else Reader.PUBLIC


def kept_from(today: date, keep_days: int) -> date:
    """Give the first day whose dump is kept: today's and those of `keep_days` - 1 days before."""
    return today - timedelta(days=keep_days - 1)


def range_checks(after: int, until: int) -> list[Check]:
    """Check that a delta goes forward; an empty one is none."""
    return [
        EXPORT.check(
            "POSITIONS_REVERSED", Kind.CONTENT, passed=after <= until, pointer="/until",
            after=after, until=until,
        )
    ]  # fmt: skip
