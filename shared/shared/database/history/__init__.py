"""What Alembic asks for, the same for every service: its entry, and the form of a migration."""
