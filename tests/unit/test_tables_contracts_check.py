"""What real extracts of contracts hold is counted and named; what makes no sense is refused."""

from pathlib import Path
from typing import Any

import pytest

from clustering.config import StudyConfig
from clustering.errors import TableContractError
from clustering.features import build_snapshot
from clustering.tables import open_folder, open_tables

HEADER = "account_id,started_on,ended_on,arr"


def tables(folder: Path, *lines: str, header: str = HEADER, **more: str) -> Path:
    names = sorted({line.split(",")[0] for line in lines} | {"a"})
    accounts = ["account_id,started_on", *(f"{name},2020-01-01" for name in (*names, "other"))]
    (folder / "accounts.csv").write_text("\n".join(accounts) + "\n")
    used = [f"{name},2024-06-30,x,1" for name in names]
    usage = "\n".join(["account_id,used_on,feature,events", *used]) + "\n"
    (folder / "usage.csv").write_text(usage)
    (folder / "subscriptions.csv").write_text("\n".join([header, *lines]) + "\n")
    for name, text in more.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def notes(folder: Path, **settings: Any) -> list[str]:
    config = StudyConfig.model_validate(
        {"name": "check", "as_of": "2024-06-30", "source": {"folder": folder}, **settings}
    )
    with open_tables(config) as opened:
        return [note for note in opened.notes if "dated after" not in note]


def breaches(folder: Path, **settings: Any) -> str:
    with pytest.raises(TableContractError) as caught:
        notes(folder, **settings)
    return str(caught.value)


def test_clean_contracts_are_told_how_far_they_reach_and_nothing_else(tmp_path: Path) -> None:
    lines = ["a,2023-01-01,2024-01-01,9", "a,2024-01-01,2025-01-01,9", "b,2024-02-01,,7"]
    assert notes(tables(tmp_path, *lines)) == [
        "subscriptions: taken to be complete up to 2024-06-30 (the last row of 'usage' is of "
        "2024-06-30); what became of contracts is told for horizons that end by then. "
        "subscriptions.complete_to sets another day."
    ]


def test_ends_of_another_meaning_than_the_setting(tmp_path: Path) -> None:
    first_days = ["a,2022-01-01,2023-01-01,9", "a,2023-01-01,2024-01-01,9", "a,2024-01-01,,9"]
    found = notes(tables(tmp_path, *first_days), subscriptions={"end_is": "last_day"})
    assert "2 of 2 next terms begin on the last day of the one before" in found[1]
    assert 'set subscriptions.end_is = "first_day_without"' in found[1]
    assert "first account_id: a" in found[1]
    # Within a book of first days without, a term that begins a day late is a gap of one day.
    one_late = [*first_days, "b,2022-01-01,2022-12-31,5", "b,2023-01-01,,5"]
    found = notes(tables(tmp_path, *one_late))
    assert "1 of 3 next terms begin one day after the end" in found[0]
    assert "first account_id: b. If those ends are last days, add a day" in found[0]


def test_starts_that_fall_a_day_after_an_end_by_chance_are_not_noted(tmp_path: Path) -> None:
    lines = [f"a,2024-04-{day:02d},2024-06-{day:02d},5" for day in range(1, 29)]
    lines += [f"a,2024-06-{day:02d},,5" for day in range(1, 29)]
    assert not [note for note in notes(tables(tmp_path, *lines)) if "next terms" in note]


def test_lines_that_overlap_are_counted_by_product(tmp_path: Path) -> None:
    header = f"{HEADER},product"
    lines = [
        "a,2023-01-01,,10,crm", "a,2023-06-01,,20,crm",  # beside a row that nobody ended
        "b,2023-01-01,2024-01-01,10,crm", "b,2023-06-01,2024-06-01,20,crm",
        "c,2023-01-01,,10,crm", "c,2023-06-01,,20,mail",  # two products
        "d,2023-01-01,,10,crm", "d,2023-01-01,,20,crm",  # two lines of one contract
    ]  # fmt: skip
    found = notes(tables(tmp_path, *lines, header=header))
    assert found[0].startswith(
        "subscriptions: 2 of 8 lines begin while an earlier line of the same account and product "
        "runs on, 1 of them beside one without an end; first account_id: a, b. "
    )


def test_a_line_that_stands_twice_is_named(tmp_path: Path) -> None:
    found = notes(tables(tmp_path, "b,2024-01-01,,5", "a,2024-01-01,,5", "b,2024-01-01,,5"))
    assert "1 of 3 rows (33.3 %) repeat an earlier row in every column" in found[0]
    assert "first account_id: b. " in found[0]


@pytest.mark.parametrize("as_of_day", ["now", "earlier", "never"])
def test_credits_above_what_they_are_set_against(tmp_path: Path, as_of_day: str) -> None:
    ended = {"now": "2025-01-01", "earlier": "2024-01-01", "never": "2024-01-01"}[as_of_day]
    credit = "-5" if as_of_day == "never" else "-50"
    lines = ["a,2023-01-01,,10", f"a,2023-02-01,{ended},{credit}", "b,2023-01-01,,4"]
    folder = tables(tmp_path, *lines)
    if as_of_day == "now":
        message = breaches(folder)
        assert "table 'subscriptions' (" in message
        assert "subscriptions.csv) does not meet its contract" in message
        assert "'arr' sums to less than 0 at as_of 2024-06-30 for 1 accounts" in message
        assert "first account_id: a. " in message
        with open_folder(folder):  # without a date nothing is at fault yet
            return
    said = " ".join(notes(folder))
    assert "1 of 3 lines have an amount below 0" in said
    assert ("sum to less than 0 on some day" in said) == (as_of_day == "earlier")


