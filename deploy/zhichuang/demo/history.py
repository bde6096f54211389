"""What the demo programme's listed centres went through before the sandbox's clock began.

The clock begins on 5 January 2026 and no call reaches behind it. So they come in as existing
centres do anywhere: one file, brought by a handler and committed by an approver, marked as taken
over. One of them applies (C07), and two are still being written (C05, C09).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from zhichuang.demo.programme import CENTERS, ORGANIZATIONS, Center

SOURCE: Final = "示例台账（虚构）"
# The day as of which the file stands; a clock that begins earlier takes nobody over.
STOOD_ON: Final = "2025-12-31"


@dataclass(frozen=True, slots=True)
class Past:
    """A centre's way so far: each stage with its first day, and the ratings of its years."""

    listed_on: str
    stages: tuple[tuple[str, str], ...]
    ratings: tuple[tuple[int, str, str], ...] = ()
    more: Mapping[str, str] | None = None


PASTS: Final[Mapping[str, Past]] = {
    # Listed as a consortium; its legal person is of 18 June 2024.
    "c01": Past(
        "2022-03-15",
        (("preparing", "2022-03-15"), ("pilot", "2024-07-01"), ("recognized", "2025-09-12")),
        ((2022, "qualified", "71.20"), (2023, "good", "78.55"), (2024, "good", "82.98")),
    ),
    "c02": Past("2025-04-10", (("preparing", "2025-04-10"), ("pilot", "2025-06-18"))),
    "c03": Past(
        "2023-10-20",
        (("preparing", "2023-10-20"), ("pilot", "2023-12-28"), ("recognized", "2025-10-16")),
        ((2024, "good", "79.64"),),
    ),
    "c04": Past("2025-02-14", (("preparing", "2025-02-14"), ("pilot", "2025-05-09"))),
    "c06": Past(
        "2024-12-05",
        (("preparing", "2024-12-05"), ("pilot", "2025-01-10"), ("rectifying", "2025-07-21")),
        ((2024, "unqualified", "52.75"),),
        {"rectified_from": "pilot"},
    ),
    "c08": Past(
        "2025-11-06",
        (("preparing", "2025-11-06"),),
        more={"entity_due_on": "2027-06-30"},
    ),
    "c10": Past("2024-03-28", (("preparing", "2024-03-28"), ("pilot", "2024-06-20"))),
}


def rows() -> Iterator[dict[str, Any]]:
    """Give the file that a handler brings: centres, members, steps and ratings."""
    codes = {org.code: org.uscc for org in ORGANIZATIONS}
    positions = {org.code: org.more.get("chain_position") for org in ORGANIZATIONS}
    for center in CENTERS:
        past = PASTS.get(center.code)
        if past is None:
            continue
        code = center.code.upper()
        yield {"record": "center", "code": code, **_standing(center, past, codes)}
        for member in center.members:
            yield {"record": "member", "code": code, "uscc": codes[member], "role": "member",
                   "joined_on": past.listed_on, "chain_position": positions[member]}  # fmt: skip
        before = "candidate"
        for stage, on in past.stages:
            yield {"record": "stage", "code": code, "from_stage": before, "to_stage": stage,
                   "on": on}  # fmt: skip
            before = stage
        for year, rating, total in past.ratings:
            yield {"record": "past_rating", "code": code, "kind": "annual", "year": year,
                   "rating": rating, "total": total}  # fmt: skip


def _standing(center: Center, past: Past, codes: Mapping[str, str]) -> dict[str, Any]:
    own = {"applicant_form": "legal_entity", "entity_uscc": center.uscc}
    # A consortium has no legal person yet: its lead holds for it in trust.
    joint = {"applicant_form": "consortium", "trustee_uscc": codes[center.lead]}
    return {
        "name": center.name,
        "model_type": center.model_type,
        "field_codes": list(center.fields),
        "lead_uscc": codes[center.lead],
        "stage": past.stages[-1][0],
        "listed_on": past.listed_on,
        "listing_doc_no": f"沪经信技〔{past.listed_on[:4]}〕示例{center.code[1:]}号",
        **(joint if center.uscc is None else own),
        **(past.more or {}),
    }
