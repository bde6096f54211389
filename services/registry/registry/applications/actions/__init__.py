"""What happens to applications, a module per part of the way."""

from registry.applications.actions.checking import check_formally, grant_round
from registry.applications.actions.composing import (
    end_memberships,
    end_outlived,
    mend_compositions,
)
from registry.applications.actions.deciding import (
    approve,
    lift_hold,
    open_notice,
    recommend,
    reject,
)
from registry.applications.actions.drafting import (
    DraftContent,
    ProfileContent,
    TechnologyContent,
    add_technology,
    change_draft,
    draft,
    file_material,
    invite_member,
    remove_technology,
    set_profile,
    write_plan,
)
from registry.applications.actions.ending import expire_overdue, withdraw
from registry.applications.actions.evaluating import hear, hold, reopen_review
from registry.applications.actions.excepting import decide_exception, request_exception
from registry.applications.actions.leaving import step_back
from registry.applications.actions.readiness import ReadinessView, readiness
from registry.applications.actions.registering import attach_entity, name_milestone
from registry.applications.actions.stating import state_resource, take_resource_back
from registry.applications.actions.submitting import submission_checks, submit

__all__ = [
    "DraftContent",
    "ProfileContent",
    "ReadinessView",
    "TechnologyContent",
    "add_technology",
    "approve",
    "attach_entity",
    "change_draft",
    "check_formally",
    "decide_exception",
    "draft",
    "end_memberships",
    "end_outlived",
    "expire_overdue",
    "file_material",
    "grant_round",
    "hear",
    "hold",
    "invite_member",
    "lift_hold",
    "mend_compositions",
    "name_milestone",
    "open_notice",
    "readiness",
    "recommend",
    "reject",
    "remove_technology",
    "reopen_review",
    "request_exception",
    "set_profile",
    "state_resource",
    "step_back",
    "submission_checks",
    "submit",
    "take_resource_back",
    "withdraw",
    "write_plan",
]
