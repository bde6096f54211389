"""A grant of the token endpoint beside what nobody can leave out: a signature and a read.

The mark is three times both together, in CPU, the database's included.
"""

import asyncio
import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jose import jwk

from gateway.tokens.keys import Signer
from tests.benchmarks import tools
from tests.benchmarks.figures import Case, Figure, Size
from tests.benchmarks.house import House
from tests.benchmarks.measuring import Meter, Sample
from zhichuang.processes import HOST

CONNECTIONS: Final = 16
MARK: Final = 3.0
FORM: Final = "grant_type=client_credentials"
SCRIPT: Final = Path(__file__).with_name("tokens.lua")
# By its index, as the endpoint has to find whoever asks.
READ: Final = "SELECT id, secret_sha256, person_id, org_id FROM client WHERE client_id = $1"


@contextmanager
def figure(house: House, size: Size) -> Iterator[Figure]:
    """Let bare signatures with reads and grants of the shipped gateway take turns."""
    del size  # Nothing here grows with it.
    made = Figure(
        name="tokens",
        title="Token endpoint",
        unit="grant",
        cases=[],
        comparisons=[],
        parts=("gateway", "database"),
    )
    if tools.missing("wrk"):
        made.skipped.append("Everything: wrk is not on this machine (`make bench-peers`).")
        yield made
        return
    given = house.stack.credentials["admin"]
    bare = _Bare(house, given["client_id"])
    # Counted as always; a minute's worth for an address is less than is asked here.
    gateway = house.second_gateway(ZHICHUANG_LIMIT_TOKENS="100000000")
    assert gateway.process is not None
    pid = gateway.process.pid
    made.cases = [
        Case("one signature and one read", bare.turn),
        Case("grant", lambda seconds: _grants(house, gateway.port, pid, given, seconds)),
    ]
    made.comparisons = [("grant", "one signature and one read")]
    made.remarks = [
        (
            f"grant: client credentials by secret over {CONNECTIONS} kept connections, through the"
            " door with its checks, counts, trail and log; CPU of the gateway and the database."
        ),
        (
            "one signature and one read: ES256 by the library that signs our tokens, and a prepared"
            " statement by an index over one connection; CPU of this process and the database."
        ),
        f"The mark is {MARK:g} times the CPU of both together.",
    ]
    try:
        yield made
    finally:
        gateway.process.terminate()
        gateway.process.wait(15)


class _Bare:
    def __init__(self, house: House, client_id: str) -> None:
        self._house, self._client_id = house, client_id
        private = ec.generate_private_key(ec.SECP256R1())
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._signer = Signer("bench", jwk.construct(pem.decode(), "ES256"))

    def turn(self, seconds: float) -> Sample:
        """Sign and read, one after the other."""
        with Meter(database=self._house.database_pid) as meter:
            before = time.process_time()
            count = asyncio.run(self._both(seconds))
            own = time.process_time() - before
        return Sample(count, meter.seconds, {"gateway": own, **meter.cpu}, meter.memory)

    async def _both(self, seconds: float) -> int:
        connection = await asyncpg.connect(self._house.dsn("gateway", service="gateway"))
        read = await connection.prepare(READ)
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": "zhichuang", "aud": "zhichuang", "iat": now, "nbf": now, "exp": now + 600,
            "jti": "0" * 32, "sub": "0" * 36, "client_id": self._client_id, "roles": ["official"],
            "duties": ["admin"], "org_id": None, "expert_id": None, "scopes": [],
        }  # fmt: skip
        count, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            assert await read.fetchrow(self._client_id) is not None
            self._signer.sign(claims)
            count += 1
        await connection.close()
        return count


def _grants(house: House, port: int, pid: int, given: dict[str, str], seconds: float) -> Sample:
    both = f"{given['client_id']}:{given['client_secret']}".encode()
    headers = {"Authorization": f"Basic {base64.b64encode(both).decode()}"}
    url = f"http://{HOST}:{port}/oauth/token"
    with Meter(gateway=pid, database=house.database_pid) as meter:
        load = tools.wrk(url, seconds, CONNECTIONS, headers, [str(SCRIPT), FORM])
    return Sample(load.operations, load.seconds, meter.cpu, meter.memory, load.p50_ms, load.p99_ms)
