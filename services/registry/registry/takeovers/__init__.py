"""Taking over existing centres: a file is judged as a whole, and entered by two people."""
