"""Conflicts of interest of experts who already sit on a panel, found when anything changes."""
