"""What members owe their centre and have paid, and which other money it lives on."""
