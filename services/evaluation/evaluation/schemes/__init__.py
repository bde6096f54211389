"""Indicator schemes and weight profiles: what is measured, and how much it counts."""
