"""Schemes and weight profiles over HTTP."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response
from sqlmodel import col

from evaluation.schemes import actions, queries
from evaluation.schemes.rules import SchemeState
from evaluation.schemes.schemas import (
    IndicatorSchemeIn,
    IndicatorSchemeItemOut,
    IndicatorSchemeOut,
    WeightProfileIn,
    WeightProfileOut,
)
from evaluation.schemes.tables import IndicatorScheme, WeightProfile
from shared.http import (
    CurrentActor,
    IfMatch,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)
from shared.http.schemas import Code

router = Router(prefix="/v1/evaluation/schemes", tags=["schemes"])
profiles = Router(prefix="/v1/evaluation/weight-profiles", tags=["schemes"])
ROUTERS: Final = (router, profiles)
READERS = access(
    "official", "member", "expert", "agency", "service", tenant="drafts are the officials' only"
)
KEEPERS = access("handler", tenant="any scheme", rules=("A126", "A127", "A130"))
WEIGHERS = access("handler", tenant="any profile", rules=("A132",))


@router.get(
    "",
    operation_id="evaluation_list_schemes",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "CURSOR_MISMATCH"),
)
async def list_schemes(
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    state: Annotated[SchemeState | None, Query(description="Drafts or frozen ones.")] = None,
    code: Annotated[Code | None, Query(description="The versions of one scheme.")] = None,
) -> Page[IndicatorSchemeItemOut]:
    """List schemes, newest first."""
    statement = queries.schemes_page(actor, state, code)
    filters = {"state": state, "code": code}
    rows, next_cursor = await paginate(
        session, statement, page, [col(IndicatorScheme.id).desc()], filters
    )
    items = [IndicatorSchemeItemOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@router.post(
    "",
    operation_id="evaluation_create_scheme",
    status_code=201,
    openapi_extra=KEEPERS,
    responses=problems("FORBIDDEN_SCOPE", "WEIGHTS_NOT_100", "SCHEME_INVALID"),
)
async def create(
    body: IndicatorSchemeIn, actor: CurrentActor, now: Now, response: Response, session: Transaction
) -> IndicatorSchemeOut:
    """Store the next version of a scheme as a draft."""
    return _shown(await actions.create(session, actor, body, now), response)


@router.get(
    "/{scheme_id}",
    operation_id="evaluation_get_scheme",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_scheme(
    scheme_id: UUID, actor: CurrentActor, response: Response, session: Reading
) -> IndicatorSchemeOut:
    """Show a scheme with every indicator and its query."""
    return _shown(await queries.scheme(session, actor, scheme_id), response)


@router.put(
    "/{scheme_id}",
    operation_id="evaluation_replace_scheme",
    openapi_extra=KEEPERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "VERSION_CONFLICT", "SCHEME_FROZEN", "WEIGHTS_NOT_100",
        "SCHEME_INVALID",
    ),
)  # fmt: skip
async def replace(
    scheme_id: UUID,
    body: IndicatorSchemeIn,
    actor: CurrentActor,
    version: IfMatch,
    response: Response,
    session: Transaction,
) -> IndicatorSchemeOut:
    """Replace a draft; a scheme that a cycle opened with is frozen."""
    return _shown(await actions.replace(session, actor, scheme_id, body, version), response)


@profiles.get(
    "",
    operation_id="evaluation_list_weight_profiles",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "CURSOR_MISMATCH"),
)
async def list_profiles(page: PageQuery, session: Reading) -> Page[WeightProfileOut]:
    """List weight profiles."""
    rows, next_cursor = await paginate(
        session, queries.profiles_page(), page, [col(WeightProfile.id)]
    )
    items = [WeightProfileOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@profiles.post(
    "",
    operation_id="evaluation_create_weight_profile",
    status_code=201,
    openapi_extra=WEIGHERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "WEIGHTS_NOT_100", "ALREADY_EXISTS", "SCHEME_INVALID", "VALUE_NEGATIVE"
    ),
)
async def create_profile(
    body: WeightProfileIn, actor: CurrentActor, now: Now, response: Response, session: Transaction
) -> WeightProfileOut:
    """Store a weight profile, whose weights make exactly 100."""
    return _profile(await actions.create_profile(session, actor, body, now), response)


@profiles.get(
    "/{profile_id}",
    operation_id="evaluation_get_weight_profile",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_profile(profile_id: UUID, response: Response, session: Reading) -> WeightProfileOut:
    """Show a weight profile."""
    return _profile(await queries.profile(session, profile_id), response)


@profiles.put(
    "/{profile_id}",
    operation_id="evaluation_replace_weight_profile",
    openapi_extra=WEIGHERS,
    responses=problems(
        "FORBIDDEN_SCOPE",
        "NOT_FOUND",
        "VERSION_CONFLICT",
        "SCHEME_FROZEN",
        "WEIGHTS_NOT_100",
        "SCHEME_INVALID",
        "VALUE_NEGATIVE",
    ),
)
async def replace_profile(
    profile_id: UUID,
    body: WeightProfileIn,
    actor: CurrentActor,
    version: IfMatch,
    response: Response,
    session: Transaction,
) -> WeightProfileOut:
    """Replace a profile; one that a cycle opened with is locked."""
    return _profile(
        await actions.replace_profile(session, actor, profile_id, body, version), response
    )


def _shown(scheme: IndicatorScheme, response: Response) -> IndicatorSchemeOut:
    tagged(response, scheme.version)
    return IndicatorSchemeOut.model_validate({**scheme.model_dump(), **scheme.content})


def _profile(profile: WeightProfile, response: Response) -> WeightProfileOut:
    tagged(response, profile.version)
    return WeightProfileOut.model_validate(profile)
