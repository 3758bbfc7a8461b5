"""The courier while nothing can be saved: what has arrived is noted later, and not sent again."""

import threading
import time
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from planpush.database.session import db
from planpush.notifications.leases import Arrived
from planpush.notifications.outbox import SENT, Delivery
from planpush.server.dispatcher import Courier
from tests.conftest import ON_POSTGRES
from tests.notifications.mail import Mail

READ_ONLY = "SET default_transaction_read_only = on" if ON_POSTGRES else "PRAGMA query_only = on"


@contextmanager
def reading_only():
    """A standby, as whoever comes after a failover finds it."""

    def set_up(connection, _record):
        connection.execute(READ_ONLY)
        connection.commit()

    engine = db.engine
    engine.dispose()
    sa.event.listen(engine, "connect", set_up)
    yield
    sa.event.remove(engine, "connect", set_up)
    engine.dispose()


def eventually(found, seconds=60):
    ends = time.monotonic() + seconds
    while not found() and time.monotonic() < ends:
        time.sleep(0.05)
    assert found()


@pytest.fixture
def courier(app):
    """A courier, and the thread in which it works once that is started."""
    made = Courier(app, threading.Event())
    made.thread = threading.Thread(target=made.run)
    yield made
    made.stop.set()
    if made.thread.ident:
        made.thread.join()


@pytest.mark.long
def test_what_arrived_while_nothing_can_be_saved_is_noted_later(app, monkeypatch, courier, caplog):
    with app.app_context():
        mail = Mail(monkeypatch)
        mail.queue()
        (one,) = mail.claim(courier.name)
        courier.landed.append((one, Arrived({"ts": "1"})))
        db.session.remove()
        with reading_only():
            courier.thread.start()
            eventually(lambda: "deliveries wait: The database can only be read" in caplog.text)
            assert courier.landed
        eventually(lambda: not courier.landed)
        assert db.session.scalars(sa.select(Delivery.state)).all() == [SENT]
    assert {record.levelname for record in caplog.records} == {"WARNING"}
