"""What is kept of experts as persons: with their own consent, sealed, shown to few, erased."""
