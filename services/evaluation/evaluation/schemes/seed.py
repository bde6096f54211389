"""Reference data: the provisional scheme and the four profiles, inserted by a migration."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from typing import Any, Final

from sqlalchemy import Connection, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from evaluation.schemes import guidance_rules, rules
from evaluation.schemes.tables import IndicatorScheme, WeightProfile

# Reference data carries the day of the programme's first policy, not the day of installation.
SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)


def reference() -> Mapping[str, Any]:
    """Read the scheme and the profiles as they are shipped."""
    file = resources.files("evaluation.schemes").joinpath("scheme_v1.json")
    document: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
    return document


def insert_reference(connection: Connection) -> None:
    """Insert what is not there yet; a second run changes nothing.

    The guidance stands apart in the file: an installation that has the scheme keeps it to the byte.
    """
    document = reference()
    content = guidance_rules.guided(document["scheme"]["content"], document["guidance"])
    scheme = {
        **document["scheme"],
        "content": content,
        "state": rules.SchemeState.DRAFT,
        "content_hash": rules.digest(content),
        "version": 1,
        "created_at": SINCE,
    }
    profiles = [{**one, "version": 1, "created_at": SINCE} for one in document["profiles"]]
    connection.execute(insert(IndicatorScheme).values(scheme).on_conflict_do_nothing())
    connection.execute(insert(WeightProfile).values(profiles).on_conflict_do_nothing())


def stress_indicators(connection: Connection) -> None:
    """Let the shipped profiles say what single indicators weigh, unless a cycle opened with one."""
    for code, weights in reference()["indicator_weights"].items():
        statement = update(WeightProfile).where(
            col(WeightProfile.code) == code, col(WeightProfile.locked_at).is_(None)
        )
        connection.execute(statement.values(indicator_weights=weights))
