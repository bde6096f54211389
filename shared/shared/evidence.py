"""Files that a body names: each is the registry's, and one that its sender may see (A117).

A service may read every file, so that the registry is asked in the sender's name, once for all of
them and before any transaction is open. A file of another's is answered as one that is not there.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Final, get_args
from uuid import UUID

from pydantic import BaseModel

from shared.auth import Actor
from shared.client import ServiceClient
from shared.http import CurrentActor, CurrentWork, Services
from shared.rules import Check, Kind, Rule

EVIDENCE: Final = Rule("A117", "四(三)1")

Named = tuple[str, UUID]


class Marked:
    """Tells that an id is that of a file of the registry."""


FileId = Annotated[UUID, Marked()]


async def hashes(
    services: ServiceClient, actor: Actor, file_ids: Collection[UUID]
) -> Mapping[UUID, str]:
    """Ask for the SHA-256 of those files that the actor may name; raises `Unavailable`."""
    if not file_ids:
        return {}
    question = {
        "file_ids": sorted(map(str, set(file_ids))),
        "person_id": str(actor.person_id),
        "org_id": None if actor.org_id is None else str(actor.org_id),
        "is_official": actor.is_official,
    }
    told = await services.question("registry", "/v1/registry/files/evidence", question)
    return {UUID(one["id"]): one["sha256"] for one in told["files"]}


def evidence_of(body_type: type[BaseModel]) -> Callable[..., Awaitable[None]]:
    """Make the dependency of a route that takes such a body; it stands in its `dependencies`."""

    async def evidence_known(
        body: body_type,  # type: ignore[valid-type]  # FastAPI reads it when the route is made
        actor: CurrentActor,
        work: CurrentWork,
        services: Services,
    ) -> None:
        named = list(named_files(body))
        known = await hashes(services, actor, [file_id for _, file_id in named])
        work.objections += file_checks(named, known)

    return evidence_known


def file_checks(named: Iterable[Named], known: Collection[UUID]) -> list[Check]:
    """Check each file where the body names it; give those that fail."""
    return [
        EVIDENCE.check(
            "FILE_UNKNOWN",
            Kind.CONTENT,
            passed=False,
            pointer=pointer,
            file_ids=[str(file_id)],
        )
        for pointer, file_id in named
        if file_id not in known
    ]


def named_files(body: BaseModel, at: str = "") -> Iterator[Named]:
    """Give every file that a body names, with the pointer to where it does."""
    files = file_fields(type(body))
    for name in type(body).model_fields:
        yield from _named(getattr(body, name), f"{at}/{name}", is_file=name in files)


def _named(value: Any, at: str, *, is_file: bool) -> Iterator[Named]:  # noqa: ANN401 - of a body
    if isinstance(value, list):
        for place, one in enumerate(value):
            yield from _named(one, f"{at}/{place}", is_file=is_file)
    elif isinstance(value, BaseModel):
        yield from named_files(value, at)
    elif is_file and value is not None:
        yield at, value


@cache
def file_fields(body_type: type[BaseModel]) -> frozenset[str]:
    """Name the fields of a body that hold ids of files."""
    fields = body_type.model_fields.items()
    return frozenset(name for name, one in fields if _marks([one.annotation, *one.metadata]))


def _marks(parts: Iterable[Any]) -> bool:
    return any(isinstance(part, Marked) or _marks(get_args(part)) for part in parts)
