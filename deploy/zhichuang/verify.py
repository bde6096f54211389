"""`zhichuang verify`: the log's proofs checked offline, by the one file that bundles carry, too.

It lies in `shared` so that the ip-ledger can put it into a bundle; it imports nothing of ours.
"""

from shared.verifier import (
    Key,
    ReceiptError,
    Verified,
    bundle_holds,
    main,
    read_key,
    signature_fits,
    signed_text,
    verified,
    whole_log,
)

__all__ = [
    "Key",
    "ReceiptError",
    "Verified",
    "bundle_holds",
    "main",
    "read_key",
    "signature_fits",
    "signed_text",
    "verified",
    "whole_log",
]
