"""Sentences on what changed, by rules: no sentence claims more than the two verdicts allow."""

from collections.abc import Iterator, Sequence

from clustering.between.entries import Comparison, SegmentChange, Side, ValueChange
from clustering.report import words
from clustering.report.kit.facts import percent
from clustering.report.subjects.movement.words import succession
from clustering.results import StudyFolder
from clustering.wording import amount_in_short, counted, listed

#: So many settings, libraries or features are named; the page and compare.json have all.
_NAMED = 8


def sentences(found: Comparison, first: StudyFolder, second: StudyFolder) -> dict[str, list[str]]:
    """What changed, by subject; the short answer stands first."""
    return {
        "In short": list(in_short(found)),
        "Verdict": list(_verdict(found, first, second)),
        "Segments": list(_segments(found)),
        "Accounts": [*_who(found), *_accounts(found)],
        "Recommendation": list(_recommendation(found)),
        "What it comes from": list(_why(found, second)),
        "Data": list(_data(found)),
        "Settings": list(_settings(found)),
        "Features": list(_features(found)),
    }


def in_short(found: Comparison) -> Iterator[str]:
    """One sentence or two: whether anything changed, and how much of it."""
    if found.nothing_changed:
        yield (
            "Nothing changed: the same tables, settings and libraries gave the same segments, "
            "account by account."
        )
        return
    same = "the same" if found.first.verdict == found.second.verdict else "another"
    yield (
        f"The verdict is {same} ({_verdicts(found)}), and the advice is "
        f"{'the same' if _same_advice(found) else 'another'}."
    )
    followed = found.accounts
    if not followed.n_both:
        yield "No account is in both studies, so neither accounts nor segments can be followed."
        return
    changed = followed.n_moved + followed.n_recut
    yield (
        f"{changed:,} of the {counted(followed.n_both)} in both studies "
        f"({percent(changed / followed.n_both)}) are not in the segment that goes on from theirs."
    )


def _verdicts(found: Comparison) -> str:
    first, second = found.first.verdict, found.second.verdict
    return first if first == second else f"{first}, then {second}"


def _same_advice(found: Comparison) -> bool:
    return found.first.recommendation == found.second.recommendation


def _data(found: Comparison) -> Iterator[str]:
    changed = [table for table in found.tables if not table.is_same]
    if not changed:
        yield f"The rows of all {len(found.tables)} tables are the same."
    for table in changed:
        match table.rows_first, table.rows_second:
            case None, int(rows):
                yield f"{table.name}: only the second study reads it ({rows:,} rows)."
            case int(rows), None:
                yield f"{table.name}: only the first study reads it ({rows:,} rows)."
            case int(before), int(rows) if before != rows:
                yield f"{table.name}: {before:,} rows, then {rows:,}."
            case _:
                yield f"{table.name}: as many rows ({table.rows_first:,}), with other values."


def _who(found: Comparison) -> Iterator[str]:
    followed = found.accounts
    yield (
        f"{counted(followed.n_both)} in both studies; {followed.n_come:,} only in the second"
        f"{_of(found.second, followed.amount_come, followed.n_come)}, {followed.n_gone:,} only in "
        f"the first{_of(found.first, followed.amount_gone, followed.n_gone)}."
    )
    if not _same_money(found) and found.first.amount is not None:
        yield (
            f"The amounts are not set beside each other: {_money(found.first)} in the first study, "
            f"{_money(found.second)} in the second."
        )


def _settings(found: Comparison) -> Iterator[str]:
    if not found.settings:
        yield "All settings are the same."
    yield from _values(found.settings)
    if found.libraries:
        yield "Other versions: " + "; ".join(_values(found.libraries))


def _values(changes: Sequence[ValueChange]) -> Iterator[str]:
    for one in changes[:_NAMED]:
        yield f"{one.name}: {_value(one.first)}, then {_value(one.second)}."
    if len(changes) > _NAMED:
        yield f"{len(changes) - _NAMED} more."


def _value(value: str | None) -> str:
    return "not there" if value is None else value or "empty"


def _features(found: Comparison) -> Iterator[str]:
    if not found.features:
        yield "Both studies use the same features."
    for way, is_in in (("Came in", True), ("Went out", False)):
        own = [one for one in found.features if one.is_in is is_in]
        if own:
            listed = "; ".join(
                one.title + (f" ({one.reason})" if one.reason else "") for one in own[:_NAMED]
            )
            more = f"; {len(own) - _NAMED} more" if len(own) > _NAMED else ""
            yield f"{way}: {listed}{more}."


def _verdict(found: Comparison, first: StudyFolder, second: StudyFolder) -> Iterator[str]:
    if found.first.verdict == found.second.verdict and words.structure(first) == words.structure(
        second
    ):
        yield f"In both studies: {words.structure(second)}"
        return
    yield f"First ({found.first.verdict}): {words.structure(first)}"
    yield f"Second ({found.second.verdict}): {words.structure(second)}"


