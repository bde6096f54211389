"""What went wrong, and how the parties bear it: by the risks that they agreed to share."""
