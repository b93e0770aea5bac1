"""Names enter finished pages as text, whatever they hold."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustering.report.kit.html import Account, Number, bullets, paragraphs, table
from clustering.report.kit.names import account_html, with_names
from study_folders import HOSTILE_NAMES

text = st.text(max_size=30)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_is_shown_as_text(name: str) -> None:
    page = f"<td>{account_html('A-1')}</td>"
    shown = with_names(page, {"A-1": name})
    assert "<script" not in shown
    assert "<img" not in shown
    assert html.escape(" ".join(name.split())) in shown
    assert "A-1" in shown


@given(account=text, name=text)
def test_any_name_leaves_the_page_well_formed(account: str, name: str) -> None:
    shown = with_names(f"<p>{account_html(account)}</p>", {account: name})
    elements = 3 if name.strip() else 2  # a name is isolated in an element of its own
    assert shown.count("<") == 2 * elements
    assert shown.count(">") == 2 * elements


def test_an_account_without_a_name_keeps_its_id() -> None:
    page = account_html("A-1")
    assert with_names(page, {}) == page
    assert with_names(page, {"A-1": "  "}) == page


def test_tables_escape_every_cell() -> None:
    hostile = "<script>&\"'"
    shown = table(hostile, [hostile] * 3, [[hostile, Account(hostile), Number(hostile)]]).text
    assert "<script" not in shown
    assert shown.count(html.escape(hostile)) >= 4
    assert "<script" not in (paragraphs([hostile]) + bullets([hostile])).text


def test_a_table_without_rows_says_so() -> None:
    assert table("Left out", ["a"], []).text == "<p>Left out: none.</p>"
    assert bullets([]).text == ""
