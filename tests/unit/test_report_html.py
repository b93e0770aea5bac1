"""Tables, texts and headings of a page hold whatever names they are given."""

import html
import re

import pytest

from clustering.report.build.pages import with_anchors
from clustering.report.kit.html import MISSING, Number, bullets, folded, paragraphs, table
from study_folders import HOSTILE_NAMES


def test_a_table_that_says_little_is_folded() -> None:
    rows = [["a", "1", MISSING, MISSING], ["b", MISSING, Number(MISSING), "2"]]
    made = table("Some", ["x", "y", "z", "w"], rows).text
    assert made.startswith('<details class="folded"><summary>Some (mostly not known)</summary>')
    full = table("Some", ["x", "y"], [["a", "1"], ["b", MISSING]]).text
    assert "<details" not in full
    assert folded("More", table("None", ["x"], [])).text.count("<p>None: none.</p>") == 1


def test_a_sentence_and_a_word_without_end_get_columns_of_their_own() -> None:
    sentence = "What was said of the account in so many words that a narrow column were tall"
    made = table("t", ["name", "why", "n"], [["W" * 200, sentence, Number("1")]]).text
    assert '<th scope="row" class="long split">' in made
    assert f'<td class="long">{sentence}</td>' in made
    assert '<td class="number">1</td>' in made


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_in_a_sentence_is_text_and_turns_nothing(name: str) -> None:
    for make in (paragraphs, bullets):
        made = make([f"'{name}' 40 % of it"]).text
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", made)
        inside = re.sub(r"</?(?:p|ul|li|bdi)>", "", made)
        assert "<" not in inside
        shown = html.unescape(inside)
        assert shown == f"'{name}' 40 % of it".replace("\u202e", "")


def test_what_follows_letters_from_the_right_stays_behind_them() -> None:
    made = paragraphs(["\u05e9\u05dc\u05d5\u05dd 40 %"]).text
    assert made == "<p><bdi>\u05e9\u05dc\u05d5\u05dd</bdi> 40 %</p>"


def test_headings_have_an_address() -> None:
    made = with_anchors("<h1>A</h1>\n<h2>What to do, and why</h2>")
    assert '<h2 id="what-to-do-and-why">What to do, and why <a class="anchor"' in made
    assert 'href="#what-to-do-and-why"' in made
