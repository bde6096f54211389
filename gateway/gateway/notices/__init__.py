"""Notices: what waits for somebody is told to him where he wants to hear it."""
