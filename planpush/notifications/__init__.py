"""Who is notified of an event, and the outbox that sends it."""
