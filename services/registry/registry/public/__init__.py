"""What anyone may read without a token: listed centres, and figures that name nobody's money."""
