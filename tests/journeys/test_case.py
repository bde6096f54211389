"""The whole case, as `make demo` tells it: application, listing, rating, payout, proof."""

from pathlib import Path

import pytest

from tests.fixtures.stack import World
from zhichuang.demo.case import Case


@pytest.mark.requirement("A117", "A122", "A132")
def test_one_case_goes_from_its_application_to_a_proven_payout(
    world: World, tmp_path: Path
) -> None:
    lines: list[str] = []
    case = Case(world.caller, lines.append, world.url, world.credentials)
    case.made["folder"] = str(tmp_path)
    case.tell()
    told = "\n".join(lines)
    assert "82.98, good" in told
    assert "432,830.19 / 378,726.41 / 270,518.87" in told
    assert "one flipped byte in a receipt is refused" in told
