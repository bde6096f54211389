"""A case to lead through the registry."""

import pytest

from tests.fixtures.service import RunningService
from tests.fixtures.walks import Walks
from tests.registry.applications.cases import Case


@pytest.fixture
async def case(registry: RunningService, walks: Walks) -> Case:
    """Organizations entered, nothing drafted, no word from the neighbours yet."""
    case = Case(registry, walks, await walks.known(registry, "registry"))
    await case.enter_organizations()
    case.no_agreement()
    case.no_evaluation()
    return case
