"""What `python -m shared.database.revision` drafts is Python and outlives the code it is from."""

import ast

import pytest
from alembic.autogenerate import render_python_code
from alembic.operations.ops import CreateTableOp, UpgradeOps
from alembic.runtime.migration import MigrationContext

from shared.database.migrations import forget_notes, insert_only_tables, metadata_of, plain_types
from shared.services import PACKAGES


def drafted(package: str) -> str:
    tables = [table for part in metadata_of(package) for table in part.sorted_tables]
    operations = UpgradeOps([CreateTableOp.from_table(table) for table in tables])
    forget_notes(operations)
    return render_python_code(
        operations,
        render_item=plain_types,
        user_module_prefix="ours.",
        migration_context=MigrationContext.configure(dialect_name="postgresql"),
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_a_draft_of_every_table_reads_as_python_and_names_nothing_of_ours(package: str) -> None:
    draft = drafted(package)
    names = {
        node.id for node in ast.walk(ast.parse(f"if True:\n{draft}")) if isinstance(node, ast.Name)
    }
    assert names == {"op", "sa", "postgresql"}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_draft_says_which_tables_take_no_change(package: str) -> None:
    draft = drafted(package)
    assert draft.count("'insert_only': True") == len(insert_only_tables(metadata_of(package)))
