"""What the house costs beside its peers, measured in turn; run by `make bench`, timed nowhere."""
