"""The HTTP face that all services share."""

from shared.http.dependencies import (
    CurrentActor,
    IfMatch,
    Language,
    MaybeActor,
    Now,
    PageQuery,
    PageRequest,
    Services,
    Today,
    VersionRead,
    check_version,
    paginate,
    readiness_of,
    tagged,
    version_checks,
    version_of,
    warnings_of,
)
from shared.http.problem import Failure, check_object, problems
from shared.http.route import Router, access
from shared.http.schemas import Page
from shared.http.work import CurrentWork, Reading, Transaction, Work

__all__ = [
    "CurrentActor",
    "CurrentWork",
    "Failure",
    "IfMatch",
    "Language",
    "MaybeActor",
    "Now",
    "Page",
    "PageQuery",
    "PageRequest",
    "Reading",
    "Router",
    "Services",
    "Today",
    "Transaction",
    "VersionRead",
    "Work",
    "access",
    "check_object",
    "check_version",
    "paginate",
    "problems",
    "readiness_of",
    "tagged",
    "version_checks",
    "version_of",
    "warnings_of",
]
