"""What was spent on rights and out of whose money, followed on to what the rights earned."""
