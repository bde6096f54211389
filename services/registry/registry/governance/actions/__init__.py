"""What happens to plans, bodies, votes, records and stages."""

from registry.governance.actions.bodies import BodyTerms, add_seat, end_seat, form_body
from registry.governance.actions.directions import (
    Advice,
    DirectionContent,
    advise,
    close_direction,
    propose_direction,
)
from registry.governance.actions.dossiers import (
    DossierContent,
    return_dossier,
    submit_dossier,
    write_dossier,
)
from registry.governance.actions.holding import Ended, hear_ended
from registry.governance.actions.holding import decide as decide_hold
from registry.governance.actions.holding import examine as examine_hold
from registry.governance.actions.independence import (
    TieContent,
    check_night,
    check_seats,
    end_tie,
    state_tie,
)
from registry.governance.actions.leaving import end_center, end_for, expel_member
from registry.governance.actions.plans import (
    PlanContent,
    TargetContent,
    adopt,
    file_at_listing,
    file_plan,
    revise_plan,
    write_plan,
)
from registry.governance.actions.records import (
    DocumentContent,
    Duty,
    end_document,
    file_document,
    name_theme,
    report_theme,
    set_responsibilities,
)
from registry.governance.actions.rectifying import (
    RecheckFinding,
    hear_rating,
    rating_kind,
    recheck,
)
from registry.governance.actions.rectifying import file_plan as file_rectification_plan
from registry.governance.actions.stages import (
    StageStep,
    StageView,
    change_stage,
    national_gaps,
    next_views,
    recommend,
    stage_view,
)
from registry.governance.actions.voting import Ballot, Holding, Vote, resolve, set_votes

__all__ = [
    "Advice",
    "Ballot",
    "BodyTerms",
    "DirectionContent",
    "DocumentContent",
    "DossierContent",
    "Duty",
    "Ended",
    "Holding",
    "PlanContent",
    "RecheckFinding",
    "StageStep",
    "StageView",
    "TargetContent",
    "TieContent",
    "Vote",
    "add_seat",
    "adopt",
    "advise",
    "change_stage",
    "check_night",
    "check_seats",
    "close_direction",
    "decide_hold",
    "end_center",
    "end_document",
    "end_for",
    "end_seat",
    "end_tie",
    "examine_hold",
    "expel_member",
    "file_at_listing",
    "file_document",
    "file_plan",
    "file_rectification_plan",
    "form_body",
    "hear_ended",
    "hear_rating",
    "name_theme",
    "national_gaps",
    "next_views",
    "propose_direction",
    "rating_kind",
    "recheck",
    "recommend",
    "report_theme",
    "resolve",
    "return_dossier",
    "revise_plan",
    "set_responsibilities",
    "set_votes",
    "stage_view",
    "state_tie",
    "submit_dossier",
    "write_dossier",
    "write_plan",
]
