"""What happens to organizations and parks; each action is all or nothing in its caller's work."""

from registry.organizations.actions.commands import (
    NewCode,
    NewName,
    NewPark,
    NewProfile,
    NewQualification,
    NewRecord,
    NewSuccessor,
    NewValues,
    Verdict,
)
from registry.organizations.actions.correcting import correct, enter_values, state, verify
from registry.organizations.actions.identity import add_name, end_name, renumber, succeed
from registry.organizations.actions.papers import (
    change_park,
    enter_park,
    enter_profile,
    enter_qualification,
    revoke_qualification,
    verify_profile,
    verify_qualification,
)
from registry.organizations.actions.records import enter_record, lift_record
from registry.organizations.actions.registering import (
    NewOrganization,
    foretell_many,
    register,
    register_many,
)

__all__ = [
    "NewCode",
    "NewName",
    "NewOrganization",
    "NewPark",
    "NewProfile",
    "NewQualification",
    "NewRecord",
    "NewSuccessor",
    "NewValues",
    "Verdict",
    "add_name",
    "change_park",
    "correct",
    "end_name",
    "enter_park",
    "enter_profile",
    "enter_qualification",
    "enter_record",
    "enter_values",
    "foretell_many",
    "lift_record",
    "register",
    "register_many",
    "renumber",
    "revoke_qualification",
    "state",
    "succeed",
    "verify",
    "verify_profile",
    "verify_qualification",
]
