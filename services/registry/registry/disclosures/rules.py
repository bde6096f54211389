"""Which decisions have to be public, by whom, and by which working day (X11).

What becomes public by itself, as a listing, a catalogue entry or a change of stage does, is no
duty of anybody; only decisions that somebody still has to publish are.
"""

from dataclasses import dataclass
from typing import Final

from shared.disclosures import PUBLICATION
from shared.tasks import TaskKind


@dataclass(frozen=True, slots=True)
class Duty:
    """A decision by its event, the state in which it is not public yet, and who publishes it."""

    kind: str
    formed_by: str
    state: str
    who_acts: str


DUTIES: Final = (
    Duty("application", "application.recommended", "commission_review", "handler"),
    Duty("product", "product.reviewed", "reviewed", "handler"),
    Duty("award", "award.approved", "approved", "handler"),
)
NOTICE_TASK: Final = TaskKind(
    "application.open_notice", "公示拟认定中心", "Open the public notice of an application",
    PUBLICATION, "POST", "/v1/registry/applications/{id}/notice",
)  # fmt: skip
