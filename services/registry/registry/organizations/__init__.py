"""Who takes part: organizations under their social credit code, and parks."""
