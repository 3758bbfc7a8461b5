"""One changed section of twelve: what travels, and what the database keeps of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench import growth
from planpush.document import sections as content
from planpush.document.sanitizer import sanitizer
from planpush.plans.section import Section, compress, unpack_blocks
from tests.conftest import ON_POSTGRES, own_database


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> growth.Growth:
    """Twelve pushes, each of one other section: so the growth by whole pages evens out."""
    folder: Path = tmp_path_factory.mktemp("growth")
    url = f"sqlite:///{folder}/growth.db"
    if ON_POSTGRES:
        url = own_database(os.environ["PLANPUSH_TEST_POSTGRES"], f"planpush_growth_{worker_id}")
    with growth.deployment(url, folder) as client:
        return growth.grow(client, 12)


def test_one_section_of_twelve_travels_and_is_kept(grown: growth.Growth) -> None:
    sizes = [len(growth.section(number, 0)) for number in range(growth.SECTIONS)]
    assert min(sizes) >= 8_000 and max(sizes) < 12_000
    assert sum(sizes) / 4 < grown.document < sum(sizes) / 2  # compressed as real prose is
    largest = max(len(growth.section(number, 12)) for number in range(growth.SECTIONS))
    assert len(grown.requests) == 12 and max(grown.requests) < 1.15 * largest + 1_000
    assert grown.rows["sections"] / 12 > grown.document / growth.SECTIONS / 2
    assert grown.by_rows <= growth.GATE, grown.rows
    assert grown.file > 0
    # Rows of 2 KB and their chunks leave up to a quarter of PostgreSQL's pages empty: measured
    # 16 to 20 %, so there only the law about rows is kept, and this one bounds the waste.
    assert grown.by_file <= (2 * growth.GATE if ON_POSTGRES else growth.GATE), grown.rows


@pytest.mark.parametrize("times", [0, 1, 8], ids=["nothing", "one section", "many"])
def test_blocks_come_back_from_beside_their_html(times: int) -> None:
    html = sanitizer.clean(
        "".join(growth.section(n, 0) for n in range(times)) + "<p>é &amp; 漢</p>"
    )
    built = content.build("part", html)
    row = Section.made(built, sha256="0" * 64, source_bytes=1, elements=1)
    assert unpack_blocks(row.blocks, row.html) == built.blocks
    assert len(row.blocks) < len(content.pack(built.blocks))
    # What older versions of planpush stored stood for itself.
    assert unpack_blocks(compress(content.pack(built.blocks)), row.html) == built.blocks
