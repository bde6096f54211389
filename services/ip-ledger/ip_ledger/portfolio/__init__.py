"""Rights that members bring in, the plan of rights to be filed, and what protects them."""