def _segments(found: Comparison) -> Iterator[str]:
    if not found.accounts.n_both:
        yield "They cannot be followed: no account is in both studies."
        return
    former = [one for one in found.segments if one.fate != "new"]
    counts = {
        "go on": "survived", "split": "split", "were absorbed": "absorbed", "are gone": "gone"
    }  # fmt: skip
    told = [
        f"{n:,} {became}"
        for became, fate in counts.items()
        if (n := sum(one.fate == fate for one in former))
    ]
    n_new = len(found.segments) - len(former)
    new = f"{n_new:,} of the second are new" if n_new else "none of the second is new"
    yield f"Of the {counted(len(former), 'segment')} of the first study {', '.join(told)}; {new}."
    if not _one_segment(found):
        yield from (_became(one) for one in found.segments)
    yield from _loose(found)


def _one_segment(found: Comparison) -> bool:
    return found.first.n_segments == found.second.n_segments == 1


def _became(one: SegmentChange) -> str:
    own, others = f"‘{one.name}’", ", ".join(f"‘{other}’" for other in one.others)
    if not one.n_accounts:
        side = "first" if one.fate == "new" else "second"
        return f"{own}: none of its accounts is in the {side} study."
    most = f"{percent(one.share)} of its {counted(one.n_accounts)}"
    match one.fate:
        case "survived":
            name = "" if one.others[0] == one.name else f" as ‘{one.others[0]}’"
            return f"{own} goes on{name}, with {most}."
        case "split":
            return f"{own} split: its accounts are in {others}."
        case "absorbed":
            return f"{own} was absorbed: {most} are in ‘{one.others[0]}’, which is mainly others."
        case "new":
            return f"{own} is new: its accounts were in {others}."
    return f"{own} is gone: its accounts are spread over {others}."


def _loose(found: Comparison) -> Iterator[str]:
    """That segments which do not come back differ from draw to draw, whatever happened."""
    loose = [
        which
        for which, side in (("first", found.first), ("second", found.second))
        if not side.segments_return and side.n_segments > 1
    ]
    if loose and not found.nothing_changed:
        yield (
            f"The segments of the {' and the '.join(loose)} study do not come back reliably when "
            "it is repeated on other accounts: which account is where may be the draw alone, so do "
            "not read the changes below as changes of accounts."
        )


def _accounts(found: Comparison) -> Iterator[str]:
    followed = found.accounts
    if not followed.n_both:
        return
    if not followed.n_moved and not followed.n_recut:
        yield f"All {counted(followed.n_both)} of both studies are where they were."
        return
    yield f"{counted(followed.n_stayed)} stayed: their segment goes on with them in it."
    if followed.n_moved:
        yield (
            f"{counted(followed.n_moved)} moved out of a segment that goes on without them"
            f"{_of(_side_of_money(found), followed.amount_moved, followed.n_moved)}."
        )
    if followed.n_recut:
        yield (
            f"{counted(followed.n_recut)} were in a segment that did not go on: it was cut "
            "elsewhere, not they who moved"
            f"{_of(_side_of_money(found), followed.amount_recut, followed.n_recut)}."
        )
    if followed.ami is not None:
        yield (
            f"Taken together the two segmentations agree to {followed.ami:.2f} (adjusted mutual "
            "information; 0 is chance, 1 is the same)."
        )


def _recommendation(found: Comparison) -> Iterator[str]:
    if _same_advice(found):
        yield f"In both studies: {found.second.recommendation}"
        return
    yield f"First: {found.first.recommendation}"
    yield f"Second: {found.second.recommendation}"


def _why(found: Comparison, second: StudyFolder) -> Iterator[str]:
    """What can have made the difference, and what this comparison cannot tell."""
    if found.nothing_changed:
        return
    other_data = [table for table in found.tables if not table.is_same]
    other_date = found.first.as_of != found.second.as_of
    made_by = [
        *(["data"] if other_data else []),
        *(["date"] if other_date else []),
        *(["settings"] if [one for one in found.settings if one.name != "as_of"] else []),
        *(["libraries"] if found.libraries else []),
    ]
    if not made_by:
        yield (
            "Tables, date, settings and libraries are the same, and the result is not: somebody "
            "has renamed segments or decided about accounts, or one of the folders was changed."
        )
    elif len(made_by) == 1:
        yield f"The studies differ in {made_by[0]} alone: all that changed comes from there."
    else:
        yield (
            f"The studies differ in {listed(made_by)}; which of them "
            "made what change cannot be told from two studies. Change one at a time."
        )
    told = second.document.succession
    if told is not None and (told.study, told.as_of) == (found.first.name, found.first.as_of):
        yield from succession(second)[:1]
    elif other_data or other_date:
        yield (
            "Whether accounts changed or were cut elsewhere this comparison cannot tell: run the "
            "second study with --previous and the first one, whose model then looks at the "
            "accounts of the second date."
        )


def _of(side: Side, amount: float | None, n: int) -> str:
    """The amount of some accounts in brackets; nothing where there are none, or it is unknown."""
    if amount is None or not n:
        return ""
    return f" ({amount_in_short(amount)} {side.currency} {side.amount_name})"


def _money(side: Side) -> str:
    return "none" if side.amount is None else f"{side.amount_name} in {side.currency}"


def _same_money(found: Comparison) -> bool:
    return _money(found.first) == _money(found.second)


def _side_of_money(found: Comparison) -> Side:
    """The study whose amounts those of followed accounts are."""
    return found.first if found.second.amount is None else found.second
