"""Backup, migrations, retention, statistics and readiness."""
