"""What waits for somebody in the gateway itself."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.claims import queries as claims
from gateway.claims.rules import DECIDE
from gateway.duties import queries as duties
from gateway.duties.rules import AGREE
from gateway.referrals import queries as referrals
from gateway.webhooks import queries as webhooks
from shared.auth import Actor
from shared.tasks import MOST_TASKS, Task


async def own_tasks(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name what the gateway's own features wait for."""
    return [
        *await webhooks.tasks_of(session, actor, today),
        *await referrals.tasks_of(session, actor, today),
        *await _desk(session, actor),
    ]


async def _desk(session: AsyncSession, actor: Actor) -> list[Task]:
    """Name the claims that wait for a handler, and the duties that wait for a second admin."""
    tasks: list[Task] = []
    if actor.has("handler"):
        made = await claims.waiting(session, MOST_TASKS)
        tasks += [Task(DECIDE, claim_id) for claim_id in made]
    if actor.has("admin"):
        proposed = await duties.waiting_for(session, actor.person_id, MOST_TASKS)
        tasks += [Task(AGREE, grant_id) for grant_id in proposed]
    return tasks
