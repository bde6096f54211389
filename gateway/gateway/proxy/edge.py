"""What the wire goes by before any request is there: bounds, and whom it lets in."""

from dataclasses import dataclass, field

from gateway.proxy.balancers import Balancers
from gateway.proxy.connections import Connections
from gateway.proxy.rules import Limits
from gateway.settings import GatewaySettings


@dataclass(slots=True)
class Edge:
    """The bounds of one door's connections; they change while connections are open."""

    limits: Limits = field(default_factory=Limits)
    # A whole head must be here this long after its first byte; a client that drips is let go.
    head_seconds: float = 5.0
    # Whoever takes nothing of an answer for so long is let go.
    answer_seconds: float = 30.0
    connections: Connections = field(default_factory=lambda: Connections(0))
    # Who is believed when he says whom he asks for.
    balancers: Balancers = field(default_factory=Balancers)

    def take(self, settings: GatewaySettings) -> None:
        """Go by these settings from the next connection, head and answer on."""
        self.limits = Limits(
            target=settings.max_target_bytes,
            head=settings.max_head_bytes,
            fields=settings.max_fields,
            json=settings.max_json_bytes,
            upload=settings.max_upload_bytes,
            batch=settings.max_batch_bytes,
        )
        self.head_seconds = settings.head_seconds
        self.answer_seconds = settings.answer_idle_seconds
        self.connections.most = settings.address_connections
        self.balancers = Balancers(settings.balancers)
