"""Connections to a database that may be on one of several hosts, none of which has to answer."""

from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
from sqlalchemy.engine import URL, make_url

# A host that is switched off does not even refuse: the next one must still get its turn.
CONNECT_SECONDS: Final = 3.0
# asyncpg does not count a server that is not what was asked for (`target_session_attrs`) among
# those it cannot talk to.
_PASSED_OVER: Final = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


@dataclass(slots=True)
class Address:
    """Where a database is: `…@/name?host=a,b&port=5432,5432&target_session_attrs=read-write`."""

    url: str
    # A statement that has no answer by then is given up, and its connection with it: the server, or
    # the way to it, may be gone without a word.
    answer_seconds: float | None = None
    _first: int = field(default=0, init=False)

    async def connect(self) -> "asyncpg.Connection[Any]":
        """Connect to the first host that answers and fits, beginning with the last one that did.

        Raises what the last one answered; `ConnectionError` where it is not what was asked for.
        """
        places = self._places()
        for turn in range(len(places)):
            place = (self._first + turn) % len(places)
            try:
                made = await asyncpg.connect(
                    places[place], timeout=CONNECT_SECONDS, command_timeout=self.answer_seconds
                )
            except _PASSED_OVER as error:
                if turn < len(places) - 1:
                    continue
                if isinstance(error, asyncpg.InternalClientError):
                    raise ConnectionError(str(error)) from error
                raise
            self._first = place
            return made
        raise OSError("no host")

    def _places(self) -> list[str]:
        url = make_url(self.url)
        hosts = _parts(url, "host") or [url.host or "localhost"]
        ports = _parts(url, "port") or [str(url.port or 5432)]
        if len(ports) == 1:
            ports *= len(hosts)
        bare = url.set(drivername="postgresql", host=None, port=None)
        return [
            bare.update_query_dict({"host": host, "port": port}).render_as_string(
                hide_password=False
            )
            for host, port in zip(hosts, ports, strict=True)
        ]


def _parts(url: URL, name: str) -> list[str]:
    value = url.query.get(name, ())
    values = [value] if isinstance(value, str) else list(value)
    return [part for one in values for part in one.split(",") if part]
