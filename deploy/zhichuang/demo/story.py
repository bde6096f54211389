"""Who is in the story, what they have made so far, and how it is told."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from zhichuang.demo.client import Caller, Surprise

EVALUATION: Final = "/v1/evaluation"
LEDGER: Final = "/v1/ip-ledger"
PANEL: Final = ("ex02", "ex04", "ex05", "ex06", "ex07", "ex08", "ex09")

Say = Callable[[str], None]
CallerOf = Callable[[str], Caller]


def codes(problem: Mapping[str, Any]) -> str:
    """Name every failed check of a problem with its rule and clause."""
    return ", ".join(f"{e['code']} ({e['rule']} {e['clause']})" for e in problem["errors"])


def require(*, holds: bool, what: str) -> None:
    """Stop the story where it does not go as it must."""
    if not holds:
        raise Surprise(what)


@dataclass
class Story:
    """The story's people, what they made, and the run's own number."""

    caller: CallerOf
    say: Say
    address: str
    credentials: dict[str, dict[str, Any]]
    run: int = field(default_factory=lambda: int(time.time()) % 900_000)
    org: dict[str, str] = field(default_factory=dict)
    clients: list[str] = field(default_factory=list)
    made: dict[str, Any] = field(default_factory=dict)

    def clock(self, now: str) -> None:
        """Move the sandbox's clock forward to an instant in Shanghai."""
        self.caller("admin").put("/v1/sandbox/clock", {"now": f"{now}:00+08:00"})
        self.say(f"\n── {now} (Shanghai)")

    def expert_id(self, name: str) -> str:
        """Give the id of an expert by the short name of its credential."""
        return str(self.caller(name).get("/v1/me")["expert_id"])

    def score_sheet(self, name: str, sheet_id: str, items: Sequence[Mapping[str, str]]) -> None:
        """Declare no conflict, fill a sheet and submit it, as that expert."""
        expert = self.caller(name)
        path = f"{EVALUATION}/score-sheets/{sheet_id}"
        expert.post(f"{path}/declaration", {"conflict": False, "statement": "与申报各方无利害关系"})
        expert.put(f"{path}/items", {"items": list(items)})
        expert.post(f"{path}/submit")

    def operators(self) -> list[Caller]:
        """Give the two operators of the centre's legal person, the second invited by the first."""
        if "operators" not in self.made:
            made: list[Caller] = []
            for place in ("甲", "乙"):
                answer = (made[0] if made else self.caller("admin")).post(
                    "/v1/identity/clients",
                    {
                        "name": f"c11-{self.run}-{place}",
                        "org_id": self.org["entity"],
                        "person": {"name": f"运营人{place}"},
                        "roles": ["member"],
                    },
                )
                made.append(Caller(self.address, f"c11 {place}", answer))
            self.made["operators"] = made
        operators: list[Caller] = self.made["operators"]
        return operators
