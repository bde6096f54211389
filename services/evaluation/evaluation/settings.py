"""What the evaluation service can be told from outside."""

from shared.settings import Settings


class EvaluationSettings(Settings):
    """The evaluation service's settings: those of every service, so far."""
