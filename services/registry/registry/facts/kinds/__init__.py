"""The payload of each kind of fact: one class per kind, and its row in the code table."""

from typing import Final

from registry.facts.kinds.common import FactPayload
from registry.facts.kinds.international import (
    CooperationEventPayload,
    InternationalNodePayload,
    InternationalProgressPayload,
    InternationalProjectPayload,
    OverseasAcquisitionPayload,
)
from registry.facts.kinds.operations import (
    BusinessModelPayload,
    IntelligenceReportPayload,
    LessonPayload,
    OperatingActivityPayload,
    SitePayload,
)
from registry.facts.kinds.service import ResourceUsagePayload, ServicePayload
from registry.facts.kinds.talent import (
    JointTrainingPayload,
    TalentEventPayload,
    TalentPayload,
    TalentTeamPayload,
    TrainingPayload,
)
from registry.facts.kinds.technology import (
    BenchmarkPayload,
    BreakthroughPayload,
    ProjectPayload,
    StandardPayload,
    TechnologyStagePayload,
)
from registry.facts.kinds.transfer import (
    AdoptionPayload,
    DiffusionPayload,
    FirstCommercializationPayload,
    IncentivePayload,
    IncubationPayload,
    SeedFinancingPayload,
)

PAYLOADS: Final[tuple[type[FactPayload], ...]] = (
    ServicePayload,
    IncubationPayload,
    SeedFinancingPayload,
    FirstCommercializationPayload,
    BreakthroughPayload,
    ProjectPayload,
    DiffusionPayload,
    AdoptionPayload,
    StandardPayload,
    ResourceUsagePayload,
    TalentPayload,
    TrainingPayload,
    IncentivePayload,
    InternationalProjectPayload,
    InternationalNodePayload,
    TechnologyStagePayload,
    BenchmarkPayload,
    SitePayload,
    CooperationEventPayload,
    BusinessModelPayload,
    OperatingActivityPayload,
    TalentEventPayload,
    TalentTeamPayload,
    JointTrainingPayload,
    LessonPayload,
    IntelligenceReportPayload,
    InternationalProgressPayload,
    OverseasAcquisitionPayload,
)

__all__ = ["PAYLOADS", "FactPayload", "ServicePayload"]
