"""Settings of the ip-ledger, each from the environment with the prefix `ZHICHUANG_`."""

from pathlib import Path

from shared.settings import Settings


class LedgerSettings(Settings):
    """What the ip-ledger needs beyond the settings that every process reads."""

    # A checkpoint appears within a second of the commit; half of that leaves room to sign it.
    checkpoint_seconds: float = 0.5
    # Names the log in its checkpoints and its key (C2SP): a URL without scheme, never fetched.
    log_origin: str = "zhichuang.example/ip-ledger"
    # The signing key; replicas share the file. Beside the folder of files when nothing is said.
    log_key_file: Path | None = None
    # Between two audits of the whole ledger, each of which reads every row once.
    audit_seconds: float = 3600.0
    # Postings that share one statement; what queues beyond it waits for the next one.
    posting_batch: int = 512
