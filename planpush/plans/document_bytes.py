"""A version's document as bytes, loaded with one query.

Agents take documents more often than all else. What is asked here is what `Token.find`, `Plan.find`
and `Version.of` ask, of the same conditions, but in one statement that is made once and goes to the
driver as it is: to put three rows into objects takes ten times as long as to find them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import DateTime, Engine, Integer, Select, String, bindparam, func, or_, select

from planpush.accounts.sessions import TOUCH_EVERY, hashed
from planpush.accounts.tokens import ACCESS, PERSONAL, Token
from planpush.accounts.user import Reader, User
from planpush.database.postgres import alone
from planpush.database.session import UTCDateTime, now
from planpush.database.sqlite import lists
from planpush.plans.plan import Plan
from planpush.plans.section import Section, expand, gzip_join
from planpush.plans.version import Version, VersionSection

SCOPE = "plans:read"
_MOST = 16 * 1024 * 1024  # compressed bytes that a process keeps
_LARGEST = 1024 * 1024  # of which one document may be so many
_KINDS = (PERSONAL, ACCESS)


@dataclass(frozen=True, slots=True)
class Copy:
    """A version that somebody may have: whose token asked, and the version's row and digest."""

    user_id: int
    version_id: int
    digest: str


class _Bearer(Reader):
    """Whoever the token of the same statement belongs to."""

    __slots__ = ()

    @property
    def id(self) -> Any:
        """Return the column."""
        return User.id


class Copies:
    """The copies of one database. The bytes of the last ones are kept: a version never changes.

    Who may have them is asked each time; of a version that was purged, nobody gets any.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._found, self._pieces = _Prepared(engine, _search()), _Prepared(engine, _stored())
        self._kept, self._size, self._lock = OrderedDict[Copy, bytes](), 0, Lock()

    def find(self, secret: str, slug: str, number: int | None) -> Copy | None:
        """Return the copy of a plan's version (None: the newest) that a token opens.

        None says only that there is more to it: who asks without a right is told so elsewhere, and
        a token that was not used for a while has to be touched.
        """
        if secret[:3] not in _KINDS:  # noise costs a look into an index here: less than to check it
            return None
        at = now()
        told = {"hash": hashed(secret), "slug": slug, "number": number}
        rows = self._found({**told, "at": at, "fresh": at - TOUCH_EVERY})
        return Copy(*rows[0]) if rows else None

    def packed(self, copy: Copy) -> bytes:
        """Return a copy's bytes, one gzip member; none at all if it was purged this moment."""
        with self._lock:
            kept = self._kept.get(copy)
            if kept is not None:
                self._kept.move_to_end(copy)
                return kept
        stored = [bytes(row[0]) for row in self._pieces({"version": copy.version_id})]
        made = gzip_join(stored, b"".join(map(expand, stored))) if stored else b""
        self._keep(copy, made)
        return made

    def _keep(self, copy: Copy, made: bytes) -> None:
        if not 0 < len(made) <= _LARGEST:
            return
        with self._lock:
            if copy not in self._kept:
                self._kept[copy] = made
                self._size += len(made)
            while self._size > _MOST:
                self._size -= len(self._kept.popitem(last=False)[1])


class _Prepared:
    """A statement in the words of an engine, for its driver: only times are put into its form."""

    def __init__(self, engine: Engine, query: Select[Any]) -> None:
        compiled = query.compile(dialect=engine.dialect)
        self.engine, self.text, self.given = engine, str(compiled), dict(compiled.params)
        self.order: Sequence[str] | None = compiled.positiontup
        stored = UTCDateTime().dialect_impl(engine.dialect).bind_processor(engine.dialect)
        self.time: Callable[[Any], Any] = stored or (lambda at: at)
        self.alone = alone if engine.dialect.name == "postgresql" else nullcontext
        self.times = [name for name, one in compiled.binds.items() if isinstance(one.type, _TIMES)]

    def __call__(self, told: dict[str, Any]) -> Sequence[Any]:
        """Return the rows; raises what the driver raises."""
        given = self.given | told
        for name in self.times:
            given[name] = self.time(given[name])
        values = given if self.order is None else [given[name] for name in self.order]
        connection = self.engine.raw_connection()
        try:
            with self.alone(connection.dbapi_connection):
                cursor = connection.cursor()
                cursor.execute(self.text, values)
                return cursor.fetchall()
        except BaseException as error:
            connection.invalidate(error)  # it may be broken; who comes next takes it unasked
            raise
        finally:
            connection.close()


_TIMES = (UTCDateTime, DateTime)


def _search() -> Select[Any]:
    number = func.coalesce(bindparam("number", type_=Integer), Plan.newest)
    known = Token.token_hash == bindparam("hash", type_=String)
    used = Token.seen_at > bindparam("fresh", type_=UTCDateTime)
    query: Any = (
        select(Token.user_id, Version.id, Version.digest)
        .join(User, Token.user_id == User.id)
        .join(Plan, Plan.slug == bindparam("slug", type_=String))
        .join(Version, (Version.plan_id == Plan.id) & (Version.number == number))
        .where(known, or_(*(Token.kind == kind for kind in _KINDS)), used)
        .where(Token.live(bindparam("at", type_=UTCDateTime)), User.active)
        .where(lists(Token.scopes, SCOPE), Version.purged_at.is_(None))
    )
    asked: Select[Any] = query.where(_visible())
    return asked


def _visible() -> Any:
    """Return the condition that the token's owner may see the plan, by the roles that they hold."""
    conditions: list[Any] = [
        Plan.visible_to(_Bearer(*sees)).whereclause
        for sees in ((True, True), (False, True), (False, False))
    ]
    all_, published, own = conditions
    see_all, see_published = map(User.holding, ("plans.see_all", "plans.see_published"))
    return or_(see_all & all_, see_published & published, own)


def _stored() -> Select[Any]:
    query = select(Section.html).join(VersionSection, VersionSection.section_id == Section.id)
    wanted = VersionSection.version_id == bindparam("version", type_=Integer)
    return query.where(wanted).order_by(VersionSection.position)
