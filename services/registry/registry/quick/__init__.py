"""The reads that come by the thousand: one statement each, past the framework."""
