"""Computing again, and giving others what they need for it. Nothing is written here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.cycles.tables import EvaluationCase
from evaluation.panels import queries as panels
from evaluation.results import amending_queries as amending
from evaluation.results import queries as results
from evaluation.results import replay_rules, rules
from evaluation.results.leaf_rules import Amendment, Inputs, Sheet, means_of
from evaluation.results.schemas import document_of
from evaluation.results.tables import EvaluationResult, FactSnapshot
from evaluation.schemes import queries as schemes
from evaluation.schemes.tables import IndicatorScheme
from shared.auth import Actor
from shared.rules import found, require


@dataclass(frozen=True, slots=True)
class Stored:
    """A kept result with everything that it was computed from."""

    case: EvaluationCase
    result: EvaluationResult
    snapshot: FactSnapshot
    scheme: IndicatorScheme
    sheets: Sequence[Sheet]
    document: dict[str, Any]
    # What counted for leaves that had been reopened when it was computed, oldest first.
    contents: Sequence[bytes]

    def inputs(self) -> Inputs:
        """Give the inputs as they stood, weights and trimming included."""
        inputs = replay_rules.inputs_of(
            self.snapshot.content,
            self.snapshot.hash,
            self.scheme.content,
            self.document,
            self.sheets,
        )
        return replace(inputs, amendments=amending.amendments(self.contents))

    def amended(self) -> list[tuple[Amendment, bytes]]:
        """Give what counted for reopened leaves, read and as it is kept."""
        return list(zip(amending.amendments(self.contents), self.contents, strict=True))


async def stored(session: AsyncSession, actor: Actor, case_id: UUID, version: int | None) -> Stored:
    """Load a result that the actor may see, and what it rests on.

    Raises `Refused`: NOT_FOUND, RESULT_VOID, or SNAPSHOT_CHANGED where the stored facts were
    touched.
    """
    case, result = await results.result(session, actor, case_id, version)
    document = document_of(result.document)
    require(replay_rules.computed_checks(document))
    snapshot = await results.snapshot_by_id(session, result.snapshot_id)
    require(rules.integrity_checks(snapshot.hash, rules.content_hash(snapshot.content)))
    kept = found(await amending.kept_inputs(session, result))
    return Stored(
        case=case,
        result=result,
        snapshot=snapshot,
        scheme=await schemes.scheme_by_id(session, case.scheme_id),
        sheets=kept.sheets,
        document=document,
        contents=await amending.contents_behind(session, result, kept),
    )


async def recompute(
    session: AsyncSession, actor: Actor, case_id: UUID, version: int | None
) -> tuple[Stored, rules.Outcome]:
    """Compute a kept result again from its stored inputs (X13).

    Raises `Refused`: RESULT_DIFFERS when another hash comes out, and as `stored`.
    """
    kept = await stored(session, actor, case_id, version)
    outcome = rules.compute(kept.inputs())
    require(replay_rules.same_checks(kept.result.result_hash, outcome.result_hash))
    return kept, outcome


async def bundle(
    session: AsyncSession, actor: Actor, case_id: UUID, version: int | None
) -> dict[str, Any]:
    """Give the replay bundle of a result: sheets for officials, exact means for the centre.

    An expert who is an official, too, gets the means as the centre does.

    Raises `Refused` as `stored`.
    """
    kept = await stored(session, actor, case_id, version)
    seen = actor.has("official", "service") and not await panels.sits(session, actor, case_id)
    return replay_rules.bundle(
        case={
            "case_id": str(kept.case.id),
            "center_id": str(kept.case.center_id),
            "year": kept.case.year,
            "version": kept.result.version,
        },
        scheme=kept.scheme.content,
        snapshot=kept.snapshot.content,
        document=kept.document,
        # Nobody but officials sees a sheet, with or without its name.
        sheets=replay_rules.sheet_rows(kept.sheets) if seen else None,
        means=means_of(kept.inputs()),
        amendments=[(sorted(one.codes), content) for one, content in kept.amended()],
    )
