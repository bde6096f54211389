"""The HTTP face of what has to be public and is not yet."""

from typing import Final

from registry.disclosures import queries
from registry.disclosures.rules import DUTIES
from registry.disclosures.schemas import OutstandingDisclosureOut
from shared.disclosures import Outstanding
from shared.http import Page, PageQuery, Reading, Router, Today, access, problems

router = Router(prefix="/v1/registry/disclosures", tags=["public"])

BY_KIND: Final = {duty.kind: duty for duty in DUTIES}


def _shown(one: Outstanding) -> OutstandingDisclosureOut:
    task = queries.TASKS[one.kind]
    return OutstandingDisclosureOut(
        kind=one.kind,
        subject_id=one.subject_id,
        center_id=one.center_id,
        formed_on=one.term.formed_on,
        due_on=one.term.due_on,
        working_days_left=one.term.days_left,
        overdue=one.term.overdue,
        who_acts=BY_KIND[one.kind].who_acts,
        method=task.method,
        path=task.path.replace("{id}", str(one.subject_id)),
    )


@router.get(
    "",
    operation_id="registry_list_disclosures",
    openapi_extra=access("official", tenant="officials: decisions of every centre", rules=("X11",)),
    responses=problems(),
)
async def list_disclosures(
    page: PageQuery, today: Today, session: Reading
) -> Page[OutstandingDisclosureOut]:
    """List what has to be public and is not yet, with who must act and by which working day."""
    rows, cursor = await queries.page_of_outstanding(session, page, today)
    return Page(items=[_shown(row) for row in rows], next_cursor=cursor)
