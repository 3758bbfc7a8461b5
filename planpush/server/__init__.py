"""The processes: event loop, threads, worker and health."""
