"""The history of the evaluation service's database."""
