"""Conflicts of many experts with many subjects at once: an index instead of every pair.

What it finds is what `conflict_checks` finds pair by pair; only the pairs that a tie can reach are
judged, so that ten thousand ties cost what they hit.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final
from uuid import UUID

from evaluation.experts.rules import Candidate, Interests, Tie, conflict_checks
from shared.rules import Check, Policy

NOBODY: Final = frozenset[UUID]()


def reachable(interests: Mapping[UUID, Interests]) -> dict[object, set[UUID]]:
    """Give, for each organization, code, parent company and centre, the subjects it stands for."""
    reached: dict[object, set[UUID]] = defaultdict(set)
    for subject_id, behind in interests.items():
        reached[behind.center_id].add(subject_id)
        for party in behind.parties:
            for key in (party.org_id, party.uscc, *party.parent_usccs):
                reached[key].add(subject_id)
    return reached


def conflicts(
    policy: Policy,
    candidates: Iterable[Candidate],
    interests: Mapping[UUID, Interests],
    on: date,
) -> dict[tuple[UUID, UUID], list[Check]]:
    """Give every conflict by subject and expert, each with its path; pairs without are absent."""
    reached = reachable(interests)
    found: dict[tuple[UUID, UUID], list[Check]] = {}
    for candidate in candidates:
        touched = {
            subject_id
            for tie in candidate.ties
            for key in _keys(tie)
            for subject_id in reached.get(key, NOBODY)
        }
        for subject_id in sorted(touched):
            checks = conflict_checks(policy, candidate, interests[subject_id], on)
            if checks:
                found[subject_id, candidate.expert_id] = checks
    return found


def _keys(tie: Tie) -> list[object]:
    named = (tie.org_id, tie.org_uscc, tie.center_id, *tie.owners)
    return [key for key in named if key is not None]
