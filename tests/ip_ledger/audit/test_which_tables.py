"""The audit knows its tables by hand: a new one that nothing is ever changed in must be thought of.

What the application only inserts is what somebody else may have changed. Each such table is one
whose rows a question compares, or stands below with what holds it instead.
"""

import re
from typing import Final

import pytest

from ip_ledger.audit import chain_queries, queries
from ip_ledger.audit.derived_queries import DERIVED
from ip_ledger.audit.log_queries import LOG
from ip_ledger.audit.row_queries import ROWS
from ip_ledger.audit.told_queries import TOLD
from shared.database.migrations import insert_only_tables, metadata_of
from tests.form.source import ROOT

NAMED: Final = {one.table for one in (*ROWS, *DERIVED, *LOG, *TOLD)}
ASKED: Final = "\n".join(one.sql for one in (*ROWS, *DERIVED, *LOG, *TOLD))
# The log itself, the events and the trail: the audit follows them row by row.
FOLLOWED: Final = frozenset(
    {
        "audit", "audit_link", "audit_seal", "event", "event_position", "log_checkpoint",
        "log_tile",
    }
)  # fmt: skip
# Only what is read beside another table's rows: a change of these is found in those.
BESIDE: Final = frozenset(
    {
        "account", "contribution_forfeiture", "currency", "distribution_reward", "inventor_payment",
        "reward_offset", "use_settlement_confirmation", "use_settlement_line",
    }
)  # fmt: skip
# Nothing compares the lines of a plan for filing: no right and no money follows from them, the plan
# itself is compared, and a plan that is changed is a version of its own.
UNCOMPARED: Final = frozenset({"layout_line"})
# What proves nothing: notices given, files read in, marks of delivery and of the audit's own runs.
# A witness's signature is checked where it is shown.
NO_PROOF: Final = frozenset(
    {
        "arrears_notice", "bank_line", "bank_statement", "batch_row", "inbox", "self_audit",
        "witness_cosignature",
    }
)  # fmt: skip


def tables() -> set[str]:
    return set(insert_only_tables(metadata_of("ip_ledger")))


def read_in(text: str) -> set[str]:
    return {table for table in tables() if re.search(rf"\b{table}\b", text)}


@pytest.mark.requirement("X07")
def test_each_table_that_is_only_added_to_is_compared_or_explained() -> None:
    kinds = (NAMED & tables(), FOLLOWED, BESIDE, UNCOMPARED, NO_PROOF)
    explained = [table for kind in kinds[1:] for table in kind]
    assert len(explained) == len(set(explained)), "explained twice"
    assert set(explained) & NAMED == set(), "compared by now: take it out of the explanations"
    assert tables() - NAMED - set(explained) == set(), "nobody thought of it: add a question"
    assert set(explained) - tables() == set(), "explained, and there is no such table"


@pytest.mark.requirement("X07")
def test_the_explanations_are_so() -> None:
    assert read_in(ASKED) >= BESIDE
    assert read_in(ASKED) & (UNCOMPARED | NO_PROOF) == set()
    chain = [value for name, value in vars(chain_queries).items() if name.isupper()]
    source = (ROOT / str(queries.__file__)).read_text(encoding="utf-8")
    assert read_in("\n".join([source, *map(str, chain)])) >= FOLLOWED


@pytest.mark.requirement("X07")
def test_a_table_that_no_question_names_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "tables", lambda: {*insert_only_tables(
        metadata_of("ip_ledger")
    ), "brand_new"})  # fmt: skip
    with pytest.raises(AssertionError, match="nobody thought of it"):
        test_each_table_that_is_only_added_to_is_compared_or_explained()
