"""What happens to facts: they are recorded, one or many, and corrected by later ones."""

from registry.facts.actions.recording import correct, foretell_facts, post, record_facts
from registry.facts.actions.writing import Sent, sent

__all__ = ["Sent", "correct", "foretell_facts", "post", "record_facts", "sent"]
