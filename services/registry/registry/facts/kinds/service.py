"""What a centre does for others, and what it shares."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from registry.facts.kinds.common import (
    FactPayload,
    Hours,
    UsccField,
)
from registry.facts.rules import FactKind
from shared.http.schemas import (
    Code,
    Earning,
    ShortText,
)


class ServicePayload(FactPayload):
    """A service rendered to an organization (A041)."""

    KIND = FactKind.SERVICE
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "client_uscc": "91310113FAKE0011X5",
        "catalog_code": "inspection_testing",
        "amount": {"amount": 3_500_000, "currency": "CNY"},
    }

    client_uscc: UsccField = Field(description="Who was served; size and region are looked up.")
    catalog_code: Literal[
        "commissioned_rd",
        "standard_dev_validation",
        "ip_operation",
        "inspection_testing",
        "certification_metrology",
        "incubation",
        "training",
        "market_info",
        "feasibility_study",
        "project_evaluation",
        "pilot_test",
    ] = Field(description="A code of the table `service-catalog`.")
    amount: Earning = Field(description="What was paid for it.")
    description: ShortText | None = Field(default=None, description="What was done.")


class ResourceUsagePayload(FactPayload):
    """Hours of a shared instrument or facility (A022, A062)."""

    KIND = FactKind.RESOURCE_USAGE
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "resource_id": "R-17",
        "hours": 1200,
        "shared_hours": "300.5",
    }

    resource_id: Code = Field(description="The resource.")
    hours: Hours = Field(description="Hours of use in all.")
    shared_hours: Hours = Field(description="Hours of them that others used.")
    user_uscc: UsccField | None = Field(default=None, description="Who used it.")
