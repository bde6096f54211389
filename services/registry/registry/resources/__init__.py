"""What centres share and offer: resources with their bookings, and services by the catalogue."""
