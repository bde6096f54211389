"""Every table of the gateway, for migrations."""

from typing import Final

import gateway.accounts.tables
import gateway.binding.tables
import gateway.claims.tables
import gateway.duties.tables
import gateway.factors.tables
import gateway.grants.tables
import gateway.housekeeping.tables
import gateway.identity.tables
import gateway.notices.tables
import gateway.outside.tables
import gateway.referrals.tables
import gateway.requests.tables
import gateway.revocations.tables
import gateway.sandbox.tables
import gateway.tokens.tables
import gateway.trail.tables
import gateway.webhooks.tables  # noqa: F401 - importing is what makes its tables known
from gateway.base import Base

METADATA: Final = [Base.metadata]

__all__ = ["METADATA"]
