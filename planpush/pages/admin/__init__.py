"""What only admins see. Everybody else gets 404."""
