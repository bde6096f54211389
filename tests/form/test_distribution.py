"""What Citus would need of the tables: each knows its centre, or how it finds it (decision 0705).

Rows would be spread by `center_id`. A table that has it is spread; one that hangs on such a row by
a foreign key lies with it, and gets the column when it comes to that; the rest is copied to every
machine, and is listed here with the reason why it is small or asked rarely.
"""

import importlib
from functools import cache

import pytest
from sqlalchemy import Column, Index, Table, UniqueConstraint

from shared.services import GATEWAY, PACKAGES

PROGRAMME = [name for name in PACKAGES if name != GATEWAY]
KEY = "center_id"
# Copied to every machine: small, of the whole programme, or of people and organizations, who are in
# many centres at once. Every service has its list of runs, and most the copies of the registry's.
OF_EVERY_SERVICE = {
    "housekeeping_run", "directory_center", "directory_organization", "directory_day",
    "directory_policy",
}  # fmt: skip
COPIED = {
    "registry": {
        "of the programme": {
            "call", "code_entry", "counter", "dump", "dump_part", "field_entry", "governance_night",
            "park", "policy_version", "product_call", "support_policy",
            "working_day_change", "working_day_override",
        },
        "of an organization or a person, in whatever centre": {
            "core_technology", "dishonesty_record", "organization", "organization_entry",
            "organization_former_code", "organization_name", "organization_profile",
            "organization_qualification", "organization_succession", "person_tie", "standing",
            "outside_case", "stored_file", "member_commitment",
        },
        "the centres themselves: some thousands of rows": {"center", "take_over"},
    },
    "evaluation": {
        "of the programme or of a cycle": {
            "assessment_round", "cycle_run", "document_run", "document_file", "draw_seed",
            "evaluation_cycle", "indicator_scheme", "panel_draw", "robustness_run",
            "weight_profile", "case_duty", "sensitive_disclosure",
        },
        "of an expert, who sits in many panels": {
            "expert", "expert_absence", "expert_account", "expert_consent", "expert_personal_data",
            # Asked for by the expert; that one of them is to a centre does not move it there.
            "expert_relation", "expert_sensitive", "expert_specialty",
        },
        "of an organization, in whatever centre": {"former_organization_code"},
    },
    "ip_ledger": {
        "of the programme": {
            "agreement_template", "party_key", "self_audit", "inventor_person", "share_carry",
            "currency", "fee_tariff",
        },
        "one tree over everything: appended by one sequencer, which stays on one machine": {
            "audit_link", "audit_seal", "log_checkpoint", "log_leaf", "log_opening", "log_pending",
            "log_tile", "witness", "witness_cosignature",
        },
    },
}  # fmt: skip
# Unique over all centres: by the law or by its issuer. A spread table would ask a copied table of
# the numbers taken, as `organization_former_code` is one for former codes.
UNIQUE_EVERYWHERE = {
    ("application", ("receipt_no",)): "a receipt's number names it in the whole city",
    ("first_purchase", ("contract_no",)): "a contract is bought under once",
    ("product", ("catalog_no",)): "the catalogue is the city's",
    ("product", ("call_id", "maker_org_id", "name")): "the maker may be in several centres",
    ("public_notice", ("subject_id",)): "a subject has one centre",
    ("ip_asset", ("jurisdiction", "number")): "an office gives a number once",
    ("tech_contract", ("registration_no",)): "the register of contracts gives a number once",
    ("distribution_run", ("reverses_id",)): "a run has one centre",
    ("distribution_run", ("corrects_id",)): "a run has one centre",
    ("fact", ("supersedes_id",)): "a fact is corrected within its centre",
    ("ledger_fact", ("supersedes_id",)): "a fact is corrected within its centre",
    ("journal_entry", ("reverses_id",)): "an entry is reversed in its own books",
    ("price_finding", ("deal_id",)): "a deal has one centre",
    ("book_opening", ("subject", "subject_id")): "a subject has one centre",
    ("shared_use", ("usage_fact_id",)): "a fact has one centre",
    ("shared_use", ("provider_org_id", "external_id")): "the provider's own reference",
    ("panel", ("subject_type", "subject_id", "round")): "a subject has one centre",
}
# Rows that name their parent without a foreign key: they are written in its statement, or judged
# for all rows of one at once.
BY_NAME = {"contract_state": {"tech_contract"}, "posting": {"journal_entry"}}


@cache
def tables(service: str) -> dict[str, Table]:
    found = importlib.import_module(f"{service}.tables").METADATA
    return {table.name: table for metadata in found for table in metadata.tables.values()}


def copied(service: str) -> set[str]:
    """Name the copied tables: those of every service, where it has them, and its own."""
    return (OF_EVERY_SERVICE & tables(service).keys()).union(*COPIED.get(service, {}).values())


def spread(service: str) -> list[Table]:
    return [
        table
        for table in tables(service).values()
        if KEY in table.c and table.name not in copied(service)
    ]


def parents(table: Table) -> set[str]:
    named = {key.column.table.name for key in table.foreign_keys} - {table.name}
    return named | BY_NAME.get(table.name, set())


def finds_its_centre(service: str, table: Table, seen: frozenset[str] = frozenset()) -> bool:
    if KEY in table.c:
        return True
    known = tables(service)
    return any(
        finds_its_centre(service, known[name], seen | {table.name})
        for name in parents(table) - copied(service) - seen
    )


@pytest.mark.parametrize("service", PROGRAMME)
def test_every_table_has_a_centre_hangs_on_one_or_is_copied_for_a_reason(service: str) -> None:
    known = tables(service)
    lost = [name for name, table in known.items()
            if name not in copied(service) and not finds_its_centre(service, table)]  # fmt: skip
    assert not lost, "spread it by its centre, hang it on such a row, or say why it is copied"
    assert copied(service) <= known.keys(), "listed, and not there"


@pytest.mark.parametrize("service", PROGRAMME)
def test_every_unique_key_of_a_spread_table_has_the_centre_or_one_of_its_rows(service: str) -> None:
    faults = []
    for table in spread(service):
        for key in unique_keys(table):
            names = tuple(column.name for column in key)
            if KEY in names or names == ("id",) or (table.name, names) in UNIQUE_EVERYWHERE:
                continue
            # An id of a row that lies with a centre says which centre: `case_id`, `asset_id`.
            if any(of_a_centre(service, column) for column in key):
                continue
            faults.append((table.name, names))
    assert not faults


def unique_keys(table: Table) -> list[list[Column[object]]]:
    constraints = [
        list(one.columns) for one in table.constraints if isinstance(one, UniqueConstraint)
    ]
    indexes = [list(one.columns) for one in table.indexes if isinstance(one, Index) and one.unique]
    return [list(table.primary_key.columns), *constraints, *indexes]


def of_a_centre(service: str, column: Column[object]) -> bool:
    """Tell whether a column names a row that has a centre, by its key or by its name alone."""
    targets = {key.column.table.name for key in column.foreign_keys}
    if targets:
        known = tables(service)
        return any(
            name not in copied(service) and finds_its_centre(service, known[name])
            for name in targets
        )
    named = column.name.removesuffix("_id")
    return column.name == "id" or any(
        table.name.endswith(named) for table in spread(service) if column.name.endswith("_id")
    )
