"""A violated constraint arrives as the code of its rule, because only the database sees both."""

from typing import Any, Final

from sqlalchemy.exc import DBAPIError

from shared.rules import Check, Kind, Rule

# Constraint name to the check that it stands for; features add theirs where they define it.
MEANINGS: Final[dict[str, tuple[Rule, str, Kind]]] = {
    "pk_kept_answer": (Rule("X05", "delivery"), "IDEMPOTENCY_IN_PROGRESS", Kind.STATE),
}
# Serialization, deadlock, lock and statement time-outs, too many connections, server going away;
# a full disk, no memory, a file that cannot be read or written: somebody makes room.
PASSING: Final = {
    "40001", "40P01", "55P03", "57014", "53300", "57P01", "57P02", "57P03",
    "53100", "53200", "58030",
}  # fmt: skip
UNREADABLE_VALUES: Final = {"22003", "22P02", "22021", "22P05"}


def meaning(constraint: str, rule: Rule, code: str, kind: Kind = Kind.STATE) -> None:
    """Say which rule a named constraint guards."""
    MEANINGS[constraint] = (rule, code, kind)


def check_of_violation(error: DBAPIError) -> Check | None:
    """Give the check that a violated constraint stands for; `None` for any other error."""
    cause: Any = getattr(error.orig, "__cause__", None)
    known = MEANINGS.get(getattr(cause, "constraint_name", None) or "")
    if known is not None:
        rule, code, kind = known
        return rule.check(code, kind, passed=False)
    if getattr(cause, "sqlstate", None) in UNREADABLE_VALUES:
        return Rule("API", "openapi").check("CONTENT_INVALID", Kind.CONTENT, passed=False)
    return None


def passes_by_itself(error: DBAPIError) -> bool:
    """Tell whether the same request may well succeed a moment later: nothing of it was kept."""
    cause: Any = getattr(error.orig, "__cause__", None)
    return error.connection_invalidated or getattr(cause, "sqlstate", None) in PASSING
