"""What happened, for people and for auditors."""
