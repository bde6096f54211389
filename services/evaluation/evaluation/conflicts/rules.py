"""What conflicts of seated experts are to the steps that rely on their panel (X08)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from evaluation.schemes.rules import digest
from shared.rules import Check, Kind, Rule
from shared.tasks import TaskKind

CLEAR: Final = Rule("X08", "四(三)2")
VOID_TASK: Final = TaskKind(
    "seat.conflict",
    "处理专家利益冲突",
    "Deal with an expert's conflict of interest",
    CLEAR,
    "POST",
    "/v1/evaluation/score-sheets/{id}/void",
)


def panel_checks(conflicts: Mapping[UUID, Sequence[Check]]) -> list[Check]:
    """Check that nobody whose sheet counts has a conflict; the sheets are named, no person is."""
    codes = sorted({check.code for checks in conflicts.values() for check in checks})
    return [
        CLEAR.check(
            "PANEL_CONFLICT",
            Kind.STATE,
            passed=not conflicts,
            sheets=sorted(str(seat_id) for seat_id in conflicts),
            codes=codes,
        )
    ]


def path_of(check: Check) -> dict[str, Any]:
    """Give the facts behind a conflict, as they are kept."""
    return {"code": check.code, **{name: check.params[name] for name in sorted(check.params)}}


def path_hash(path: Mapping[str, Any]) -> str:
    """Name a path, so that the same conflict is entered once; the day's look-back is no part.

    Nor is a chain without companies: a direct tie is named as it was before there were chains.
    """
    return digest(
        {name: value for name, value in path.items() if name != "look_back_from" and value != []}
    )
