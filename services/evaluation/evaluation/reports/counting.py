"""What a report sets against the plan, counted from what the neighbours told."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.cycles.clients import Gathered
from evaluation.cycles.rules import targets_of
from evaluation.cycles.tables import EvaluationCycle
from evaluation.reports import rules
from evaluation.reports.schemas import Reporting, accounts_of
from evaluation.schemes import queries as schemes
from evaluation.schemes.counting_rules import Period
from evaluation.schemes.rules import Source, scheme_from


async def counted_rows(
    session: AsyncSession, cycle: EvaluationCycle, report: Reporting | None, gathered: Gathered
) -> list[dict[str, Any]]:
    """Count every indicator of the cycle's scheme now, the report's own accounts included."""
    scheme = await schemes.scheme_by_id(session, cycle.scheme_id)
    accounts = accounts_of(report)
    facts = {Source.REGISTRY: gathered.registry, Source.IP_LEDGER: gathered.ip_ledger}
    if report is not None and accounts is not None:
        own = rules.as_fact(str(report.id), cycle.period_until, accounts.model_dump(mode="json"))
        facts[Source.REPORT] = (own,)
    period = Period(cycle.period_from.isoformat(), cycle.period_until.isoformat())
    return rules.target_vs_actual(
        scheme_from(scheme.content), targets_of(gathered.plan), facts, period
    )
