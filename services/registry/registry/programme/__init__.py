"""The programme itself: its policy by date, its words, its fields, its calls."""
