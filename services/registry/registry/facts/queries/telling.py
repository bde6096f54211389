"""Facts as the API tells them, written as JSON by the database: the hot path of reading.

Making each row a mapped object, then a dictionary, then a model, and that JSON took most of the
service's time; here each row comes as the text that is sent. What the models would do beside it,
the fields that a payload leaves out, is done by laying the payload over its kind's defaults. A
test holds both against each other for every kind.
"""

import json
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, cast, type_coerce
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased
from sqlmodel import col

from registry.facts.kinds import PAYLOADS
from registry.facts.tables import Fact
from shared.database.telling import JsonText, constant, told

# A payload is kept without what it leaves out, and told with it.
DEFAULTS: Final = json.dumps(
    {
        payload.KIND.value: {
            name: field.get_default(call_default_factory=True, validated_data={})
            for name, field in payload.model_fields.items()
            if not field.is_required()
        }
        for payload in PAYLOADS
    }
)


def told_facts(as_of: datetime | None = None) -> Select[Any]:
    """Select facts as JSON (`told`), each with what corrects it as far as was known."""
    return _as_now() if as_of is None else _select(as_of)


@cache  # To build some fifty parts of a statement takes longer than to run it.
def _as_now() -> Select[Any]:
    return _select(None)


def _select(as_of: datetime | None) -> Select[Any]:
    later = aliased(Fact)
    known = [col(later.supersedes_id) == col(Fact.id)]
    if as_of is not None:
        known.append(col(later.recorded_at) <= as_of)
    statement = sa_select(_told(type_coerce(col(later.id), Uuid())).label("told"))
    return statement.select_from(Fact).outerjoin(later, and_(*known))


def _told(superseded_by_id: ColumnElement[UUID]) -> ColumnElement[str]:
    defaults: Any = cast(constant(DEFAULTS), JSONB)[col(Fact.kind)]
    return told(
        {
            "id": col(Fact.id),
            "kind": col(Fact.kind),
            "center_id": col(Fact.center_id),
            "occurred_on": col(Fact.occurred_on),
            "recorded_at": col(Fact.recorded_at),
            "external_id": col(Fact.external_id),
            "submitted_by_org_id": col(Fact.submitted_by_org_id),
            "chain_stage": col(Fact.chain_stage),
            "payload": cast(defaults.concat(col(Fact.payload)), JsonText),
            "evidence": col(Fact.evidence),
            "supersedes_id": col(Fact.supersedes_id),
            "superseded_by_id": superseded_by_id,
            "reason": col(Fact.reason),
            "derived": told(
                {
                    "is_member": col(Fact.is_member),
                    "is_sme": col(Fact.is_sme),
                    "region_code": col(Fact.region_code),
                }
            ),
        }
    )
