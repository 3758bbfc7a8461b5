"""How a process begins: what listens to the database's engine does so before a thread uses it.

SQLAlchemy reads the list of who listens at each transaction, and fails if it grows meanwhile: once
in some ten starts, live updates then came two seconds late.
"""

import pytest

from planpush.server import worker
from planpush.server.asgi.adapter import Adapter


@pytest.fixture
def begun(app, monkeypatch):
    """What has begun, in order. The metrics only say so."""
    names, metrics = [], app.extensions["planpush_metrics"]
    monkeypatch.setattr(metrics, "start", lambda kind, **_gauges: names.append(f"metrics, {kind}"))
    monkeypatch.setattr(metrics, "stop", lambda: None)
    return names


def test_a_server_watches_after_it_measures(app, begun, monkeypatch):
    adapter = Adapter(app, 1)
    monkeypatch.setattr(adapter.hub, "start", lambda: begun.append("hub"))
    monkeypatch.setattr(adapter.hub, "stop", lambda: None)

    async def receive():
        return {}

    async def send(_message):
        return None

    with pytest.raises(StopIteration):  # nothing in it waits
        adapter._live(receive, send).send(None)
    assert begun == ["metrics, web", "hub"]


def test_a_worker_delivers_after_it_measures(app, begun, monkeypatch):
    class Courier:
        def __init__(self, _app, stop):
            self.stop = stop

        def run(self):
            begun.append("courier")
            self.stop.set()

    monkeypatch.setattr(worker, "Courier", Courier)
    worker.Worker(app).run()
    assert begun == ["metrics, worker", "courier"]
