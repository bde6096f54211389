"""Which organizations belong to a centre, since when, and by whose own consent."""
