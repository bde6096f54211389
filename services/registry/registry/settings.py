"""What the registry can be told from outside, beside what every service can be told."""

from typing import Final

from shared.settings import Settings

# An organization's evidence: documents, scans, tables and archives of them; nothing that runs.
EVIDENCE_MEDIA_TYPES: Final = frozenset(
    {
        "application/pdf",
        "application/json",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/zip",
        "application/octet-stream",
        "application/x-ndjson",
        "image/jpeg",
        "image/png",
        "image/tiff",
        "text/csv",
        "text/plain",
        "text/markdown",
    }
)


class RegistrySettings(Settings):
    """The registry's settings."""

    # Public pages may be this old: they change some times a day, and anyone may ask often.
    public_max_age_seconds: int = 60
    # Of so many days there is a dump: who follows the feed needs the newest, audits some more.
    dump_keep_days: int = 30
