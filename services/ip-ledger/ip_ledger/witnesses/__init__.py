"""Member institutions watch the log: each signs with its own key what it has seen grow."""
