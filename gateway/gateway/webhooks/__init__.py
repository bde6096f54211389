"""Events pushed to whoever subscribed: signed, in order, tried again, and logged."""
