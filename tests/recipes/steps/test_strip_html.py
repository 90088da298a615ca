"""`strip_html`: the text of cells that hold HTML."""

from __future__ import annotations

import time

import pytest

from solidata_api.recipes.html_text import text_of
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content

# Cells of nothing but tags become blank; what was escaped twice is markup only the second time.
LAW = Law(
    [{"op": "strip_html", "columns": ["a"]}, {"op": "strip_html", "columns": ["a"], "lines": True}],
    {"a": "string"},
    texts=["<p>x</p>", "<br>", "a<br>b", "&eacute;", "a < b", "<x@y.fr>", "<script>a</script>"],
    blanks=True,
)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Mairie&nbsp;de <b>Lyon</b></p>", "Mairie\xa0de Lyon"),
        ("<p>un</p><p>deux</p>", "un deux"),
        ("un<br>deux<br/>trois", "un deux trois"),
        ("l'<i>eau</i>, <span class='x'>a</span>b", "l'eau, ab"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("&eacute;&#233;&#xE9;&amp;&lt;p&gt;", "ééé&<p>"),
        ("<style>p{}</style>a<script>if (x<y) {}</script><template><p>t</p></template>b", "ab"),
        ("a<!-- <p>secret</p> -->b", "ab"),
        ('<P CLASS="x">Haut\n  et   bas', "Haut et bas"),
        ("<o:p></o:p>Word", "Word"),
        ("<!DOCTYPE html><html><head><title>T</title></head><body>b</body></html>", "T b"),
    ],
)
def test_tags_go_and_entities_are_decoded(html: str, text: str) -> None:
    assert text_of(html) == text


@pytest.mark.parametrize(
    "text",
    [
        "a < b & c", "5 <6 et 7> 3", "Contact <jean@mairie.fr>", "<https://lyon.fr>", "<", "R&D", "?a=1&section=2",
        "<!-- sans fin", "<b sans fin", "<description>", "&inconnu;", "plein  texte\nen deux lignes ",
    ],
)  # fmt: skip
def test_what_only_looks_like_markup_stays(text: str) -> None:
    assert text_of(text) == text


def test_lines_say_where_blocks_end() -> None:
    html = "<h1>Titre</h1>\n<ul><li>un <b>et</b> </li>\n<li>deux</li></ul>fin<br>."
    assert text_of(html, lines=True) == "Titre\nun et\ndeux\nfin\n."


def test_columns_of_text_only_and_what_is_empty_is_blank() -> None:
    result = applied(
        {"op": "strip_html", "columns": ["a", "b"]},
        {"a": ["<p></p>", None, "<b>x</b>", "y"], "b": ['["<b>"]'] * 4},
        {"b": "array"},
    )
    assert content(result) == {"a": [None, None, "x", "y"], "b": ['["<b>"]'] * 4}
    assert result.report.cells_changed == 2


@pytest.mark.parametrize(
    "piece", ["<div>", "<", "<a ", "<!--", "&", "<script>", "<a href='", "&#1", "<p a", "&lt;", "<a x ", "</p", "<a:b"]
)
def test_time_is_linear_in_the_text(piece: str) -> None:
    started = time.process_time()
    text_of(piece * 40_000)
    # Quadratic would be minutes.
    assert time.process_time() - started < 5
