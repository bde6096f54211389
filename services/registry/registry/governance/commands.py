"""Reads bodies of requests into what actions take."""

from decimal import Decimal

from registry.governance.actions import PlanContent, TargetContent
from registry.governance.schemas import PlanIn, PlanPartIn


def plan_content(body: PlanIn) -> PlanContent:
    """Read a plan; a part given as a bare number has no text yet."""
    parts = {
        part.part: part.text
        for part in (
            item if isinstance(item, PlanPartIn) else PlanPartIn(part=item) for item in body.parts
        )
    }
    return PlanContent(
        horizon_years=body.horizon_years,
        parts=[{"part": number, "text": parts[number]} for number in sorted(parts)],
        targets=[
            TargetContent(
                part=target.part,
                metric_code=target.metric_code,
                unit=target.unit,
                year=target.year,
                value=Decimal(target.value),
            )
            for target in body.targets
        ],
    )
