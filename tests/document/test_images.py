"""Embedded images: what a browser will decode is known, and bounded, before any browser does."""

from __future__ import annotations

import shutil
import struct
import zlib
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor

import pytest

from planpush.document.sanitizer import images, limits, sanitizer
from planpush.errors import InvalidDocument

SIDES = (30_000, 30_000)


def png(width: int, height: int) -> bytes:
    """Return a PNG of one bit a pixel, all of it there as far as it is small."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    rows = b"\0" * ((width + 7) // 8 + 1) * min(height, 30_000)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def jpeg(width: int, height: int, *, scans: int = 1, marker: int = 0xC0) -> bytes:
    size = struct.pack(">HH", height, width)
    frame = bytes([0xFF, marker]) + b"\0\x0b\x08" + size + b"\x01\x01\x11\0"
    return b"\xff\xd8\xff\xe0\0\x04ab" + frame + b"\xff\xda\0\x02x" * scans + b"\xff\xd9"


def gif(width: int, height: int, *, frame: tuple[int, int] = (1, 1), frames: int = 1) -> bytes:
    drawn = b"\x2c\0\0\0\0" + struct.pack("<HH", *frame) + b"\0\x02\x02\x44\x01\0"
    comment = b"\x21\xfe\x03abc\0"
    start = b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + b"\0" * 6
    return start + comment + drawn * frames + b"\x3b"


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def extended(width: int, height: int) -> tuple[bytes, bytes]:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X", b"\0\0\0\0" + sides


def lossy(width: int, height: int) -> tuple[bytes, bytes]:
    return b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)


def lossless(width: int, height: int) -> tuple[bytes, bytes]:
    return b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14)


def avif(*sizes: tuple[int, int]) -> bytes:
    parts = b"".join(b"\0\0\0\x14ispe\0\0\0\0" + struct.pack(">II", *size) for size in sizes)
    return b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + parts


def url(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{b64encode(content).decode()}"


GOOD = {
    "png": ("png", png(640, 480)),
    "jpeg": ("jpeg", jpeg(640, 480)),
    "progressive jpeg": ("jpeg", jpeg(640, 480, scans=10, marker=0xC2)),
    "gif": ("gif", gif(640, 480)),
    "gif whose frame is larger": ("gif", gif(64, 48, frame=(640, 480), frames=3)),
    "webp": ("webp", webp(lossy(640, 480))),
    "lossless webp": ("webp", webp(lossless(640, 480))),
    "extended webp": ("webp", webp(extended(640, 480), (b"ICCP", b"abc"), lossy(640, 480))),
    "avif": ("avif", avif((64, 48), (640, 480))),
}
BOMBS = {
    "png": ("png", png(*SIDES)),
    "long png": ("png", png(1, 2_000_000_000)),
    "jpeg": ("jpeg", jpeg(*SIDES)),
    "progressive jpeg": ("jpeg", jpeg(*SIDES, marker=0xC2)),
    "jpeg of many scans": ("jpeg", jpeg(640, 480, scans=5_000, marker=0xC2)),
    "gif": ("gif", gif(*SIDES)),
    "gif with one large frame": ("gif", gif(1, 1, frame=SIDES)),
    "gif of many frames": ("gif", gif(640, 480, frames=5_000)),
    "webp": ("webp", webp(lossy(16_383, 16_383))),
    "lossless webp": ("webp", webp(lossless(16_384, 16_384))),
    "extended webp": ("webp", webp(extended(*SIDES), lossy(1, 1))),
    "webp with a large frame": ("webp", webp(extended(9, 9), lossless(16_384, 16_384))),
    "avif": ("avif", avif((1, 1), SIDES)),
    "avif after many sizes": ("avif", avif(*[(1, 1)] * 5_000, SIDES)),
    "bytes": ("png", png(1, 1) + b"\0" * images.MAX_BYTES),
}
WRONG = {
    "svg": "data:image/svg+xml;base64," + b64encode(b"<svg onload='x'/>").decode(),
    "svg as png": url("png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>"),
    "html as gif": url("gif", b"GIF88a/*<script>x</script>*/=1"),
    "png as jpeg": url("jpeg", png(1, 1)),
    "magic alone": url("png", b"\x89PNG\r\n\x1a\n"),
    "no sides": url("png", png(0, 5)),
    "cut jpeg": url("jpeg", jpeg(1, 1)[:9]),
    "jpeg without a frame": url("jpeg", b"\xff\xd8\xff\xda\0\x02x\xff\xd9"),
    "webp without a frame": url("webp", webp((b"ICCP", b"abc"))),
    "avif without a size": url("avif", avif()),
    "not base64": "data:image/png;base64,@@@@",
    "percent-encoded": "data:image/png,%89PNG",
    "remote": "https://example.com/a.png",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_fair_image_is_kept(name):
    source = url(*GOOD[name])
    assert images.embedded(source) == (source, 640 * 480)
    assert f'src="{source}"' in sanitizer.clean(f'<img src="{source}" alt="a">')
    assert limits.check(f'<img src="{source}" alt="a">') == 1


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_with_its_place_and_never_stored(name):
    source = url(*BOMBS[name])
    for tag in (
        f'<img src="{source}">',
        f"<IMG\n/SRC={source} >",
        f"<image alt='' src='{source}'>",
    ):
        with pytest.raises(InvalidDocument) as refused:
            limits.check(f"<p>a</p>\n {tag}")
        finding = refused.value.errors[0]
        assert (finding.code, finding.line, finding.column) == ("image_too_large", 2, 2)
        assert finding.fix
        assert "src=" not in sanitizer.clean(tag)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_image_is_dropped(name):
    with pytest.raises(images.Unreadable):
        images.embedded(WRONG[name])
    tag = f'<img alt="a" src="{WRONG[name]}">'
    assert limits.check(tag) == 1
    assert sanitizer.clean(tag) == '<img alt="a">'


def test_a_bomb_cannot_hide_in_character_references():
    source = url("png", png(*SIDES)).replace("i", "&#105;", 3).replace(":", "&colon;", 1)
    with pytest.raises(InvalidDocument):
        limits.check(f'<img src="{source}">')


def test_many_images_share_one_budget():
    tag = f'<img alt="" src="{url("png", png(5_000, 5_000))}">'
    assert limits.check(tag * 4) == 4
    with pytest.raises(InvalidDocument, match="with the images before it"):
        limits.check(tag * 5)


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not on the PATH")
def test_the_sizes_of_real_images_are_read_as_the_browser_reads_them():
    library = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    # In a thread of its own: Playwright's loop runs once in each, and other tests have one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(read_as_by_the_browser, library).result()


def read_as_by_the_browser(library):
    draw = """([type, w, h]) => { const c = document.createElement("canvas"); c.width = w;
        c.height = h; c.getContext("2d").fillText("a", 9, 9); return c.toDataURL(type, 0.5); }"""
    with library.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        for kind in ("png", "jpeg", "webp"):
            drawn = page.evaluate(draw, [f"image/{kind}", 321, 123])
            assert images.embedded(drawn) == (drawn, 321 * 123)
        browser.close()
