"""Who did what in a case, so that nobody decides what he prepared or scored."""
