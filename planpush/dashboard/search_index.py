"""The full-text index of titles, documents and comments.

They are written in the transaction of what they tell; each database keeps its index in step: FTS5
by triggers, PostgreSQL by the column `words`. A passage's id is its plan's, then a number, so that
the passages of one plan are a range.

SQLite has FTS5, whose rows are asked for a range of ids, PostgreSQL the column `words`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice
from math import inf
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Text,
    any_,
    bindparam,
    cast,
    column,
    delete,
    exists,
    func,
    insert,
    intersect,
    literal,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from planpush.comments.comment import Comment
from planpush.database.session import Base, among, db, rows
from planpush.database.sqlite import quiet
from planpush.document.search_terms import chunks, spaced, tsvector
from planpush.plans.plan import Plan
from planpush.plans.section import Section, unpack_blocks
from planpush.plans.version import Version, VersionSection

TITLE, SECTION, COMMENT = "title", "section", "comment"
_ID = BigInteger().with_variant(Integer(), "sqlite")  # there the rowid itself
_MERGE = text("INSERT INTO passage_words(passage_words, rank) VALUES ('merge', :pages)")
_PAGES, _PAUSE = 50, 0.005  # some 10 ms of work, and seconds in which others get their turn
# The pages of each part: the number of its last one are the last bits of that page's id.
_PARTS = text("""
SELECT (SELECT max(id) FROM passage_words_data WHERE id < (segid << 37) + (1 << 31)) & 0x7FFFFFFF
FROM (SELECT DISTINCT segid FROM passage_words_idx)""")
_NEWER = 0.02  # share of the pages that are in other parts than the largest, at most
SHIFT = 20
"""Bits of an id that tell a plan's passages apart."""
FEW = 20
"""Plans that are indexed in one transaction: some 0.3 s."""


class Passage(Base):
    """A piece of text of a plan. `source_id` is the section's or the comment's, 0 for the title."""

    __tablename__ = "passages"
    __table_args__ = (Index(None, "plan_id", "kind", "source_id"),)

    id: Mapped[int] = mapped_column(_ID, primary_key=True, autoincrement=False)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    source_id: Mapped[int]
    anchor: Mapped[str] = mapped_column(String(64), default="")
    body: Mapped[str] = mapped_column(Text)
    words: Mapped[str | None] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))


# Sent with each comment: to make a statement takes longer than what it does.
_GONE = delete(Passage.__table__).where(  # type: ignore[arg-type]
    Passage.plan_id == bindparam("plan"),
    Passage.kind == bindparam("of"),
    Passage.source_id == bindparam("source"),
)
_TITLE = select(Passage.body).where(Passage.plan_id == bindparam("plan"), Passage.kind == TITLE)
_INTO = insert(Passage.__table__)  # type: ignore[arg-type]
# Many by one statement: after each, FTS5 writes its words down as a part of its own, to be merged.
_COLUMNS = ("id", "plan_id", "kind", "source_id", "anchor", "body")
_ALL_INTO = text("""
INSERT INTO passages (id, plan_id, kind, source_id, anchor, body)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
  json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]')
FROM json_each(:told)""")
_READ_INTO = _INTO.values(words=cast(bindparam("told", type_=Text), TSVECTOR))
_LAST = select(func.max(Passage.id)).where(
    Passage.id.between(bindparam("first", type_=BigInteger), bindparam("last", type_=BigInteger))
)


def index_plan(plan: Plan) -> None:
    """Let a plan be found by its title and its newest document, as they are now.

    One of a release that could not search yet: by its comments as well.
    """
    titled, title = rows(_TITLE, {"plan": plan.id}).scalars().all(), _rows(TITLE, 0, [plan.title])
    if titled == [row["body"] for row in title]:
        title = []
    elif titled:
        _replace(plan.id, TITLE, 0, [])
    _add(plan.id, title + _document(plan))
    if not titled and plan.comment_count:
        said = select(Comment).where(Comment.plan_id == plan.id, Comment.deleted_at.is_(None))
        for comment in db.session.scalars(said.order_by(Comment.id)):
            index_comment(comment)


def _document(plan: Plan) -> list[dict[str, Any]]:
    """Return new passages of a plan's newest version; those that it has no more are gone."""
    kept = VersionSection.section_id
    held = select(kept).join(Version).where(
        Version.plan_id == plan.id, Version.number == plan.newest
    )  # fmt: skip
    here = Passage.plan_id == plan.id, Passage.kind == SECTION
    db.session.execute(delete(Passage).where(*here, Passage.source_id.not_in(held)))
    known = exists().where(*here, Passage.source_id == Section.id)
    query = select(Section.id, Section.anchor, Section.title, Section.blocks, Section.html)
    found = query.where(Section.id.in_(held), ~known).order_by(Section.id)
    told: list[dict[str, Any]] = []
    for row in db.session.execute(found):
        blocks = unpack_blocks(row.blocks, row.html)
        said = [block.text for block in blocks if not block.element]
        told += _rows(SECTION, row.id, [row.title, *said], row.anchor)
    return told


