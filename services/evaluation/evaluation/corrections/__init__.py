"""The one correction of a locked report that an upheld objection asks for."""
