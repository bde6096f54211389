"""One case, from an application to a receipt that proves a payout, told by the people in it.

Every step is a call through the gateway with that person's own token; only the sandbox's clock is
moved by its administrator. Each figure printed is read from an answer.
"""

from typing import Final

from zhichuang.demo import founding, judging, sharing
from zhichuang.demo.story import Story

CHAPTERS: Final = (
    founding.found,
    founding.draft,
    founding.submit,
    founding.review,
    founding.agree,
    founding.decide_and_list,
    judging.post_the_year,
    judging.report,
    judging.score,
    judging.publish,
    sharing.own,
    sharing.earn,
    sharing.share,
    sharing.prove,
)


class Case(Story):
    """The whole case, chapter by chapter."""

    def tell(self) -> None:
        """Tell it from its first chapter to its last."""
        for chapter in CHAPTERS:
            chapter(self)
