"""Voiding a published result that rests on what was falsified."""
