"""Proof by large counts: the same tests as the suite's, asked much more often."""
