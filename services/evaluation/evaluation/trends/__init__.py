"""What a centre's frozen years show together: partners, public service, exchange, money."""
