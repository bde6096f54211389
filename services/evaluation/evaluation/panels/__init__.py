"""Panels: who reviews an application or a case, and why nobody else of the pool may."""