def index_comment(comment: Comment) -> None:
    """Let a plan be found by a comment's words, and by none that were taken back."""
    _replace(comment.plan_id, COMMENT, comment.id, [comment.body] if comment.body else [])


def missing() -> list[int]:
    """Return the plans that no passage tells of yet, the newest first."""
    return list(db.session.scalars(select(Plan.id).where(~_known()).order_by(Plan.id.desc())))


def index_missing(ids: Sequence[int] = ()) -> int:
    """Let some plans be found that no passage tells of yet; return how many these were.

    They are few at a time: nobody can push to them until the end of the transaction.
    """
    query = select(Plan).where(~_known(), Plan.id.in_(ids or missing()[:FEW])).order_by(Plan.id)
    query = query.with_for_update(of=Plan, skip_locked=True)  # another replica has those
    plans = db.session.scalars(query).all()
    for plan in plans:
        index_plan(plan)
    return len(plans)


def _known() -> ColumnElement[bool]:
    return exists().where(Passage.plan_id == Plan.id, Passage.kind == TITLE)


def forget_words() -> None:
    """Take what was deleted out of SQLite's index for good; PostgreSQL's vacuum does by itself.

    Until then the index only knows that these words do not count. Others may write in between.
    """
    if db.engine.dialect.name == "sqlite":
        _merge()


def tidy_words(seconds: float = inf) -> bool:
    """Make SQLite's index one part again if the newer ones have grown; False if time ran out.

    To ask a plan for a word is to look into each part. For who holds no transaction.
    """
    if db.engine.dialect.name != "sqlite":
        return True
    with db.engine.connect() as connection:
        sizes = connection.scalars(_PARTS).all()
    newer = sum(sizes) - max(sizes, default=0)
    return newer <= sum(sizes) * _NEWER or _merge(seconds)


def _merge(seconds: float = inf) -> bool:
    ends = time.monotonic() + seconds
    pages = -_PAGES  # negative: first all parts of the index become ones to be merged
    while _merged(pages):
        if time.monotonic() > ends:
            return False
        pages = _PAGES
        time.sleep(_PAUSE)
    return True


def _merged(pages: int) -> bool:
    """Merge some of SQLite's index; False if there was nothing to do."""
    with db.engine.begin() as connection:
        raw: Any = connection.connection.dbapi_connection
        before = raw.total_changes
        connection.execute(_MERGE, {"pages": pages})
        return bool(raw.total_changes - before > 1)


def _replace(plan_id: int, kind: str, source_id: int, texts: Sequence[str]) -> bool:
    """Put passages in the place of those before; False if there were none."""
    found = rows(_GONE, {"plan": plan_id, "of": kind, "source": source_id})
    _add(plan_id, _rows(kind, source_id, texts))
    return bool(found.rowcount)


def _rows(
    kind: str, source_id: int, texts: Iterable[str], anchor: str = ""
) -> list[dict[str, Any]]:
    told = {"kind": kind, "source_id": source_id, "anchor": anchor}
    return [told | {"body": spaced(text)} for text in chunks(texts)]


def _add(plan_id: int, told: list[dict[str, Any]]) -> None:
    """Store passages of a plan, whose row this transaction has locked by now."""
    if not told:
        return
    free = _free(plan_id, len(told))
    told = [row | {"id": one, "plan_id": plan_id} for one, row in zip(free, told, strict=True)]
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(_READ_INTO, [row | {"told": tsvector(row["body"])} for row in told])
    elif len(told) == 1:
        connection.execute(_INTO, told)
    else:
        values = [[row[name] for name in _COLUMNS] for row in told]
        connection.execute(_ALL_INTO, {"told": json.dumps(values, ensure_ascii=False)})


def _free(plan_id: int, count: int) -> Iterable[int]:
    """Return ids for new passages of a plan: the next ones, or at the end those that were left."""
    first = plan_id << SHIFT
    last = first | (1 << SHIFT) - 1
    after = (rows(_LAST, {"first": first, "last": last}).scalar() or first) + 1
    if after + count - 1 <= last:
        return range(after, after + count)
    taken = set(db.session.scalars(select(Passage.id).where(Passage.id.between(first, last))))
    return islice((one for one in range(first + 1, last + 1) if one not in taken), count)


_FTS = table("passage_words", column("rowid", Integer))
_MATCHES: Any = literal_column("passage_words").op("MATCH", is_comparison=True)


def is_sqlite() -> bool:
    """Tell which database this is."""
    return db.engine.dialect.name == "sqlite"


def having(asked: str) -> Select[Any]:
    """Select the ids of passages that have what is asked for."""
    return select(_FTS.c.rowid if is_sqlite() else Passage.id).where(_has(asked))


