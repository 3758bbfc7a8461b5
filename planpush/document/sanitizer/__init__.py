"""What may be stored: an allow-list of elements, attributes and values."""
