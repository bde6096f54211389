"""The functions read so far, as one graph, and who says what in it."""

import typing
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from tests.contract.speech.names import Bound, Function, is_ours, name_of, tree_of, unwrapped
from tests.contract.speech.nodes import Node, Said
from tests.contract.speech.reading import Reading


class House:
    """The functions read so far, as one graph.

    Read narrowly it says what is surely judged: what a function is handed comes out of it only if
    it takes checks. Read broadly it says what can come out at most.
    """

    def __init__(
        self,
        *,
        broad: bool = False,
        handed_to: Mapping[str, Iterable[object]] | None = None,
        never: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        """Read nothing yet.

        `handed_to` names who answers in a function's place, by a queue; `never`, which codes a
        function cannot bring about, though it asks what could.
        """
        self.broad = broad
        self._handed_to = handed_to or {}
        self._never = never or {}
        self.nodes: dict[Node, Said] = {}
        self._known: dict[tuple[int, Bound], object] = {}
        self._unread: list[tuple[object, Bound]] = []

    def refusals(
        self, starts: Iterable[object], bodies: Iterable[Any] = ()
    ) -> dict[str, list[str]]:
        """Give every code with which functions and bodies can refuse, each with a way to it."""
        nodes = [Node("refuses", self.enter(one)) for one in starts]
        return self._said_from([*nodes, *(self.body(one) for one in bodies)])

    def said_by(self, thing: object) -> set[str]:
        """Give every code that a function refuses with, or that stands in the checks it gives."""
        name = self.enter(thing)
        return set(self._said_from([Node(way, name) for way in ("refuses", "gives")]))

    def _said_from(self, starts: list[Node]) -> dict[str, list[str]]:
        order, before = self._walk(starts)
        found: dict[str, list[str]] = {}
        for node in order:
            codes = {code: [node.name] for code in self.nodes[node].codes}
            if node not in starts and node.name in self._never:
                codes = self._said_from([node])
                for code in self._never[node.name]:
                    codes.pop(code, None)
            for code, rest in codes.items():
                if code not in found:
                    way, here = [], node
                    while here in before:
                        here = before[here]
                        way.append(here.name)
                    found[code] = list(dict.fromkeys([*way[::-1], *rest]))
        return found

    def warnings(self, starts: Iterable[object]) -> set[str]:
        """Give the codes that stand in answers of functions as warnings."""
        nodes = [Node(way, self.enter(one)) for one in starts for way in ("refuses", "gives")]
        return {code for node in self._walk(nodes)[0] for code in self.nodes[node].warned}

    def _walk(self, starts: list[Node]) -> tuple[list[Node], dict[Node, Node]]:
        """Go through everything that the nodes take codes from, the nearest first."""
        self._read()
        waiting, order, before = deque(starts), [], {}
        seen = set(starts)
        while waiting:
            node = waiting.popleft()
            order.append(node)
            if node not in starts and node.name in self._never:
                continue
            for other in sorted(self.said(node.way, node.name).after):
                # The database refuses what two wrote at once; a check has spoken before, if it can.
                if other not in seen and (self.broad or other.way != "constraint"):
                    seen.add(other)
                    before[other] = node
                    waiting.append(other)
        return order, before

    def said(self, way: str, name: str) -> Said:
        """Give a node, made empty where there is none."""
        return self.nodes.setdefault(Node(way, name), Said())

    def enter(self, thing: object, bound: Bound = ()) -> str:
        """Name a function or class, to be read once, before the graph is walked.

        A function that is told by a word what to do is read anew for each word.
        """
        thing = unwrapped(thing)
        if (id(thing), bound) not in self._known:
            self._known[id(thing), bound] = thing
            self._unread.append((thing, bound))
        return name_of(thing, bound)

    def _read(self) -> None:
        while self._unread:
            thing, bound = self._unread.pop()
            if isinstance(thing, type):
                self._enter_class(thing, name_of(thing))
            elif isinstance(thing, Function):
                tree = tree_of(thing)
                if tree is not None:
                    Reading(self, thing, tree, bound).read()
                for other in self._handed_to.get(name_of(thing), ()):
                    for way in ("refuses", "gives"):
                        node = Node(way, self.enter(other))
                        self.said("refuses", name_of(thing, bound)).after.add(node)

    def _enter_class(self, kind: type, name: str) -> None:
        """Making one runs what it does itself; a model that we make has no caller to tell."""
        made = self.said("refuses", name)
        for attribute in ("__init__", "__post_init__", "__call__"):
            function = unwrapped(getattr(kind, attribute, None))
            if isinstance(function, Function) and is_ours(function):
                made.after.add(Node("refuses", self.enter(function)))

    def body(self, kind: Any) -> Node:
        """Read what the type of a body refuses by its own validators, its parts' included."""
        node = Node("body", str(kind))
        if node not in self.nodes:
            said = self.nodes[node] = Said()
            self.follow_type(said, kind)
            for part in getattr(kind, "__mro__", ()):
                for value in list(vars(part).values()) if is_ours(part) else ():
                    function = unwrapped(getattr(value, "wrapped", value))
                    if hasattr(value, "decorator_info") and isinstance(function, Function):
                        said.after.add(Node("refuses", self.enter(function)))
            for one in getattr(kind, "model_fields", {}).values():
                self.follow_type(said, one.annotation)
                for extra in one.metadata:
                    self._follow_validator(said, extra)
        return node

    def follow_type(self, to: Said, kind: Any) -> None:
        """Follow the models and validators of a body's type."""
        for extra in getattr(kind, "__metadata__", ()):
            self._follow_validator(to, extra)
        if isinstance(kind, type) and not typing.get_args(kind):
            if is_ours(kind) and hasattr(kind, "model_fields"):
                to.after.add(self.body(kind))
            return
        for part in typing.get_args(kind):
            if not isinstance(part, str):
                self.follow_type(to, part)

    def _follow_validator(self, to: Said, extra: object) -> None:
        function = unwrapped(getattr(extra, "func", None))
        if isinstance(function, Function) and is_ours(function):
            to.after.add(Node("refuses", self.enter(function)))
