"""Zhichuang on one machine: its PostgreSQL, its processes, its command line."""
