"""How a centre is governed: its plan, its bodies, its votes, and the gate to the pilot stage."""
