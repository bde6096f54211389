"""No body of a neighbour of the registry names a file that nobody looks for (A117, X04)."""

import importlib
import os
import re
from collections.abc import Iterator
from typing import Any, get_args
from uuid import UUID

import pytest
from pydantic import BaseModel

from evaluation.findings import clients as findings
from evaluation.visits import routes as visits
from ip_ledger.agreements import routes as agreements
from ip_ledger.openings import routes as openings
from shared.evidence import file_fields
from shared.http.route import UnitOfWorkRoute
from tests.contract.codes import bodies_of, calls_of

# What is only supposed is proven by nothing and stored nowhere.
SUPPOSED = {"ip_ledger_suppose_distribution"}
# These keep or compare the hash as well, and judge a file by what they are told of it.
HASHED = (
    agreements.text_of_proposal, agreements.text_of_amendment, openings.outside,
    findings.shown, visits.reported, visits.changed,
)  # fmt: skip


def routes(package: str) -> Iterator[UnitOfWorkRoute]:
    os.environ.setdefault("ZHICHUANG_DATABASE_URL", "postgresql+asyncpg://nobody@/nothing")
    app = importlib.import_module(f"{package}.app").create_app().fastapi
    return (one for one in app.routes if isinstance(one, UnitOfWorkRoute))


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    for part in getattr(annotation, "__args__", ()):
        yield from models(part)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for one in annotation.model_fields.values():
            yield from models(one.annotation)


def holds_ids(annotation: Any) -> bool:
    return annotation is UUID or any(map(holds_ids, get_args(annotation)))


@pytest.mark.requirement("A117", "X04")
@pytest.mark.refusing
@pytest.mark.parametrize(("package", "least"), [("ip_ledger", 21), ("evaluation", 5)])
def test_no_route_takes_a_file_unasked(package: str, least: int) -> None:
    """By its name a field holds files, and by its type the route asks for them."""
    asking, faults = set(), []
    for route in routes(package):
        known = {model for body in bodies_of(route.dependant) for model in models(body)}
        for model in known:
            named = {
                name for name, field in model.model_fields.items()
                if re.fullmatch(r"evidence|\w*file_ids?", name) and holds_ids(field.annotation)
            }  # fmt: skip
            if named != file_fields(model):
                faults.append(f"{model.__name__}: {sorted(named ^ file_fields(model))}")
        takes = any(file_fields(model) for model in known)
        if takes and route.operation_id not in SUPPOSED:
            called = {*calls_of(route.dependant)}
            names = {one.__name__ for one in called}
            if "evidence_known" not in names and called.isdisjoint(HASHED):
                faults.append(f"{route.path} does not ask for its files")
            first = [one.call.__name__ for one in route.dependant.dependencies if one.call]
            if "evidence_known" in first and "transaction" in first:
                assert first.index("evidence_known") < first.index("transaction")
            asking.add(route.operation_id)
    assert not faults
    assert len(asking) >= least
