"""How far experts agree, shown to officials beside the scores and never changing them."""
