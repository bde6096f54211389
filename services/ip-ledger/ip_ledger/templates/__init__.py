"""Texts of agreements to start from: versions, languages, and the blanks to fill in."""
