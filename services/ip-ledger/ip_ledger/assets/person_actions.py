"""A person's name among inventors: corrected or erased, in the one place where it stands."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.assets import inventor_queries as queries
from ip_ledger.assets.tables import InventorPerson
from shared.auth import Actor
from shared.events import record
from shared.http import naming

# What is left of the hash of a report that told an erased name; no hash is empty.
FORGOTTEN: Final = ""


async def name(
    session: AsyncSession, actor: Actor, person_id: UUID, new_name: str | None
) -> InventorPerson:
    """Correct the name of a person of one's own organization, or erase it with None (个保法46、47).

    Lists, rewards and leaves name the person by id alone, and stay as they are; answers that are
    kept for a repeated key do not, and go with the name. So do the hashes of what was reported of
    the person's assets, by which a name could be guessed: reported again with the same reference,
    such an asset is EXTERNAL_ID_MISMATCH. Raises `Refused`: NOT_FOUND.
    """
    # Who reports or changes an asset locks it before the names of its inventors: so does this.
    made = [] if new_name is not None else await queries.assets_made_by(session, person_id)
    person = await queries.person_for_update(session, actor, person_id)
    for asset in made:
        asset.content_sha256 = FORGOTTEN
    person.name = new_name
    if new_name is None:
        await naming.erase_answers(session, person.id)
    else:
        naming.note(session, [person.id])
    # Neither the event nor the trail says, or hashes, a name: a hash could be guessed at.
    what = "inventor.name_erased" if new_name is None else "inventor.name_corrected"
    record(session, actor, what, person.id, inventor_id=person.id)
    await session.flush()
    return person
