"""Every code that a caller may meet: its status at the edge, and its two texts.

`status` is used for codes that no rule's check carries (401, 413, …); a check's own kind decides
otherwise. `{…}` in a text is filled from the figures of the check; a missing figure leaves the
sentence without its second half (after `|`).
"""

from typing import Final

from shared.http.wording import Words
from shared.http.words import edge, evaluation, gateway, ledger, registry

CODES: Final[dict[str, Words]] = {
    **edge.CODES,
    **gateway.CODES,
    **registry.CODES,
    **evaluation.CODES,
    **ledger.CODES,
}
