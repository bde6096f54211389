"""Site visits: a report that the experts who were there sign."""
