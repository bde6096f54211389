"""Membership benefits: a pool divided by the shares of benefit, exits counted as agreed."""
