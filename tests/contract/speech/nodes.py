"""The nodes of the graph, and what stands in them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """What a function refuses or gives, a body refuses, or a constraint stands for."""

    way: str
    name: str


@dataclass(slots=True)
class Said:
    """Codes that stand in a node, and the nodes from which it takes others."""

    codes: set[str] = field(default_factory=set)
    warned: set[str] = field(default_factory=set)
    after: set[Node] = field(default_factory=set)
