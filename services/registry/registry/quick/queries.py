"""Centres, organizations and facts as JSON, for the short way of reading.

Who may see what is said by the features' own queries, with the caller's organizations as a value.
Each object has the members of its model in their order: `CenterOut`, `OrganizationOut`,
`PublicCenterOut`, and the facts' own telling. `tests/registry/quick` compares every byte.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    String,
    Uuid,
    cast,
    exists,
    func,
    literal_column,
    text,
)
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased
from sqlmodel import col

from registry.centers import queries as centers
from registry.centers.schemas import CenterOut
from registry.centers.tables import Center
from registry.facts import queries as facts
from registry.facts.queries import FactFilter
from registry.facts.queries.telling import told_facts
from registry.facts.tables import Fact
from registry.memberships.tables import Membership
from registry.organizations import queries as organizations
from registry.organizations.schemas import OrganizationOut
from registry.organizations.tables import Organization, OrganizationEntry
from registry.public import queries as public
from registry.public.schemas import PublicCenterOut
from shared.database.reads import later
from shared.database.telling import listed, told
from shared.http.quick_reads import Form
from shared.http.schemas import Out

ID: Any = later("id", Uuid())
TODAY: Any = later("today", Date())
COMMA: Any = literal_column("','")


def center(form: Form) -> Select[Any]:
    """Select the centre of an id, if the caller may see it."""
    version: Any = col(Center.version).label("version")
    return _centers(form).add_columns(version).where(col(Center.id) == ID)


def center_page(form: Form) -> Select[Any]:
    """Select the centres that the caller may see, as far as asked for."""
    statement = _centers(form)
    for name in ("code", "stage", "lead_sponsor_id", "chain_code"):
        asked = getattr(Center, name)
        if name in form.given:
            statement = statement.where(col(asked) == form.value(name, asked.type))
    return statement


def _centers(form: Form) -> Select[Any]:
    return centers.centers(form.seat).with_only_columns(_as(CenterOut, Center).label("told"))


def organization(_form: Form) -> Select[Any]:
    """Select the organization of an id; one that was followed is the ordinary route's to find."""
    version: Any = col(Organization.version).label("version")
    return _organizations(None).add_columns(version).where(col(Organization.id) == ID)


def organization_page(form: Form) -> Select[Any]:
    """Select organizations, as far as asked for."""
    return _organizations(form.value("org_type", String()))


def _organizations(org_type: Any) -> Select[Any]:  # noqa: ANN401 - stands for a value
    written = _as(OrganizationOut, Organization, stated=_stated())
    living = organizations.organizations(org_type=org_type)
    return living.with_only_columns(written.label("told"))


def _stated() -> ColumnElement[str]:
    """Write what an organization has stated and nobody has decided yet, in order of letters."""
    entry, decision = aliased(OrganizationEntry, name="entry"), aliased(OrganizationEntry)
    keys = func.jsonb_object_keys(col(entry.stated)).table_valued("value")
    name = keys.render_derived(name="stated_name")
    word: Any = cast(func.to_json(name.c.value), String)
    names = func.string_agg(word.distinct(), aggregate_order_by(COMMA, word))
    stated: Any = (
        sa_select(names)
        .select_from(entry)
        .join(name, text("true"))
        .outerjoin(decision, col(decision.decides_id) == col(entry.id))
        .where(col(entry.org_id) == col(Organization.id), col(decision.id).is_(None))
        # As the partial index says it.
        .where(text("entry.stated <> '{}'::jsonb"))
    )
    return listed(stated.scalar_subquery())


def public_center(_form: Form) -> Select[Any]:
    """Select the listed centre of a code."""
    return _public_centers().where(col(Center.code) == later("id", String()))


def public_center_page(form: Form) -> Select[Any]:
    """Select the listed centres, as far as asked for."""
    return public.narrowed(
        _public_centers(),
        public.CenterFilter(
            form.value("stage", String()),
            form.value("model_type", String()),
            form.value("field_code", String()),
        ),
    )


def _public_centers() -> Select[Any]:
    members = public.members_on(TODAY).where(col(Membership.center_id) == col(Center.id))
    member = told({"name": col(Organization.name), "role": col(Membership.role)})
    all_members: Any = members.with_only_columns(
        func.string_agg(member, aggregate_order_by(COMMA, col(Membership.id)))
    )
    shown = listed(all_members.scalar_subquery())
    return public.listed_centers().with_only_columns(
        _as(PublicCenterOut, Center, members=shown).label("told")
    )


def fact(form: Form) -> Select[Any]:
    """Select the fact of an id, if the caller may see it."""
    return told_facts().where(col(Fact.id) == ID, facts.visible_to(form.seat, TODAY))


def fact_page(form: Form) -> Select[Any]:
    """Select the facts that the caller may see, as far as asked for.

    Raises `ValueError` where a member asks for those of all his centres.
    """
    if not form.seat.roles and "center_id" not in form.given:
        raise ValueError("a member's facts of every centre")
    asked = FactFilter(
        form.value("center_id", Uuid()),
        form.value("kind", String()),
        form.value("from", Date()),
        form.value("until", Date()),
    )
    return told_facts().where(facts.visible_to(form.seat, TODAY), *facts.conditions(asked))


def fact_order(form: Form) -> list[Any]:
    """Give the order in which facts are listed: that of their recording, or the other way."""
    keys: list[Any] = [col(Fact.recorded_at), col(Fact.id)]
    return [key.desc() for key in keys] if "sort" in form.given else keys


def fact_center_seen(form: Form) -> ColumnElement[bool] | None:
    """Tell whether the caller may see anything of the centre that is asked for, if one is."""
    if "center_id" not in form.given:
        return None
    center_id = form.value("center_id", Uuid())
    return exists(facts.center_that_is_seen(form.seat, center_id, TODAY))


def _as(model: type[Out], table: Any, **given: ColumnElement[str]) -> ColumnElement[str]:  # noqa: ANN401 - a mapped class
    """Write a row as its model would; what is no column of it is given."""
    return told({name: given.get(name, getattr(table, name, None)) for name in model.model_fields})
