"""What happens to licenses and technology contracts: a module per use case."""
