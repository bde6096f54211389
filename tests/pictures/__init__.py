"""Every page and document as pictures, for people who look at them before others do."""
