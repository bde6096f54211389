"""Which operations have a short way beside their route, and how their filters are read."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from sqlmodel import col

from registry.centers.rules import ModelType, Stage
from registry.centers.tables import Center
from registry.facts.rules import FactKind
from registry.organizations.rules import OrgType
from registry.organizations.tables import Organization
from registry.quick import queries
from shared.http.quick_reads import QuickList, QuickRead, QuickRow, read_id

CODE: Final = re.compile(r"[A-Za-z0-9]{1,16}")
WORD: Final = re.compile(r"[a-z0-9_]{1,64}")
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

Filters = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def _of_form(form: re.Pattern[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if form.fullmatch(text) is None:
            raise ValueError(text)
        return text

    return read


def _day(text: str) -> date:
    if DAY.fullmatch(text) is None:
        raise ValueError(text)
    return date.fromisoformat(text)


def _newest_first(text: str) -> str:
    if text != "-recorded_at":
        raise ValueError(text)
    return text


def _named(*names: str) -> Filters:
    return lambda given: {name: given.get(name) for name in names}


def _fact_filters(given: Mapping[str, Any]) -> Mapping[str, Any]:
    names = _named("center_id", "kind", "as_of", "domain", "direction_id")(given)
    days = {"first": given.get("from"), "last": given.get("until")}
    return {**names, **days, "newest_first": "sort" in given}


READS: Final[Mapping[str, QuickRead]] = {
    "registry_get_center": QuickRow(queries.center, read_id),
    "registry_list_centers": QuickList(
        queries.center_page,
        lambda _: [col(Center.created_at).desc(), col(Center.id).desc()],
        {
            "code": _of_form(CODE),
            "stage": Stage,
            "lead_sponsor_id": read_id,
            "chain_code": _of_form(WORD),
        },
        _named("code", "stage", "lead_sponsor_id", "chain_code", "yrd_platform", "zone"),
    ),
    "registry_read_organization": QuickRow(queries.organization, read_id),
    "registry_list_organizations": QuickList(
        queries.organization_page,
        lambda _: [col(Organization.id)],
        {"org_type": OrgType},
        _named("uscc", "name", "org_type", "region_code", "parent_uscc"),
    ),
    "registry_read_fact": QuickRow(queries.fact, read_id),
    "registry_list_facts": QuickList(
        queries.fact_page,
        queries.fact_order,
        {
            "center_id": read_id, "kind": FactKind, "from": _day, "until": _day,
            "sort": _newest_first,
        },
        _fact_filters,
        queries.fact_center_seen,
    ),
    "registry_read_public_center": QuickRow(queries.public_center, _of_form(CODE)),
    "registry_list_public_centers": QuickList(
        queries.public_center_page,
        lambda _: [col(Center.listed_on), col(Center.id)],
        {"stage": Stage, "model_type": ModelType, "field_code": _of_form(WORD)},
        _named("stage", "model_type", "field_code"),
    ),
}  # fmt: skip
