"""Versions of the policy: what anyone may read, and how two officials change it."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response
from sqlmodel import col

from registry.programme import actions, policy_rules, queries
from registry.programme.actions.policies import PolicyDraft
from registry.programme.rules import PolicyState
from registry.programme.schemas import (
    DifferenceOut,
    PolicyBody,
    PolicyComparisonOut,
    PolicyDraftIn,
    PolicyPatchIn,
    PolicyVersionOut,
    RuleListOut,
    RuleOut,
)
from registry.programme.tables import PolicyVersion
from shared.http import (
    CurrentActor,
    IfMatch,
    Page,
    PageQuery,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)
from shared.http.schemas import Day

PUBLIC = "everyone sees the same"
CACHE = "public, max-age=60"

policies = Router(prefix="/v1/registry/policy-versions", tags=["programme"])
rules = Router(prefix="/v1/registry/rules", tags=["programme"])

Version = Annotated[
    str, Path(max_length=64, description="A policy version, by its name or its id.")
]


@policies.get(
    "",
    operation_id="registry_list_policy_versions",
    openapi_extra=access(tenant=PUBLIC, rules=("A001",)),
    responses=problems(),
)
async def list_policy_versions(
    page: PageQuery,
    response: Response,
    session: Reading,
    state: Annotated[PolicyState, Query(description="In this state.")] = PolicyState.IN_FORCE,
) -> Page[PolicyVersionOut]:
    """List the versions of the programme's policy, oldest first, with what rules read of them."""
    response.headers["Cache-Control"] = CACHE
    rows, cursor = await paginate(
        session,
        queries.policy_versions(state),
        page,
        keys=[col(PolicyVersion.effective_from), col(PolicyVersion.id)],
        filters={"state": state},
    )
    return Page(items=[PolicyVersionOut.model_validate(row) for row in rows], next_cursor=cursor)


@policies.get(
    "/{policy_id}",
    operation_id="registry_read_policy_version",
    openapi_extra=access(tenant=PUBLIC, rules=("A001",)),
    responses=problems("NOT_FOUND"),
)
async def read_policy_version(
    policy_id: Version, response: Response, session: Reading
) -> PolicyVersionOut:
    """Read a version with the clause and the thresholds of each row."""
    response.headers["Cache-Control"] = CACHE
    return PolicyVersionOut.model_validate(await queries.policy_version(session, policy_id))


@policies.get(
    "/{policy_id}/comparison",
    operation_id="registry_compare_policy_versions",
    openapi_extra=access(tenant=PUBLIC, rules=("A001", "A013")),
    responses=problems("NOT_FOUND"),
)
async def compare(
    policy_id: Version,
    session: Reading,
    before: Annotated[str, Query(max_length=64, description="The version to compare with.")],
) -> PolicyComparisonOut:
    """Tell in which clauses and thresholds a version differs from another one."""
    old = await queries.policy_version(session, before)
    new = await queries.policy_version(session, policy_id)
    found = policy_rules.differences((old.parameters, old.clauses), (new.parameters, new.clauses))
    return PolicyComparisonOut(
        before=old.version,
        after=new.version,
        items=[DifferenceOut.model_validate(one) for one in found],
    )


@policies.post(
    "",
    status_code=201,
    operation_id="registry_draft_policy_version",
    openapi_extra=access("handler", tenant="officials", rules=("A001", "A100")),
    responses=problems(
        "FORBIDDEN_SCOPE",
        "ALREADY_EXISTS",
        "PARAMETER_UNFIT",
        "NOT_FOUND",
        "PARAMETER_NOT_OF_RULES",
        "STATE_CONFLICT",
    ),
)
async def draft(
    body: PolicyDraftIn, actor: CurrentActor, response: Response, session: Transaction
) -> PolicyVersionOut:
    """Draft a version upon a known one; it judges nothing before it is approved."""
    version = await actions.draft_policy(
        session, actor, body.version, body.based_on, _draft_of(body)
    )
    tagged(response, version.revision)
    return PolicyVersionOut.model_validate(version)


