"""Checks on contracts: what real extracts of them hold, counted and said, since ARR follows it.

Lines of an account are summed, whatever they are, so an amount that stands twice counts twice. None
of it can be repaired without knowing the source; each note says how many lines it is about, whose
they are, and which setting or mapping changes it.
"""

from collections.abc import Mapping
from datetime import date

from clustering.config import EndIs
from clustering.tables.checks import Findings, Present, breach, first_ids, note
from clustering.tables.coverage import Coverage
from clustering.tables.session import Session, quoted_name
from clustering.tables.table_quality import spaced

_RECIPES = "docs/recipes.md"
#: Amounts below this are rounding, not debts.
_CENT = 0.005
#: A term of so many days more or less than whole years is one of whole years.
_YEAR_SLACK_DAYS = 20
#: Lines on either side whose medians may be compared where no account has both.
_FEWEST_LINES = 5


def contract_findings(
    lines: Present, coverage: Mapping[str, Coverage], *, end_is: EndIs, as_of: date | None
) -> Findings:
    """Everything that is to be said about the contract lines.

    Parameters
    ----------
    coverage : how far the tables reach
    end_is : the setting by which its ends were read
    as_of : date of the study; None: the tables are only scored
    """
    found = Findings(notes=_overlaps(lines))
    if lines.has("ended_on"):
        found += Findings(notes=(*_days_between(lines.session, end_is), *_totals(lines)))
    found += _below_zero(lines, as_of)
    reach = coverage.get("subscriptions")
    if as_of is not None and reach is not None:
        found += note(
            f"subscriptions: taken to be complete up to {reach.to} ({reach.assumed}); what "
            "became of contracts is told for horizons that end by then. "
            "subscriptions.complete_to sets another day."
        )
    return found


