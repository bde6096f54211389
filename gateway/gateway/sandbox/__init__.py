"""The sandbox's programme clock, which only moves forward."""
