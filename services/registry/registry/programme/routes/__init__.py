"""The HTTP face of the programme: what anyone may read, and what officials keep."""

from registry.programme.routes.days import calendar, changes
from registry.programme.routes.policies import policies, rules
from registry.programme.routes.words import calls, code_tables, fields

ROUTERS = (policies, rules, code_tables, fields, calls, calendar, changes)
