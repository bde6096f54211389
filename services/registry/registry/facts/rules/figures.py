"""What facts come to: coverage of the chain, and shares."""

from collections.abc import Mapping
from typing import Final

from registry.facts.rules.vocabulary import ChainStage

ALL_PPM: Final = 1_000_000


def missing_stages(counts: Mapping[ChainStage, int]) -> list[ChainStage]:
    """Name the links of the innovation chain that nothing was done for (A019)."""
    return [stage for stage in ChainStage if not counts.get(stage)]


def share_ppm(part: int, whole: int) -> int | None:
    """Give a share in ppm, rounded down; None of nothing."""
    return None if whole == 0 else part * ALL_PPM // whole
