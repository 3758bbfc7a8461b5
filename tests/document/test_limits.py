"""Cost limits: what is refused, where, after how much work; and counted as a browser would."""

from contextlib import suppress

import pytest

from bench.worst_documents import ALLOWED, MEGABYTE, REFUSED, honest
from planpush.document.sanitizer import limits, sanitizer
from planpush.errors import InvalidDocument, Problem
from tests.steps import LINEAR, growth


@pytest.mark.parametrize("name", REFUSED)
def test_what_costs_too_much_is_refused(name):
    made, code = REFUSED[name]
    with pytest.raises(InvalidDocument) as refused:
        limits.check(made.whole)
    found = refused.value.errors[0]
    assert found.line == 1 and found.column >= 1 and found.fix
    assert code in (None, found.code)


@pytest.mark.parametrize("name", REFUSED)
def test_what_costs_too_much_is_read_in_linear_work_up_to_there(name):
    made, _code = REFUSED[name]

    def work(size):
        with suppress(InvalidDocument):
            limits.check(made.make(size))

    assert growth(work, max(2, min(made.full // 50, 2_000))) < LINEAR


COUNTED = [
    ("", 0),
    ("<p>a<p>b", 2),
    ("<!-- <div><div> --><b>x</b>", 1),
    ("<!--><b>x</b>-->", 1),
    ("<!---><b>x</b>-->", 1),
    ("<!-- a --!><b>x</b>", 1),
    ("<? <b> ?>", 0),
    ("<title><b></title><textarea><i></textarea>", 2),
    ("<style>p > a <b></style>", 1),
    ("<svg><style><g></g></style></svg>", 3),
    ("<svg><![CDATA[<b>]]><g/></svg>", 2),
    ("<p title='<b>'>a < b</p>", 1),
    ("<di\x00v>a</div>", 1),
    ("<table><td>a</table>", 4),
    ("</p>", 1),
    ("<b>1<p>2</p><p>3</p>", 3),
    ("<b><p>1</b>2</p><p>3", 7),
    ("<div/><div/>", 2),
]


@pytest.mark.parametrize(("html", "elements"), COUNTED)
def test_elements_are_counted_as_a_browser_makes_them(html, elements):
    assert limits.check(html) == elements


def test_implied_ends_do_not_nest():
    for item in ("<p>a", "<li>a", "<dt>a<dd>b", "<tr><td>a", "<option>a", "<h2>a"):
        assert limits.check("<table>" * (item[1] == "t") + item * 1_000) >= 1_000


def test_the_place_is_that_of_the_tag():
    with pytest.raises(InvalidDocument) as refused:
        limits.check("<p>a</p>\n<p>b</p> <i>c</i>", max_elements=2)
    assert (refused.value.errors[0].line, refused.value.errors[0].column) == (2, 10)


def test_a_large_honest_document_passes():
    html = honest(5_300)
    assert len(html) > 4.5 * MEGABYTE
    assert 24_000 < limits.check(html) < 30_000


@pytest.mark.parametrize("name", ALLOWED)
def test_what_passes_is_sanitised_in_linear_work_and_does_not_swell(name):
    def work(size):
        html, found = ALLOWED[name].make(size), 0
        limits.check(html)
        with suppress(Problem):
            found = len(sanitizer.clean(html))
        assert found <= 3 * len(html) + 256 * 1024

    assert growth(work, min(ALLOWED[name].full // 50, 2_000)) < LINEAR
    work(ALLOWED[name].full)
