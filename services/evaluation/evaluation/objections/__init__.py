"""What a centre objects to in its published result, leaf by leaf."""
