"""The HTTP face of results that have to be public and are not yet."""

from typing import cast
from uuid import UUID

from evaluation.disclosures import queries
from evaluation.disclosures.rules import BY_KIND
from evaluation.disclosures.schemas import UnpublishedResultOut
from shared.disclosures import Outstanding
from shared.http import Page, PageQuery, Reading, Router, Today, access, problems

router = Router(prefix="/v1/evaluation/disclosures", tags=["results"])


def _shown(one: Outstanding) -> UnpublishedResultOut:
    duty = BY_KIND[one.kind]
    return UnpublishedResultOut(
        kind=one.kind,
        subject_id=one.subject_id,
        center_id=cast("UUID", one.center_id),  # A case and an assessment have one.
        formed_on=one.term.formed_on,
        due_on=one.term.due_on,
        working_days_left=one.term.days_left,
        overdue=one.term.overdue,
        who_acts=duty.who_acts,
        method=duty.task.method,
        path=duty.task.path.replace("{id}", str(one.subject_id)),
    )


@router.get(
    "",
    operation_id="evaluation_list_disclosures",
    openapi_extra=access("official", tenant="officials: results of every centre", rules=("X11",)),
    responses=problems(),
)
async def list_disclosures(
    page: PageQuery, today: Today, session: Reading
) -> Page[UnpublishedResultOut]:
    """List what has to be public and is not yet, with who must act and by which working day."""
    rows, cursor = await queries.page_of_outstanding(session, page, today)
    return Page(items=[_shown(row) for row in rows], next_cursor=cursor)
