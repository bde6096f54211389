"""What the registry holds, written down every night for those who keep a copy."""
