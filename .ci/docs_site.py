"""Builds the documentation site into build/site, strictly, and looks at what came out.

    docs_site.py [--browser]

`docs/` is gathered with the project's own papers beside it (changelog, settings …), and Zensical
stops at a link or an anchor that leads nowhere. No page may load anything from another origin; with
--browser Chromium opens each of them and has to agree.
"""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
from html import escape
from pathlib import Path

from planpush.document.diagrams.draw import draw

ROOT = Path(__file__).resolve().parents[1]
SOURCE, SITE = ROOT / "build" / "docs", ROOT / "build" / "site"
# What lies outside docs/, and the page that the site shows it as.
PAPERS = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "reporting.md",
    ".env.example": "settings.md",
}
DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"(?<=\]\()([^)#\s]+)")
STYLE = """
[data-md-color-scheme="slate"] { color-scheme: dark; }
[data-md-color-scheme="default"] { color-scheme: light; }
.pp-drawing { overflow-x: auto; margin: 1em 0; padding: 1em; background: var(--surface); }
.pp-drawing { border: 1px solid var(--line); border-radius: 6px; }
.pp-drawing svg { max-width: 100%; min-width: 600px; height: auto; display: block; margin: 0 auto; }
.pp-drawing text { font-family: sans-serif; }
"""
LOADS = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed|object|link(?![^>]*rel="canonical"))\b[^>]*?"""
    r"""\b(?:src|srcset|href|data)=["']?((?:https?:)?//[^"'\s>]+)"""
)
STYLE_LOADS = re.compile(r"""(?:url\(|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")


def main() -> None:
    """Gather, build, look; exit 1 with a sentence where something is wrong."""
    gather()
    build()
    pages = sorted(SITE.rglob("*.html"))
    wrong = [f"{page.name} loads {one}" for page in pages for one in foreign(page, LOADS)]
    for sheet in SITE.rglob("*.css"):
        wrong += [f"{sheet.name} loads {one}" for one in foreign(sheet, STYLE_LOADS)]
    if "--browser" in sys.argv[1:]:
        wrong += seen_by_a_browser()
    if wrong:
        sys.exit("docs: " + "\ndocs: ".join(wrong))
    print(f"docs: {len(pages)} pages in build/site, nothing from another origin")


def gather() -> None:
    """Copy docs/ to build/docs, and turn the project's papers into pages of it."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(ROOT / "docs", SOURCE)
    for page in SOURCE.glob("*.md"):
        page.write_text(DIAGRAM.sub(drawn, LINK.sub(from_docs, page.read_text())))
    for paper, page_name in PAPERS.items():
        text = (ROOT / paper).read_text()
        if not paper.endswith(".md"):
            text = f"# Settings\n\nEvery setting, as `{paper}` has it.\n\n```sh\n{text}```\n"
        (SOURCE / page_name).write_text(LINK.sub(from_the_top, text))
    tokens = (ROOT / "static" / "css" / "tokens.css").read_text()
    (SOURCE / "drawings.css").write_text(tokens + STYLE)


def drawn(diagram: re.Match[str]) -> str:
    """Return a diagram as planpush's own engine draws it. Raises `InvalidDocument`."""
    key = f"d{diagram.start()}"  # ids of two drawings of a page must differ
    start = f'<pre class="pp-diagram" data-anchor="{key}" data-kind="mermaid">'
    made, warnings = draw(key, f"{start}{escape(diagram[1])}</pre>")
    if warnings:
        sys.exit(f"docs: {warnings[0].message}")
    return re.search(r'<div class="pp-drawing".*?</div>', made, re.DOTALL)[0].replace("\n", " ")  # type: ignore[index]


def from_docs(link: re.Match[str]) -> str:
    """Return where a link of a page in docs/ leads on the site."""
    name = link[0].removeprefix("../")
    return PAPERS.get(name, link[0]) if name != link[0] else link[0]


def from_the_top(link: re.Match[str]) -> str:
    """Return where a link of a paper beside docs/ leads on the site."""
    return PAPERS.get(link[0], link[0].removeprefix("docs/"))


def build() -> None:
    """Let Zensical build; every warning ends it."""
    shutil.rmtree(SITE, ignore_errors=True)
    program = f"{sysconfig.get_path('scripts')}/zensical"
    command = [program, "build", "--clean", "--strict", "--config-file", ".mkdocs.yml"]
    made = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    if made.returncode or not (SITE / "index.html").is_file():
        sys.exit(f"docs: the site was not built\n{made.stdout}{made.stderr}")


def foreign(file: Path, pattern: re.Pattern[str]) -> list[str]:
    """Return what `file` would load from another origin."""
    return pattern.findall(file.read_text())


def seen_by_a_browser() -> list[str]:
    """Open every page in Chromium; return what it asked another origin for, and its complaints."""
    from playwright.sync_api import sync_playwright

    handler = functools.partial(_Quiet, directory=str(SITE))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base, asked, said = f"http://127.0.0.1:{server.server_port}/", set[str](), set[str]()
    with sync_playwright() as playwright:
        program = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: asked.add(request.url))
        page.on("console", lambda line: said.add(f"{page.url} says {line.text}"))
        page.on("pageerror", lambda error: said.add(f"{page.url} fails: {error}"))
        for file in sorted(SITE.glob("*.html")):
            page.goto(base + file.name, wait_until="networkidle")  # what is cut short complains
        browser.close()
    server.shutdown()
    strange = {
        f"a page asks for {one}" for one in asked if not one.startswith((base, "data:", "blob:"))
    }
    return sorted(strange | said)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    main()
