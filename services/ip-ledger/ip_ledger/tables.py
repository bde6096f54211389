"""Every table of the ip-ledger's database, for its migrations."""

from typing import Final

from sqlalchemy import MetaData

from ip_ledger.agreements import tables as agreements
from ip_ledger.assets import tables as assets
from ip_ledger.audit import tables as audit
from ip_ledger.base import Base
from ip_ledger.benefits import tables as benefits
from ip_ledger.contracts import tables as contracts
from ip_ledger.contributions import tables as contributions
from ip_ledger.costs import tables as costs
from ip_ledger.distributions import tables as distributions
from ip_ledger.facts import tables as facts
from ip_ledger.fees import tables as fees
from ip_ledger.housekeeping import tables as housekeeping
from ip_ledger.journal import tables as journal
from ip_ledger.log import tables as log
from ip_ledger.losses import tables as losses
from ip_ledger.openings import tables as openings
from ip_ledger.party_keys import tables as party_keys
from ip_ledger.portfolio import tables as portfolio
from ip_ledger.pricing import tables as pricing
from ip_ledger.revenue import tables as revenue
from ip_ledger.rewards import tables as rewards
from ip_ledger.settlements import tables as settlements
from ip_ledger.templates import tables as templates
from ip_ledger.witnesses import tables as witnesses
from shared.directory import DirectoryBase

METADATA: Final[list[MetaData]] = [Base.metadata, DirectoryBase.metadata]

__all__ = [
    "METADATA",
    "agreements",
    "assets",
    "audit",
    "benefits",
    "contracts",
    "contributions",
    "costs",
    "distributions",
    "facts",
    "fees",
    "housekeeping",
    "journal",
    "log",
    "losses",
    "openings",
    "party_keys",
    "portfolio",
    "pricing",
    "revenue",
    "rewards",
    "settlements",
    "templates",
    "witnesses",
]
