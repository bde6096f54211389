"""What is done from time to time, and the list of when it was."""
