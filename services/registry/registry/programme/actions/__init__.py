"""What officials do with the programme's own data."""

from registry.programme.actions.days import approve_days, propose_days, reject_days
from registry.programme.actions.policies import (
    approve_policy,
    draft_policy,
    edit_policy,
    propose_policy,
    return_policy,
    withdraw_policy,
)
from registry.programme.actions.words import (
    close_call,
    draft_call,
    open_field,
    publish_call,
    retire_field,
)

__all__ = [
    "approve_days",
    "approve_policy",
    "close_call",
    "draft_call",
    "draft_policy",
    "edit_policy",
    "open_field",
    "propose_days",
    "propose_policy",
    "publish_call",
    "reject_days",
    "retire_field",
    "return_policy",
    "withdraw_policy",
]
