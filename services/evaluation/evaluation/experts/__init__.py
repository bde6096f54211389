"""The pool of experts: their fields, their employers and every tie that could bias them."""
