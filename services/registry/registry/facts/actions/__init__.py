"""What happens to facts: they are recorded, one or many, and corrected by later ones."""

from registry.facts.actions.recording import correct, post, record_facts
from registry.facts.actions.writing import Sent, sent

__all__ = ["Sent", "correct", "post", "record_facts", "sent"]
