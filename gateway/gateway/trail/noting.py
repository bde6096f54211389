"""Telling from a request that was answered what an auditor may ask for later."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.types import Scope

from gateway.trail.rules import Happened, kind_of
from shared.auth import Actor


def happened_at(
    scope: Scope, path: str, status: int, request_id: str, claims: Mapping[str, Any] | None
) -> Happened | None:
    """Give what is kept of a request, None for most.

    Who asked a service is known from the verified token (`claims`); the gateway's own application
    leaves in the request's state whom it has judged, given a token to or signed in.
    """
    state: Mapping[str, Any] = scope.get("state", {})
    said = claims or {}
    held = [*said.get("roles", ()), *said.get("duties", ())]
    person = said.get("sub") or state.get("door_person")
    client = said.get("client_id") or state.get("door_client")
    actor = state.get("actor")
    if isinstance(actor, Actor):
        held, person, client = sorted(actor.capacities), str(actor.person_id), actor.client_id
    kind = kind_of(scope["method"], path, status, held, known=person is not None)
    if kind is None:
        return None
    address = scope.get("client")
    return Happened(
        at=datetime.now(UTC),
        kind=kind,
        method=scope["method"],
        path=path,
        status=status,
        address=address[0] if address else "",
        request_id=request_id,
        client_id=client,
        person_id=person,
    )
