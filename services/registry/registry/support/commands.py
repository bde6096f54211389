"""What is wanted of support."""

from collections.abc import Sequence
from dataclasses import dataclass

from registry.support.rules import Mixed


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A plan as its writer wants it: the case, what went before, the mix of policies."""

    case_text: str
    precedent: str
    policy_mix: Sequence[Mixed]
