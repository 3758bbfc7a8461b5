"""What an admin can change while the server runs."""
