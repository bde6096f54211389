"""Days on which experts are away, and the seats that those days leave without their expert."""
