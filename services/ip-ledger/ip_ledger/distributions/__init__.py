"""Sharing an invention's net income among its owners and rewarding its inventors."""
