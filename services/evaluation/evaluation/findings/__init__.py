"""What a published result found wanting, and how its centre mended it by a day (A125)."""
