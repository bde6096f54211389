"""Which addresses of a service are worth asking; instants of a steady clock are arguments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# An address that failed so often in a row is left alone for a while.
FAILURES_BEFORE_OPEN: Final = 5
OPEN_SECONDS: Final = 2.0


@dataclass(slots=True)
class _State:
    failures: int = 0
    open_until: float = float("-inf")
    trying: bool = False
    slow: bool = False


class Health:
    """A circuit breaker for each address: closed, open for a moment, then one attempt.

    Open ones come last. One that did not answer in time is not asked at all meanwhile: its callers
    would wait, and their waiting would take the door down with it. One that refuses connections
    costs nothing to try where no other is left, and is there again the moment it listens.
    """

    def __init__(self) -> None:
        """Trust every address at first."""
        self._states: dict[str, _State] = {}

    def fit(self, addresses: Sequence[str], now: float) -> list[str]:
        """Give the addresses to try, in their order; none means to answer 503 at once.

        An address whose moment is over is offered once, until that attempt has told how it is.
        """
        closed = [address for address in addresses if self._is_closed(address, now)]
        quick = [
            address
            for address in addresses
            if address not in closed and not self._states[address].slow
        ]
        return [*closed, *quick]

    def _is_closed(self, address: str, now: float) -> bool:
        state = self._states.get(address)
        if state is None or state.failures < FAILURES_BEFORE_OPEN:
            return True
        return now >= state.open_until and not state.trying

    def tried(self, address: str) -> None:
        """Note that an attempt is under way."""
        state = self._states.get(address)
        if state is not None and state.failures >= FAILURES_BEFORE_OPEN:
            state.trying = True

    def worked(self, address: str) -> None:
        """Trust an address again: it has answered, whatever it said."""
        self._states.pop(address, None)

    def failed(self, address: str, now: float, *, slow: bool) -> None:
        """Count a failure: no answer in time (`slow`), or no connection at all."""
        state = self._states.setdefault(address, _State())
        state.failures += 1
        state.trying, state.slow = False, slow
        if state.failures >= FAILURES_BEFORE_OPEN:
            state.open_until = now + OPEN_SECONDS

    def gave_up(self, address: str) -> None:
        """Note that an attempt told nothing: its client left, or its body was refused."""
        state = self._states.get(address)
        if state is not None:
            state.trying = False
