"""Registering a witness, deciding on it, and taking what it cosigned."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.log.notes import WITNESS_KEY, NoteError, Verifier, parts_of, signature_line
from ip_ledger.witnesses import queries, rules
from ip_ledger.witnesses.rules import Event, State
from ip_ledger.witnesses.tables import Witness, WitnessCosignature
from shared.auth import Actor
from shared.clock import Clock
from shared.events import record
from shared.rules import found, require


async def register(session: AsyncSession, actor: Actor, verifier: str) -> Witness:
    """Register the key of the actor's own institution (X07).

    Raises `Refused`: NOT_FOUND, WITNESS_KEY_INVALID or ALREADY_EXISTS.
    """
    org_id = found(actor.org_id)
    try:
        fits = Verifier.read(verifier).kind == WITNESS_KEY
    except NoteError:
        fits = False
    require([rules.key_check(passed=fits)])
    clock: Clock = session.info["clock"]
    witness = Witness(
        org_id=org_id,
        verifier=verifier,
        state=State.PROPOSED,
        registered_by=actor.person_id,
        registered_at=clock.now(),
    )
    session.add(witness)
    record(session, actor, "witness.registered", witness.id, org_id=org_id)
    await session.flush()
    return witness


async def decide(session: AsyncSession, actor: Actor, witness_id: UUID, event: Event) -> Witness:
    """Approve a witness, by another person than registered it, or revoke it.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    witness = await queries.witness_for_update(session, actor, witness_id)
    checks = rules.move_checks(witness.state, event)
    if event is Event.APPROVE:
        checks += rules.approval_checks(witness.registered_by, actor.person_id)
    require(checks)
    before = witness.model_dump()
    witness.state = rules.MOVES[witness.state, event]
    witness.version += 1
    witness.decided_by = actor.person_id
    record(
        session, actor, f"witness.{witness.state.value}", witness.id,
        before=before, after=witness.model_dump(), org_id=witness.org_id,
    )  # fmt: skip
    return witness


async def cosign(session: AsyncSession, actor: Actor, tree_size: int, line: str) -> str:
    """Take a witness's signature over a checkpoint; give the line.

    Two of one witness at once wait for each other, and the smaller tree, or the second, is stale.
    Raises `Refused`: NOT_FOUND, COSIGNATURE_INVALID, COSIGNATURE_STALE or STATE_CONFLICT.
    """
    head = await queries.checkpoint_of(session, tree_size)
    try:
        signed = signature_line(line)
    except NoteError:
        signed = ("", b"")
    witness = await queries.own_witness_for_update(session, actor, signed[0])
    text, _ = parts_of(head.note)
    try:
        signed_at = Verifier.read(witness.verifier).signed_at(text, [signed])
    except NoteError:
        signed_at = None
    last = await queries.last_size(session, witness.id)
    clock: Clock = session.info["clock"]
    # Real time, as of the tree itself: a witness knows nothing of the programme's clock.
    now = Clock().now()
    require(rules.cosignature_checks(witness.state, tree_size, last, signed_at, now))
    session.add(
        WitnessCosignature(
            witness_id=witness.id, tree_size=tree_size, line=line, received_at=clock.now()
        )
    )
    record(
        session, actor, "checkpoint.cosigned", witness.id,
        org_id=witness.org_id, tree_size=tree_size,
    )  # fmt: skip
    return line
