"""What happens to facts: they are recorded, one or many, and corrected by later ones."""

from registry.facts.actions.recording import correct, post, record_facts

__all__ = ["correct", "post", "record_facts"]
