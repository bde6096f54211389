"""Every hot statement of a year's case says which centre's case it is (decision 0705)."""

import pytest

from tests.evaluation.results.year import JudgedYear
from tests.fixtures.spreading import about_centres, lost, statements

pytestmark = pytest.mark.anyio


async def test_a_case_is_frozen_scored_computed_and_published_by_its_centre(
    year: JudgedYear,
) -> None:
    await year.frozen()
    async with statements(year.service.app.state.database) as noted:
        await year.scored_by_experts()
        steps = [
            ("handler", "POST", "/compute", None),
            ("reviewer", "POST", "/review", {"text": "逐项核对无误"}),
            ("approver", "POST", "/publish", None),
            ("handler", "GET", "/result", None),
            ("auditor", "GET", "/result/document", None),
        ]
        for duty, method, path, body in steps:
            answer = await year.as_(duty, method, path, body)
            assert answer.status_code == 200, (path, answer.text)
    assert len(about_centres("evaluation", noted)) > len(steps)
    assert lost("evaluation", noted) == []
