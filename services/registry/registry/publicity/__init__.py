"""What is said in public of centres' results, and the awards for them."""