def having_within(asked: str) -> Select[Any]:
    """Select those of the plans `ids` by reading all: of few passages SQLite does so at once."""
    return having(asked).where(among(_plan(), "ids"))


def plans_having(asked: str) -> Select[Any]:
    """Select the plans of these passages, each as often as it has one."""
    return select(_plan()).where(_has(asked))


def has(words: Any, asked: str) -> Any:
    """Return the condition that PostgreSQL's column `words` has what is asked for."""
    return words.op("@@", is_comparison=True)(_told(asked))


def has_first(asked: str) -> Any:
    """Return the condition that a plan has it, which is asked of each until one passage has."""
    return _first([_told(asked)]).is_not(None)


def gathered(some: Sequence[str]) -> list[Any]:
    """Return conditions that a plan has each of some words, whose plans are looked up first."""
    plans = [plans_having(asked) for asked in some]
    if is_sqlite() or not plans:
        return [Plan.id.in_(one) for one in plans]
    # As an array they are looked up one by one; of a subquery PostgreSQL reads all plans. Of
    # two arrays it would try each pair.
    both = intersect(*plans) if len(plans) > 1 else plans[0]
    return [Plan.id == any_(func.array(both.scalar_subquery()))]


def walked(plans: Select[Any], most: Any, *, few: bool, sqlite: bool) -> Select[Any]:
    """Select, of plans in their order, at most so many that have a word, and its first passage.

    The word is the parameter `word0`, see `asking`. A plan is asked when its turn comes, and once:
    without a limit of its own each part would become one with the next, which asks twice.
    """
    ordered = _apart(plans, sqlite)
    if few and not sqlite:
        # Whatever finds fewest by mistake seems to PostgreSQL to save most of the asking.
        ordered = plans.cte().prefix_with("MATERIALIZED")
    place = _first(_named("word0", sqlite=sqlite), plan=ordered.c.id).label("place")
    asked = _apart(select(ordered.c.id, place), sqlite)
    return select(asked.c.id, asked.c.place).where(asked.c.place.is_not(None)).limit(most)


def _apart(query: Select[Any], sqlite: bool) -> Any:
    """Return a part of a statement that the databases leave as it is."""
    part = query.limit(literal_column("-1")) if sqlite else query.offset(literal_column("0"))
    return part.subquery()


@cache
def first_outside(kind: str, *names: str, sqlite: bool) -> Select[Any]:
    """Select, of the plans `ids`, the first passage with some words that is not of a `kind`.

    It is made once: the words come as parameters with these names. NULL: no passage has them.
    """
    return select(Plan.id, _first(_named(*names, sqlite=sqlite), kind)).where(among(Plan.id, "ids"))


def _plan() -> Any:
    return _FTS.c.rowid.op(">>")(literal_column(str(SHIFT))) if is_sqlite() else Passage.plan_id


def _has(asked: str) -> Any:
    return _MATCHES(_told(asked)) if is_sqlite() else has(Passage.words, asked)


def _told(asked: str) -> Any:
    return _typed(literal(asked, Text if is_sqlite() else TSQUERY))


def _named(*names: str, sqlite: bool) -> list[Any]:
    kind: Any = Text if sqlite else TSQUERY
    return [_typed(bindparam(name, type_=kind)) for name in names]


def _typed(asked: Any) -> Any:
    # Of this type from the start: PostgreSQL would read a text anew for each passage.
    return asked if is_sqlite() else cast(asked, TSQUERY)


def _first(words: Sequence[Any], outside: str = "", plan: Any = Plan.id) -> Any:
    if not is_sqlite():
        # A column that is no column: the index would bring all passages that have it.
        there = func.coalesce(Passage.words, literal_column("''::tsvector"))
        query = select(Passage.id).where(Passage.plan_id == plan)
        query = query.where(there.op("@@", is_comparison=True)(words[0]))
        query = query.where(Passage.kind != outside) if outside else query
        # The title and the document first: of comments there may be many that do not have it.
        return query.order_by(Passage.kind.desc()).limit(1).scalar_subquery()
    first = plan.op("<<")(literal_column(str(SHIFT)))
    last = first.op("+")(literal_column(str((1 << SHIFT) - 1)))
    here = _FTS.c.rowid.between(first, last)
    query = select(_FTS.c.rowid).where(_MATCHES(words[0]), here)
    # For both at once, FTS5 looks on beyond the plan until it has both; not quiet, it would be
    # asked anew for each passage that has the other word.
    for asked in words[1:]:
        too = select(_FTS.c.rowid).where(_MATCHES(asked), here).correlate_except(_FTS)
        query = query.where(quiet(_FTS.c.rowid).in_(too))
    if outside:
        query = query.join(Passage, Passage.id == _FTS.c.rowid).where(Passage.kind != outside)
    return query.limit(1).scalar_subquery()
