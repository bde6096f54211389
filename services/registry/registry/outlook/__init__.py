"""What the programme looks at outside itself: needs of industry, and cases from elsewhere."""
