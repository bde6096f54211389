"""Every table of this service's database, for migrations and for the schema check."""

from typing import Final

from sqlalchemy import MetaData

from evaluation.assessments import tables as _assessments
from evaluation.assignments import tables as _assignments
from evaluation.base import Base
from evaluation.conflicts import tables as _conflicts
from evaluation.corrections import tables as _corrections
from evaluation.cycles import tables as _cycles
from evaluation.documents import tables as _documents
from evaluation.dossiers import tables as _dossiers
from evaluation.duties import tables as _duties
from evaluation.experts import tables as _experts
from evaluation.findings import tables as _findings
from evaluation.housekeeping import tables as _housekeeping
from evaluation.objections import tables as _objections
from evaluation.optional_reports import tables as _optional_reports
from evaluation.panels import tables as _panels
from evaluation.privacy import tables as _privacy
from evaluation.reports import tables as _reports
from evaluation.results import tables as _results
from evaluation.robustness import tables as _robustness
from evaluation.runs import tables as _runs
from evaluation.schemes import tables as _schemes
from evaluation.sheets import tables as _sheets
from evaluation.trends import tables as _trends
from evaluation.visits import tables as _visits
from evaluation.voidings import tables as _voidings
from shared.directory import DirectoryBase

FEATURES: Final = (
    _schemes,
    _cycles,
    _reports,
    _corrections,
    _optional_reports,
    _duties,
    _experts,
    _privacy,
    _panels,
    _conflicts,
    _sheets,
    _visits,
    _results,
    _robustness,
    _runs,
    _objections,
    _findings,
    _voidings,
    _assessments,
    _dossiers,
    _documents,
    _trends,
    _assignments,
    _housekeeping,
)
METADATA: Final[list[MetaData]] = [Base.metadata, DirectoryBase.metadata]
