"""The laboratory over HTTP. Every session here is a reading one: nothing can be written."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Final
from uuid import UUID

from anyio import to_thread
from fastapi import Path, Query
from sqlmodel import col

from evaluation.cycles import queries as cycles
from evaluation.cycles.tables import EvaluationCase
from evaluation.laboratory import actions, comparison_rules, preview_rules, queries, what_if_rules
from evaluation.laboratory.comparison_rules import Change, SchemeChangeKind
from evaluation.laboratory.schemas import (
    DecisiveSetOut,
    LeafTrialOut,
    SchemeChangeOut,
    SchemeComparisonOut,
    SchemeTrialOut,
    TrialCauseOut,
    TriedChangeOut,
    TriedVerdictOut,
    WhatIfIn,
    WhatIfOut,
)
from evaluation.laboratory.trial_rules import Atom, Trial, Verdict
from evaluation.results.rules import Outcome
from evaluation.robustness.draw_rules import DRAWS
from evaluation.robustness.rules import case_document
from evaluation.robustness.schemas import steadiness
from evaluation.schemes import queries as schemes
from evaluation.schemes.figure_rules import decimal_text, points_text
from evaluation.schemes.rules import FactQuery
from shared.http import (
    CurrentActor,
    Page,
    PageQuery,
    Reading,
    Router,
    Today,
    access,
    paginate,
    problems,
)

cases = Router(prefix="/v1/evaluation/cases", tags=["laboratory"])
drafts = Router(prefix="/v1/evaluation/schemes", tags=["laboratory"])
ROUTERS: Final = (cases, drafts)
OFFICIALS = access("official", tenant="any scheme and cycle", rules=("A130",))
# A page reads that many snapshots whole.
MAX_YEARS: Final = 50
MAX_IDS: Final = 200


@cases.post(
    "/{case_id}/what-if",
    operation_id="evaluation_suppose",
    openapi_extra=access(
        "official", "member", "service",
        tenant="officials see all, a centre's operator and lead theirs once it is published",
        rules=("A126", "A129", "A132"),
    ),
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "WEIGHTS_NOT_100", "SCHEME_INVALID", "VALUE_NEGATIVE",
        "SNAPSHOT_MISSING", "SNAPSHOT_CHANGED", "SHEETS_TOO_FEW", "RESULT_VOID", "RESULT_DIFFERS",
        "LEAF_WAITING", "SHEETS_WAITING", "PANEL_INCOMPLETE", "SHEET_INCOMPLETE",
    ),
)  # fmt: skip
async def what_if(
    case_id: UUID,
    body: WhatIfIn,
    actor: CurrentActor,
    today: Today,
    session: Reading,
    version: Annotated[
        int | None, Query(ge=1, le=10_000, description="An earlier version of the result.")
    ] = None,
) -> WhatIfOut:
    """Compute a case under other weights or targets, leaf by leaf beside its result.

    It keeps nothing.
    """
    found = await actions.what_if(session, actor, case_id, body.supposition(), version, today)
    before, after = found.before.document, found.after.document
    steady = None
    if actor.is_official:
        row = await to_thread.run_sync(case_document, found.stance, DRAWS)
        steady = steadiness(row)
    return WhatIfOut.model_validate(
        {
            "case_id": found.case.id,
            "version": found.version,
            "unchanged": found.before.result_hash == found.after.result_hash,
            "total_change": what_if_rules.total_change(before, after),
            "before": _whole(found.before),
            "after": _whole(found.after),
            "leaves": what_if_rules.differences(before, after),
            "steadiness": steady,
        }
    )


def _whole(outcome: Outcome) -> dict[str, Any]:
    return {**outcome.document, "result_hash": outcome.result_hash}


@drafts.get(
    "/{scheme_id}/leaves/{code}/preview",
    operation_id="evaluation_preview_leaf",
    openapi_extra=OFFICIALS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "CURSOR_MISMATCH"),
)
async def preview_leaf(
    scheme_id: UUID,
    code: Annotated[str, Path(pattern="^[A-E][0-9]{1,2}$", description="The indicator.")],
    cycle_id: Annotated[UUID, Query(description="The past cycle whose frozen facts are read.")],
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
) -> Page[LeafTrialOut]:
    """Run the query of a leaf, of a draft too, over the frozen facts of a past cycle."""
    query = await actions.query_of(session, actor, scheme_id, code)
    cycle = await cycles.cycle(session, cycle_id)
    rows, next_cursor = await paginate(
        session,
        queries.frozen_page(cycle.id),
        replace(page, limit=min(page.limit, MAX_YEARS)),
        [col(EvaluationCase.id)],
        {"cycle_id": cycle_id},
    )
    return Page(items=await to_thread.run_sync(_tried, query, rows), next_cursor=next_cursor)


def _tried(query: FactQuery, rows: Sequence[Any]) -> list[LeafTrialOut]:
    found = []
    for case, snapshot, center in rows:
        told = preview_rules.tried(query, snapshot.content)
        above, below = (None, None) if told.parts is None else map(decimal_text, told.parts)
        found.append(
            LeafTrialOut(
                case_id=case.id,
                center_id=center.id,
                center_code=center.code,
                snapshot_hash=snapshot.hash,
                value=None if told.value is None else decimal_text(told.value),
                numerator=above,
                denominator=below,
                counted=len(told.sifted.counted),
                counted_ids=list(told.sifted.counted[:MAX_IDS]),
                left_out=len(told.sifted.left_out),
                left_out_ids=list(told.sifted.left_out[:MAX_IDS]),
                unreadable=len(told.sifted.unreadable),
                unreadable_ids=list(told.sifted.unreadable[:MAX_IDS]),
            )
        )
    return found


@drafts.get(
    "/{scheme_id}/comparison",
    operation_id="evaluation_compare_schemes",
    openapi_extra=access(
        "official", "member", "expert", "agency", "service",
        tenant="drafts are the officials' only", rules=("A130",),
    ),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)  # fmt: skip
async def compare(
    scheme_id: UUID,
    other_id: Annotated[UUID, Query(description="The version that comes after it.")],
    actor: CurrentActor,
    session: Reading,
) -> SchemeComparisonOut:
    """Tell what another version of a scheme has other than this one, change by change."""
    before = await schemes.scheme(session, actor, scheme_id)
    after = await schemes.scheme(session, actor, other_id)
    found = comparison_rules.changes(before.content, after.content)
    return SchemeComparisonOut(
        before_id=before.id,
        after_id=after.id,
        before_hash=before.content_hash,
        after_hash=after.content_hash,
        same=before.content_hash == after.content_hash,
        changes=[_change(one) for one in found],
    )


def _change(change: Change) -> SchemeChangeOut:
    if change.kind is SchemeChangeKind.QUERY:
        return SchemeChangeOut(
            kind=change.kind, code=change.code, field=change.field, before=None, after=None,
            query_before=change.before, query_after=change.after,
        )  # fmt: skip
    before, after = (_text(value) for value in (change.before, change.after))
    return SchemeChangeOut(
        kind=change.kind, code=change.code, field=change.field, before=before, after=after
    )


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


@drafts.get(
    "/{scheme_id}/trial",
    operation_id="evaluation_try_scheme",
    openapi_extra=OFFICIALS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "CURSOR_MISMATCH", "SNAPSHOT_CHANGED"),
)
async def try_scheme(
    scheme_id: UUID,
    cycle_id: Annotated[UUID, Query(description="The past cycle whose cases are judged anew.")],
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
) -> Page[SchemeTrialOut]:
    """Judge the cases of a past cycle by a draft: who is rated otherwise, and which change does it.

    Where only several changes together do it, the smallest sets of them are named. It keeps
    nothing.
    """
    rows, next_cursor = await paginate(
        session,
        queries.judged_page(actor, cycle_id),
        replace(page, limit=min(page.limit, MAX_YEARS)),
        [col(EvaluationCase.id)],
        {"cycle_id": cycle_id},
    )
    trials = await actions.trials(session, actor, scheme_id, cycle_id, rows)
    return Page(items=await to_thread.run_sync(_trials, rows, trials), next_cursor=next_cursor)


def _trials(rows: Sequence[Any], trials: Sequence[Trial]) -> list[SchemeTrialOut]:
    found = []
    for (case, _, _, _, center), trial in zip(rows, trials, strict=True):
        before, after = trial.before, trial.after
        causes = [
            TrialCauseOut(
                kind=one.atom.kind,
                code=one.atom.code,
                decisive=one.does_it(before.rating, after.rating),
                alone=_verdict(one.alone),
                without=_verdict(one.without),
            )
            for one in trial.causes()
        ]
        found.append(
            SchemeTrialOut(
                case_id=case.id,
                center_id=center.id,
                center_code=center.code,
                before=_verdict(before),
                after=_verdict(after),
                changes_rating=before.rating is not after.rating,
                unscored=trial.unscored,
                causes=sorted(causes, key=lambda one: not one.decisive),
                decisive_sets=[_decisive(trial, one) for one in trial.decisive.sets],
                decisive_sets_to=trial.decisive.searched_to,
                decisive_sets_cut=trial.decisive.cut,
            )
        )
    return found


def _decisive(trial: Trial, chosen: frozenset[Atom]) -> DecisiveSetOut:
    return DecisiveSetOut(
        changes=[
            TriedChangeOut(kind=one.kind, code=one.code) for one in trial.atoms if one in chosen
        ],
        verdict=_verdict(trial.under(chosen)),
    )


def _verdict(verdict: Verdict) -> TriedVerdictOut:
    return TriedVerdictOut(total=points_text(verdict.total), rating=verdict.rating)
