"""Every hot statement about entries says whose books it means (decision 0705)."""

import pytest

from tests.fixtures.spreading import about_centres, lost, statements
from tests.ip_ledger.journal.test_posting import Books, books

__all__ = ["books"]  # A fixture by its name.
pytestmark = pytest.mark.anyio
LEDGER = "/v1/ip-ledger"


async def test_entries_are_posted_undone_and_read_by_their_books(books: Books) -> None:
    database = books.world.service.app.state.database
    async with statements(database) as noted:
        posted = await books.post(books.body(250))
        assert posted.status_code == 201, posted.text
        entry_id = posted.json()["id"]
        undone = await books.post(
            {"effective_on": "2028-03-06", "reference": "back"},
            path=f"entries/{entry_id}/reversals",
        )
        assert undone.status_code == 201, undone.text
        reads = [
            f"/accounts/{books.ids[0]}", f"/accounts/{books.ids[0]}?on=2028-03-05",
            f"/accounts/{books.ids[0]}/entries",
        ]  # fmt: skip
        for path in reads:
            answer = await books.client.get(LEDGER + path)
            assert answer.status_code == 200, (path, answer.text)
    assert len(about_centres("ip_ledger", noted)) > len(reads)
    assert lost("ip_ledger", noted) == []