@policies.put(
    "/{policy_id}",
    operation_id="registry_edit_policy_version",
    openapi_extra=access("handler", tenant="officials", rules=("A001", "X06")),
    responses=problems(
        "NOT_FOUND",
        "VERSION_CONFLICT",
        "STATE_CONFLICT",
        "PARAMETER_UNFIT",
        "PARAMETER_NOT_OF_RULES",
    ),
)
async def edit(
    policy_id: UUID,
    body: PolicyPatchIn,
    actor: CurrentActor,
    revision: IfMatch,
    response: Response,
    session: Transaction,
) -> PolicyVersionOut:
    """Change a draft; thresholds that are not named stay."""
    version = await actions.edit_policy(session, actor, policy_id, _draft_of(body), revision)
    tagged(response, version.revision)
    return PolicyVersionOut.model_validate(version)


@policies.post(
    "/{policy_id}/propose",
    operation_id="registry_propose_policy_version",
    openapi_extra=access("handler", tenant="officials", rules=("A001",)),
    responses=problems("NOT_FOUND", "STATE_CONFLICT", "EFFECTIVE_TOO_EARLY"),
)
async def propose(
    policy_id: UUID, actor: CurrentActor, today: Today, session: Transaction
) -> PolicyVersionOut:
    """Put a draft forward for approval."""
    return PolicyVersionOut.model_validate(
        await actions.propose_policy(session, actor, policy_id, today)
    )


@policies.post(
    "/{policy_id}/approve",
    operation_id="registry_approve_policy_version",
    openapi_extra=access("approver", tenant="officials", rules=("A001", "A013", "X03")),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT", "EFFECTIVE_TOO_EARLY"),
)
async def approve(
    policy_id: UUID, actor: CurrentActor, today: Today, session: Transaction
) -> PolicyVersionOut:
    """Let a version come into force on its day; whoever wrote or proposed it cannot."""
    return PolicyVersionOut.model_validate(
        await actions.approve_policy(session, actor, policy_id, today)
    )


@policies.post(
    "/{policy_id}/return",
    operation_id="registry_return_policy_version",
    openapi_extra=access("approver", "handler", tenant="officials", rules=("A001",)),
    responses=problems("NOT_FOUND", "STATE_CONFLICT"),
)
async def give_back(policy_id: UUID, actor: CurrentActor, session: Transaction) -> PolicyVersionOut:
    """Give a proposal back for changes."""
    return PolicyVersionOut.model_validate(await actions.return_policy(session, actor, policy_id))


@policies.post(
    "/{policy_id}/withdraw",
    operation_id="registry_withdraw_policy_version",
    openapi_extra=access("handler", tenant="officials", rules=("A001",)),
    responses=problems("NOT_FOUND", "STATE_CONFLICT"),
)
async def withdraw(policy_id: UUID, actor: CurrentActor, session: Transaction) -> PolicyVersionOut:
    """Give a draft or a proposal up."""
    return PolicyVersionOut.model_validate(await actions.withdraw_policy(session, actor, policy_id))


@rules.get(
    "",
    operation_id="registry_list_rules",
    openapi_extra=access(tenant=PUBLIC, rules=("A002",)),
    responses=problems("NOT_FOUND"),
)
async def list_rules(
    response: Response,
    session: Reading,
    today: Today,
    on: Annotated[Day | None, Query(description="The day that matters; today by default.")] = None,
    legal_basis: Annotated[
        str | None, Query(max_length=64, description="Only rows that rest on this act.")
    ] = None,
) -> RuleListOut:
    """Follow each requirement row to its clause, its thresholds and the acts behind it."""
    response.headers["Cache-Control"] = CACHE
    version = await queries.policy_version_on(session, on or today)
    found = policy_rules.grounded(version.clauses, version.parameters, version.legal_bases)
    return RuleListOut(
        items=[
            RuleOut(policy_version=version.version, **row)
            for row in found
            if legal_basis is None or legal_basis in row["legal_bases"]
        ]
    )


def _draft_of(body: PolicyBody) -> PolicyDraft:
    return PolicyDraft(
        title_zh=body.title_zh,
        title_en=body.title_en,
        doc_no=body.doc_no,
        effective_from=body.effective_from,
        reason=body.reason,
        changes=body.changes,
    )
