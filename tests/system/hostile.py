"""Documents that want to be our interface: they name, wear and cover what is ours."""

from __future__ import annotations

from collections.abc import Iterable

ID = """
<p id="{0}">named {0}</p><label for="{0}">press {0}</label><a href="#{0}" id="a-{0}">go {0}</a>
<a href="#{0}" target="{0}" download ping="/p/x/threads" accesskey="c" autofocus>b</a>
<i aria-owns="{0}" role="group">i</i>
<b aria-labelledby="{0}" aria-describedby="{0}" role="region">b</b>
<u aria-controls="{0}" aria-details="{0}" aria-activedescendant="{0}" aria-flowto="{0}">u</u>
<button form="{0}" formaction="/sign-out" formmethod="post" type="submit" name="{0}">send</button>
<button popovertarget="{0}" popovertargetaction="toggle">pop</button>
<button commandfor="{0}" command="toggle-popover">command</button>
<input type="radio" name="{0}" form="{0}" id="r-{0}" checked><label for="r-{0}">radio</label>
<input type="checkbox" name="{0}" id="{0}"><input name="{0}" value="x" autofocus form="{0}">
<details name="{0}" open><summary>d</summary>x</details><output for="{0}" name="{0}">o</output>
<svg width="20" height="20"><use href="#{0}"/><use xlink:href="#{0}"/>
<rect width="9" height="9" fill="url(#{0})"
 clip-path="url(#{0})" mask="url(#{0})" filter="url(#{0})"/>
<text><textPath href="#{0}">t</textPath></text></svg>
<img usemap="#{0}" alt=""><map name="{0}"><area href="#{0}" shape="default"></map>
<table><tr><th id="{0}">h</th><td headers="{0}">d</td></tr></table>
"""
CLOBBER = """
cookie body head forms all images getElementById querySelector querySelectorAll addEventListener
documentElement activeElement defaultView location htmx say openPanel closeMenus CSS navigator
requestAnimationFrame setTimeout csrf-token m name action submit elements method
"""
MARKUP = """
<base href="https://evil.example/">
<meta http-equiv="refresh" content="0;url=https://evil.example/">
<link rel="stylesheet" href="https://evil.example/x.css"><style>* { display: none }</style>
<dialog open class="banner bad">Session expired <form action="/sign-out" method="post">
<input name="csrf_token" value="x"><input type="submit" value="Sign in"></form></dialog>
<details name="m" class="menu" open><summary class="btn small">menu</summary>
<div class="pop">x</div></details>
<details name="m" open class="reply"><summary>m</summary>y</details>
<article class="thread active" data-section="intro" data-place="1" data-state="exact" data-start="0"
 data-end="5"><a class="quote" href="#s-intro">quote</a>
<textarea id="pp-reply-1">x</textarea></article>
<a class="pin" data-thread="1" href="/p/x?thread=1#t1">1</a>
<a class="pin add" href="#composer">+</a>
<a data-copy href="https://evil.example/">copy</a><button data-dismiss data-cancel>close</button>
<div data-block="0" data-plan="x" data-version="9" contenteditable draggable="true"
 spellcheck="true" tabindex="9" inert hidden popover="auto" accesskey="/" lang="x"
 dir="rtl">edit</div>
<p hx-get="/dashboard" hx-trigger="load" data-hx-post="/sign-out" hx-swap-oob="true">htmx</p>
<form id="pp-composer" action="/p/x/threads" method="post">
<button accesskey="s">send</button></form>
<img src="https://evil.example/a.png" srcset="/b.png 2x" onerror="alert(1)" alt="x">
<video src="/a" poster="/b" autoplay></video><iframe src="/dashboard"></iframe>
<p role="alert" aria-live="assertive" aria-modal="true">alert</p><p role="dialog">dialog</p>
<p>\u202egnitirw \u2067\u2066isolated\u202d over\u200f</p><bdo dir="rtl">backwards</bdo>
"""
# What leaves its place: positions, offsets, sizes, transforms, letters that stack.
ESCAPES = """
<div style="position:fixed;inset:0;z-index:2147483647;background:red">fixed</div>
<div style="margin:-9999px;transform:translate(-500px,-500px)">margins</div>
<svg transform="translate(-5000 -300) scale(90)" width="400" height="400" overflow="visible"
 style="overflow:visible;position:fixed"><rect x="-9000" y="-9000" width="99999" height="99999"
 fill="red" transform="translate(-600 -600)"/>
<text x="-700" y="-80" font-size="300">BAR</text></svg>
<svg width="100" height="60" viewBox="0 0 1 1" preserveAspectRatio="none" transform="rotate(45)"><g
 transform="scale(5000)"><circle r="1" fill="var(--accent)"/></g></svg>
<svg width="99999999" height="99999999" x="-500" y="-500"><rect width="100%" height="100%"/></svg>
<svg class="i" width="9999" height="9999" transform="translate(-800 -200) scale(400)"><use
 href="#i-lock"/></svg><svg class="pp-line" viewBox="0 0 1 9" width="9999" height="3000"
 transform="translate(900 -300)"><text x="-99" y="-9" font-size="99"
 letter-spacing="99">x</text></svg>
<img width="99999" height="99999" alt="wide" transform="translate(-999)"><img width="-5" alt="n">
<span class="sr" style="clip-path:none">reader only</span><span class="pp-steps pin">p</span>
<ol class="pp-steps"><li>step</li></ol><ol class="pp-phases"><li class="current">phase</li></ol>
<ol class="pp-flow">{flow}</ol><ul class="pp-flow">{flow}</ul>
<div class="pp-ba pp-two pp-tabs pp-mock nowrap row"><input type="radio" name="t" id="t1"
 checked><label for="t1">tab</label><div class="pp-code"><pre>{long}</pre></div></div>
<p class="nowrap">{long}</p><p class="mono nowrap">{long} {long}</p><p>{long}</p>
<div class="pp-figure nowrap"><figcaption class="nowrap">{long}</figcaption></div>
<h2 class="nowrap">{long}</h2><marquee width="9999" scrollamount="999">marquee</marquee>
<p>{zalgo}</p><h3>{zalgo}{zalgo}</h3><p dir="rtl" class="nowrap">{long} \u202e{long}</p>
<table><tr><td colspan="1000" class="nowrap">{long}</td></tr></table>{nest}
<pre>{lines}</pre>
"""
ZALGO = "e" + "\u0301\u0323\u20dd\u0489" * 60
FLOW = "".join(
    f'<li class="pp-node c{n} r{n} new gone">{"w" * 90}</li>'
    f'<li class="pp-edge e{n} r1 both up left">'
    f"<span>{'label' * 30}</span></li>"
    for n in range(1, 9)
)
NEST = "<table><tr><td>" * 40 + "deep" + "</td></tr></table>" * 40


def section(anchor: str, title: str, body: str) -> str:
    return f'<section class="pp-section" data-anchor="{anchor}"><h2>{title}</h2>{body}</section>'


def naming(ids: Iterable[str], classes: Iterable[str]) -> str:
    """Return a document that names all `ids` and wears all `classes` of a page."""
    words = " ".join(classes)
    worn = "".join(f'<p class="{word}">{word}</p><a class="{word}">x</a>' for word in classes)
    every = "".join(f'<{tag} class="{words}">all</{tag}>' for tag in ("div", "a", "article", "p"))
    named = "".join(ID.format(name) for name in [*ids, *CLOBBER.split()])
    return section("ids", "Ids", named) + section("rest", "Rest", MARKUP + worn + every)


def escaping() -> str:
    """Return a document that tries to leave its container in every direction."""
    body = ESCAPES.format(
        flow=FLOW, long="unbroken" * 200, zalgo=ZALGO, nest=NEST, lines="line\n" * 500
    )
    return section("out", "Out", body) + section("more", "More", body)
