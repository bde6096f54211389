"""What happens to a run: drafted, confirmed by every owner, approved by another, paid, undone."""

from ip_ledger.distributions.actions.agreeing import approve, cancel, confirm
from ip_ledger.distributions.actions.correcting import CorrectionDraft, affected, draft_correction
from ip_ledger.distributions.actions.drafting import RunDraft, draft_run
from ip_ledger.distributions.actions.paying import pay, reverse
from ip_ledger.distributions.actions.supposing import (
    Question,
    SupposedIncome,
    SupposedShares,
    suppose,
)
from ip_ledger.distributions.actions.undoing import undo_income

__all__ = [
    "CorrectionDraft",
    "Question",
    "RunDraft",
    "SupposedIncome",
    "SupposedShares",
    "affected",
    "approve",
    "cancel",
    "confirm",
    "draft_correction",
    "draft_run",
    "pay",
    "reverse",
    "suppose",
    "undo_income",
]