def currency_breaches(found: Present, currency: str | None) -> tuple[str, ...]:
    """Say where amounts are in several currencies, or in another than the study's.

    Parameters
    ----------
    currency : of the study; None: any one will do
    """
    if not found.has("currency"):
        return ()
    rows = found.session.execute(
        f"SELECT upper(currency), count(*) FROM {found.sql} WHERE currency IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    names = [name for name, _ in rows]
    if not names or names == [currency or names[0]]:
        return ()
    counted = ", ".join(f"{name} {spaced(count)}" for name, count in rows)
    other = names[1] if len(names) > 1 else names[0]
    ids = found.first_ids(f"upper(currency) = '{other}'")
    if len(names) == 1:
        return (
            f"'currency' is {other} in all rows, and the study's is {currency}; first account_id: "
            f'{ids}. Set currency = "{other}", or convert the amounts in the mapping ({_RECIPES}).',
        )
    return (
        f"'currency' has {len(names)} values (rows: {counted}), and amounts of different "
        f"currencies cannot be summed; first account_id with {other}: {ids}. Convert them to one "
        f"currency in the mapping ({_RECIPES}).",
    )


def next_terms(session: Session, periods: str, shift: int) -> int:
    """How many ends are followed by a term that begins `shift` days after them.

    Parameters
    ----------
    periods : SQL of a relation with account_id, started_on and ended_on
    """
    (count,) = session.row(f"SELECT count(*) FROM ({_followed(periods, shift)})")
    return int(count)


def _followed(periods: str, shift: int) -> str:
    return (
        f"SELECT e.account_id FROM (SELECT DISTINCT account_id, ended_on FROM {periods} "
        "WHERE ended_on IS NOT NULL AND ended_on > started_on) e "
        f"SEMI JOIN {periods} s ON s.account_id = e.account_id "
        f"AND s.started_on = e.ended_on + INTERVAL ({shift}) DAY"
    )


def _with_amount(session: Session) -> str:
    return f"(SELECT * FROM {session.own('subscriptions')} WHERE arr > 0)"


def _days_between(session: Session, end_is: EndIs) -> tuple[str, ...]:
    """Next terms that begin a day late or early: ends of another meaning than the setting says."""
    periods = _with_amount(session)
    # A start two days off is chance: as many one day off are chance too.
    early, on_time, late, chance = (next_terms(session, periods, days) for days in (-1, 0, 1, 2))
    notes = []
    if late > 2 * chance:
        ids = first_ids(session, f"({_followed(periods, 1)})")
        advice = "If those ends are last days, add a day to them in the mapping."
        if end_is == "first_day_without" and late > on_time:
            advice = (
                "ended_on seems to be the last day of a contract: set "
                'subscriptions.end_is = "last_day".'
            )
        notes.append(
            f"subscriptions: {spaced(late)} of {spaced(late + on_time)} next terms begin one day "
            f"after the end of the one before, and the day between has no contract; first "
            f"account_id: {ids}. {advice}"
        )
    if early > 2 * chance and end_is == "last_day":
        ids = first_ids(session, f"({_followed(periods, -1)})")
        advice = "If those ends are first days without, take a day from them in the mapping."
        if early > on_time:
            advice = (
                "ended_on seems to be the first day without the contract: set "
                'subscriptions.end_is = "first_day_without".'
            )
        notes.append(
            f"subscriptions: {spaced(early)} of {spaced(early + on_time)} next terms begin on the "
            f"last day of the one before, and that day counts both; first account_id: {ids}. "
            f"{advice}"
        )
    return tuple(notes)


def _overlaps(lines: Present) -> tuple[str, ...]:
    session, with_product = lines.session, lines.has("product")
    same = "account_id, product" if with_product else "account_id"
    ended = "ended_on" if lines.has("ended_on") else "NULL::DATE"
    begun = (
        f"SELECT account_id, started_on, max(coalesce({ended}, 'infinity'::DATE)) OVER (PARTITION "
        f"BY {same} ORDER BY started_on RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL 1 DAY "
        f"PRECEDING) AS earlier_to FROM {_with_amount(session)} AS t"
    )
    overlapping = f"(SELECT * FROM ({begun}) WHERE started_on < earlier_to)"
    count, beside_open = session.row(
        f"SELECT count(*), count(*) FILTER (WHERE NOT isfinite(earlier_to)) FROM {overlapping}"
    )
    if not count:
        return ()
    (n_lines,) = session.row(f"SELECT count(*) FROM {_with_amount(session)}")
    of = "account and product" if with_product else "account"
    beside = f", {spaced(beside_open)} of them beside one without an end" if beside_open else ""
    return (
        f"subscriptions: {spaced(count)} of {spaced(n_lines)} lines begin while an earlier line of "
        f"the same {of} runs on{beside}; first "
        f"account_id: {first_ids(session, overlapping)}. Their amounts are summed. Where the later "
        f"line replaces the earlier one, end that one with it ({_RECIPES}).",
    )


def _below_zero(lines: Present, as_of: date | None) -> Findings:
    session, source = lines.session, lines.sql
    count, n_lines = lines.row("count(*) FILTER (WHERE arr < 0), count(*)")
    if not count:
        return Findings()
    found = note(
        f"subscriptions: {spaced(count)} of {spaced(n_lines)} lines have an amount below 0 "
        f"(credits, amendments that cancel); first account_id: "
        f"{first_ids(session, source, 'arr < 0')}. They are summed with the other lines of the "
        "account."
    )
    ended = "ended_on" if lines.has("ended_on") else "NULL::DATE"
    steps = (
        f"SELECT account_id, started_on AS day, arr AS step FROM {source} UNION ALL "
        f"SELECT account_id, {ended}, -arr FROM {source} WHERE {ended} IS NOT NULL"
    )
    sums = (
        "SELECT account_id, day, sum(sum(step)) OVER (PARTITION BY account_id ORDER BY day) AS arr,"
        f" lead(day) OVER (PARTITION BY account_id ORDER BY day) AS until FROM ({steps}) "
        "GROUP BY account_id, day"
    )
    debts = f"(SELECT * FROM ({sums}) WHERE arr < -{_CENT})"
    on_the_day = "false"
    if as_of is not None:
        on_the_day = f"day <= DATE '{as_of}' AND (until IS NULL OR until > DATE '{as_of}')"
    now, ever = session.row(
        f"SELECT count(DISTINCT account_id) FILTER (WHERE {on_the_day}), "
        f"count(DISTINCT account_id) FROM {debts}"
    )
    if now:
        found += breach(
            f"'arr' sums to less than 0 at as_of {as_of} for {spaced(now)} accounts; first "
            f"account_id: {first_ids(session, debts, on_the_day)}. A line is a yearly amount "
            "from its started_on on: end a credit with the contract that it belongs to, and "
            "leave credits that are paid once out in the mapping."
        )
    elif ever:
        found += note(
            f"subscriptions: the lines of {spaced(ever)} accounts sum to less than 0 on some "
            f"day; first account_id: {first_ids(session, debts)}. There their ARR is taken "
            "as 0."
        )
    return found


def _totals(lines: Present) -> tuple[str, ...]:
    """Lines of several years whose amount is that of a one-year line times the years."""
    session = lines.session
    same = "account_id, product" if lines.has("product") else "account_id"
    whole = (
        f"SELECT {same}, arr, round((ended_on - started_on) / 365.25)::INTEGER AS years "
        f"FROM {_with_amount(session)} WHERE ended_on IS NOT NULL AND "
        f"abs((ended_on - started_on) - 365.25 * round((ended_on - started_on) / 365.25)) "
        f"<= {_YEAR_SLACK_DAYS}"
    )
    key = ", ".join(quoted_name(name) for name in same.split(", "))
    pairs = (
        f"(SELECT long.account_id, long.arr / one.arr AS ratio, long.years FROM ({whole}) long "
        f"JOIN (SELECT {key}, median(arr) AS arr FROM ({whole}) WHERE years = 1 GROUP BY ALL) one "
        f"USING ({key}) WHERE long.years >= 2)"
    )
    # Nearer to the years than to once, on a scale of ratios.
    as_total = "ratio > sqrt(years) AND ratio < 1.25 * years"
    compared, like_totals = session.row(
        f"SELECT count(*), count(*) FILTER (WHERE {as_total}) FROM {pairs}"
    )
    ids = first_ids(session, pairs, as_total)
    if not compared:
        longer, ones, ratio, years = session.row(
            "SELECT count(*) FILTER (WHERE years >= 2), count(*) FILTER (WHERE years = 1), "
            "median(arr) FILTER (WHERE years >= 2) / median(arr) FILTER (WHERE years = 1), "
            f"median(years) FILTER (WHERE years >= 2) FROM ({whole})"
        )
        if min(longer, ones) < _FEWEST_LINES or not 0.8 * years < ratio < 1.25 * years:
            return ()
        compared = like_totals = longer
        ids = first_ids(session, f"({whole})", "years >= 2")
    if 2 * like_totals <= compared:
        return ()
    return (
        f"subscriptions: {spaced(like_totals)} of {spaced(compared)} lines of several years have "
        f"about so many times the amount of a line of one year; first account_id: {ids}. arr is "
        f"the amount of one year: if it holds total contract values, divide them by the years "
        f"({_RECIPES}).",
    )
