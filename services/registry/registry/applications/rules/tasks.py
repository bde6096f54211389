"""What a case asks of whom next: the kinds of tasks, each with the step that it is."""

from collections.abc import Mapping
from typing import Final

from registry.applications.rules.states import NextStep
from shared.rules import Rule
from shared.tasks import TaskKind

_CASE: Final = "/v1/registry/applications/{id}"
RESUBMIT: Final = TaskKind(
    "application.submit", "补正并重新提交申报", "Mend a returned application and hand it in again",
    Rule("A117", "四(三)1"), "POST", f"{_CASE}/submit",
)  # fmt: skip
CHECK: Final = TaskKind(
    "application.formal_check", "形式审查", "Check an application formally",
    Rule("A117", "四(三)1"), "POST", f"{_CASE}/formal-checks",
)  # fmt: skip
DECIDE_EXCEPTION: Final = TaskKind(
    "application.exception", "审定主体年限例外", "Decide on an exception from the entity's age",
    Rule("A051", "三(二)"), "GET", f"{_CASE}/exceptions",
)  # fmt: skip
FORM_PANEL: Final = TaskKind(
    "application.form_panel", "组建评审专家组", "Form the panel of an application",
    Rule("A118", "四(三)2"), "POST", "/v1/evaluation/panels",
)  # fmt: skip
RECOMMEND: Final = TaskKind(
    "application.recommend", "复核并提出推荐意见", "Recommend an application",
    Rule("A122", "四(三)2"), "POST", f"{_CASE}/recommendation",
)  # fmt: skip
APPROVE: Final = TaskKind(
    "application.approve", "审批列入试点计划", "Approve an application",
    Rule("A122", "四(三)2"), "POST", f"{_CASE}/approve",
)  # fmt: skip
REJECT: Final = TaskKind(
    "application.reject", "对不通过的申报作出不予列入决定", "Reject an application that has failed",
    Rule("A122", "四(三)2"), "POST", f"{_CASE}/reject",
)  # fmt: skip
STEPS: Final[Mapping[TaskKind, NextStep]] = {
    CHECK: NextStep("formal_check", "handler"),
    DECIDE_EXCEPTION: NextStep("exception", "reviewer"),
    FORM_PANEL: NextStep("form_panel", "handler"),
    RECOMMEND: NextStep("recommendation", "reviewer"),
    APPROVE: NextStep("approve", "approver"),
    REJECT: NextStep("reject", "approver"),
}
