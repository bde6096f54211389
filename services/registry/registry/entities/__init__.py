"""The consent of a legal person to carry a centre."""
