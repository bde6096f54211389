"""Which centres the public sees."""

from typing import Final

from registry.centers.rules import Stage

# A candidate is nobody's business yet; what was listed once stays to be seen with its end.
HIDDEN_STAGES: Final = frozenset({Stage.CANDIDATE})
EVERYTHING: Final = "everyone sees the same: no finances, no scores, no drafts"
