"""Engine, sessions, transactions and paging; what differs between SQLite and PostgreSQL."""
