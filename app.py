"""The WSGI entry point: `gunicorn app:app`, `flask --app app …`."""

from planpush import create_app

app = create_app()
