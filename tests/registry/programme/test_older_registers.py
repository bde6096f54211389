"""A register that is older than a word of the code learns it when its history is run."""

from collections.abc import Callable

from alembic import command

from shared.database.migrate import configuration
from tests.fixtures.postgres import TestDatabase
from zhichuang.postgres import PostgreSQL


def test_a_missing_word_is_added_and_a_mended_one_stays(
    database: Callable[[str], TestDatabase], postgres_server: PostgreSQL
) -> None:
    own = database("registry")

    def ask(statement: str) -> str:
        return postgres_server.execute(statement, database=own.name).strip()

    ask("DELETE FROM code_entry WHERE (scheme, code) = ('fact-kinds', 'lesson')")
    ask("UPDATE code_entry SET name_zh = '改' WHERE (scheme, code) = ('fact-kinds', 'site')")
    count = int(ask("SELECT count(*) FROM code_entry"))
    for _ in range(2):
        command.upgrade(configuration("registry", own.owner_url), "head")
        assert int(ask("SELECT count(*) FROM code_entry")) == count + 1
    assert ask("SELECT name_zh FROM code_entry WHERE code = 'lesson'") == "试点经验"
    assert (
        ask("SELECT name_zh FROM code_entry WHERE code = 'site' AND scheme = 'fact-kinds'") == "改"
    )
