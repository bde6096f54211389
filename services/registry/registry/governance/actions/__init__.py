"""What happens to plans, bodies, votes and stages."""

from registry.governance.actions.bodies import add_seat, form_body, resolve, set_votes
from registry.governance.actions.plans import (
    PlanContent,
    TargetContent,
    adopt,
    file_at_listing,
    file_plan,
    revise_plan,
    write_plan,
)
from registry.governance.actions.stages import change_stage, stage_checks

__all__ = [
    "PlanContent",
    "TargetContent",
    "add_seat",
    "adopt",
    "change_stage",
    "file_at_listing",
    "file_plan",
    "form_body",
    "resolve",
    "revise_plan",
    "set_votes",
    "stage_checks",
    "write_plan",
]
