"""What happens to contributions and funding."""
