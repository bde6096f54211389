"""Evaluation cycles and their cases: who is judged in a year, and where each case stands."""