def _years(account: str, years: int, arr: float) -> str:
    return f"{account},2021-01-01,{2021 + years}-01-01,{arr}"


@pytest.mark.parametrize(
    ("lines", "is_total"),
    [
        # The same accounts before: 10 a year, then 30 for three years.
        ([_years("a", 3, 30), "a,2020-01-01,2021-01-01,10", _years("b", 2, 20.5),
          "b,2020-01-01,2021-01-01,10"], True),
        ([_years("a", 3, 10.5), "a,2020-01-01,2021-01-01,10", _years("b", 2, 11),
          "b,2020-01-01,2021-01-01,10"], False),
        # Other accounts of like size.
        ([*(_years(f"l{n}", 3, 30 + n) for n in range(6)),
          *(_years(f"s{n}", 1, 10 + n / 3) for n in range(6))], True),
        ([*(_years(f"l{n}", 3, 11 + n) for n in range(6)),
          *(_years(f"s{n}", 1, 10 + n) for n in range(6))], False),
        # Too few, or all of one length.
        ([_years("l", 3, 30), _years("s", 1, 10)], False),
        ([_years(f"l{n}", 3, 30) for n in range(9)], False),
    ],
)  # fmt: skip
def test_amounts_that_look_like_totals_of_several_years(
    tmp_path: Path, lines: list[str], is_total: bool
) -> None:
    said = [note for note in notes(tables(tmp_path, *lines)) if "lines of several years" in note]
    assert bool(said) == is_total
    for note in said:
        assert "first account_id: " in note
        assert "divide them by the years" in note


@pytest.mark.parametrize(
    ("currencies", "study", "message"),
    [
        (("EUR", "eur"), "EUR", None),
        (("EUR", ""), "EUR", None),
        (("EUR", "EUR"), "USD", "'currency' is EUR in all rows, and the study's is USD"),
        (("EUR", "USD"), "USD", "'currency' has 2 values (rows: EUR 1, USD 1)"),
    ],
)
@pytest.mark.parametrize("table", ["subscriptions", "opportunities"])
def test_one_currency_and_that_of_the_study(
    tmp_path: Path, table: str, currencies: tuple[str, str], study: str, message: str | None
) -> None:
    first, second = currencies
    lines = ["a,2023-01-01,,10", "b,2023-01-01,,20"]
    if table == "subscriptions":
        marked = [f"{lines[0]},{first}", f"{lines[1]},{second}"]
        folder = tables(tmp_path, *marked, header=f"{HEADER},currency")
    else:
        rows = f"a,2024-01-01,expansion,5,{first}\nb,2024-01-01,expansion,5,{second}\n"
        deals = f"account_id,opened_on,kind,amount,currency\n{rows}"
        folder = tables(tmp_path, *lines, opportunities=deals)
    if message is None:
        notes(folder, currency=study)
        return
    said = breaches(folder, currency=study)
    assert f"table '{table}'" in said
    assert message in said
    assert "docs/recipes.md" in said
    if len(set(currencies)) == 1:
        with open_folder(folder):  # without a study any one currency will do
            return


def test_ends_are_moved_once_and_an_open_end_stays_open(tmp_path: Path) -> None:
    lines = ["a,2023-01-01,2023-12-31,9", "b,2023-01-01,9999-12-31,9", "c,2023-01-01,,9"]
    folder = tables(tmp_path, *lines)
    config = StudyConfig.model_validate(
        {
            "name": "check",
            "as_of": "2024-06-30",
            "source": {"folder": folder},
            "subscriptions": {"end_is": "last_day"},
        }
    )
    with open_tables(config) as opened:
        frame = opened.frames["subscriptions"].collect("pandas").to_native()
    ends = {row.account_id: str(row.ended_on)[:10] for row in frame.itertuples()}
    assert ends == {"a": "2024-01-01", "b": "NaT", "c": "NaT"}


def test_the_last_day_of_an_account_is_one_of_its_days(tmp_path: Path) -> None:
    folder = tables(tmp_path, "a,2023-01-01,,9", "b,2023-01-01,,9")
    text = "account_id,started_on,ended_on\na,2020-01-01,2024-06-30\nb,2020-01-01,\n"
    (folder / "accounts.csv").write_text(text)
    found = {}
    for end_is in ("last_day", "first_day_without"):
        config = StudyConfig.model_validate(
            {
                "name": "check",
                "as_of": "2024-06-30",
                "source": {"folder": folder},
                "accounts": {"end_is": end_is},
            }
        )
        with open_tables(config) as opened:
            found[end_is] = list(build_snapshot(opened, config.as_of).frame.index)
    assert found == {"last_day": ["a", "b"], "first_day_without": ["b"]}


def test_a_record_date_that_is_filled_in_when_a_milestone_is_reached_is_noted(
    tmp_path: Path,
) -> None:
    def said(*rows: str) -> list[str]:
        text = "account_id,milestone,projected_on,achieved_on,recorded_on\n" + "\n".join(rows)
        folder = tables(tmp_path, "a,2024-01-01,,5", milestones=text + "\n")
        return [note for note in notes(folder) if "achieved_recorded_on" in note]

    reached = [f"a,m{n},2024-01-{n:02d},2024-02-{n:02d},2024-02-{n + 1:02d}" for n in range(1, 13)]
    waiting = [f"a,w{n},2024-05-01,," for n in range(5)]
    (note,) = said(*reached, *waiting)
    assert "in all 12 rows with recorded_on it is on or after achieved_on" in note
    assert said(*reached[:5], *waiting) == []  # too few to tell
    assert said(*reached, "a,planned,2024-08-01,,2024-01-01") == []  # a plan was recorded
