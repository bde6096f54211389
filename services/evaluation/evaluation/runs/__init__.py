"""What is done to a whole cycle as a job: computing its cases, trying how steady results are."""
