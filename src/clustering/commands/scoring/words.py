"""What `clustering score` says of the scores."""

from collections.abc import Iterator

from clustering.columns import TENURE_DAYS
from clustering.commands.scoring.run import Scored
from clustering.commands.scoring.source import Source
from clustering.scorer import Scorer
from clustering.stores.rows import Run
from clustering.stores.store import ScoreStore

#: A larger share of flagged accounts is worth a word; of an ordinary quarter later it is under 1 %.
_MANY_FLAGGED = 0.02
_LEAST_FLAGGED = 5


def have_changed(scored: Scored) -> bool:
    """Whether many more accounts than usual are unlike those that the model was learned from.

    A wrong value is no change of the accounts, and a column in another unit tells nothing of them.
    """
    novel = _novel(scored)
    many = novel > _MANY_FLAGGED * scored.tally.n
    return novel >= _LEAST_FLAGGED and many and not scored.columns.mistakes


def sentences(
    scored: Scored, scorer: Scorer, source: Source, run: Run, store: ScoreStore
) -> Iterator[str]:
    """Everything that is to be said, a line each."""
    if source.notes:
        yield "Notes on the input:"
        yield from (f"  - {note}" for note in source.notes)
    tally, training = scored.tally, scorer.training
    yield (
        f"{tally.n:,} accounts scored as of {run.as_of} into the {training.group_word[1]} "
        f"of study '{training.study}' (learned as of {training.as_of}; model {run.model_version})."
    )
    learned = sum(training.sizes)
    for number, name in enumerate(scorer.segment_names):
        count = int(tally.by_segment[number])
        share = count / max(1, tally.n)
        yield f"  {name}: {count:,} ({share:.0%}; {training.sizes[number] / learned:.0%} then)"
    if not source.features.has_ages:
        yield (
            f"  The age of the accounts is not known (column {TENURE_DAYS}): none was found too "
            "young for a segment."
        )
    if tally.unknown:
        yield f"  no segment, because too little is known yet (column reason): {tally.unknown:,}"
    yield from _novelty(scored, scorer, source)
    yield from _assignment(scored, source, store)
    if source.served is None:
        yield (
            "Tier and schemes are told from tables alone: score a folder of tables or the study's "
            "TOML for them."
        )


def _novel(scored: Scored) -> int:
    return scored.tally.novel - scored.columns.n_odd


def _novelty(scored: Scored, scorer: Scorer, source: Source) -> Iterator[str]:
    tally, found = scored.tally, scored.columns
    if tally.novel:
        yield (
            "Unlike what the model was learned from, to be looked at before their segment is used "
            f"(column reason): {tally.novel:,}"
        )
    if found.n_odd:
        yield (
            "  of them with values that cannot be, or lie far from all that were seen: "
            f"{found.n_odd:,}"
        )
    if found.mistakes:
        yield "Probably in another unit than in training; these scores are then wrong:"
        yield from (f"  {sentence}" for sentence in found.mistakes)
    if have_changed(scored):
        advice = "the accounts may have changed. Consider a new study."
        if source.short_tables:
            advice = (
                f"{', '.join(source.short_tables)} begin inside the look-back window of "
                f"{scorer.features.window_days} days, so every account looks less active. "
                "Score tables of the whole window first."
            )
        yield (
            f"  That is {_novel(scored) / tally.n:.1%} of the accounts, against about "
            f"{scorer.expected_novel_share:.1%} when the model was learned: {advice}"
        )


def _assignment(scored: Scored, source: Source, store: ScoreStore) -> Iterator[str]:
    tally = scored.tally
    if tally.decided:
        yield (
            f"Decided by people: {tally.decided:,}, {tally.against:,} of them against the "
            "model (columns assigned_segment, override_by, override_reason, override_until)."
        )
    if tally.held:
        yield (
            f"Held in the segment of earlier dates: {tally.held:,} (column assigned_by). "
            f"{source.rule.words.replace('snapshot', 'date')}"
        )
    if not store.knows_history:
        yield (
            "A file knows one date, so nothing is held over from earlier ones; a folder or a "
            "database does that (docs/nightly.md)."
        )
