"""What happens to plans of support, measures and their payments, and the inventory of policies."""

from registry.support.actions.paying import decide_payment, enter_payment
from registry.support.actions.planning import (
    decide_measure,
    draft_plan,
    edit_plan,
    end_policy,
    enter_policy,
    mix_of,
    move_plan,
    propose_measure,
)

__all__ = [
    "decide_measure",
    "decide_payment",
    "draft_plan",
    "edit_plan",
    "end_policy",
    "enter_payment",
    "enter_policy",
    "mix_of",
    "move_plan",
    "propose_measure",
]
