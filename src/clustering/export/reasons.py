"""The features behind a segment: `scorer.explain` as SQL, in the words of `scorer.spelling`.

A feature is named with what is typical of the segment. The account's own value stands in the table
of features; databases write numbers in different ways.
"""

from collections.abc import Iterator, Sequence

from clustering.export.stages import Stage
from clustering.export.terms import LARGEST, case, largest, number, text, total
from clustering.scorer import Scorer
from clustering.scorer.answers.explain import N_REASONS
from clustering.scorer.answers.spelling import typical_in_words

#: The letters of the columns of each kind of reason.
_WHY, _AGAINST = "w", "v"


def reason_stages(scorer: Scorer) -> Iterator[Stage]:
    """Stages that give the three strongest features of either kind, by number; -1 for none.

    What a feature adds to the squared distances is compared: that to the own segment with the mean
    of all others, and with that to the runner-up.
    """
    k, d = scorer.model.k, len(scorer.standardiser.columns)
    sides: dict[str, str] = {}
    for j in range(d):
        own = {f"chosen = {c}": f"q{c}_{j}" for c in range(k)}
        following = {f"follower = {c}": f"q{c}_{j}" for c in range(k)}
        sides |= {f"own{j}": case(own), f"next{j}": case(following, "0e0")}
    yield Stage("sides", sides)
    advantages: dict[str, str] = {}
    for j in range(d):
        mean = f"({total(f'q{c}_{j}' for c in range(k))} - {number(k)} * own{j})"
        advantages[f"{_WHY}{j}"] = f"{mean} * {number(1 / max(k - 1, 1))}"
        advantages[f"{_AGAINST}{j}"] = f"next{j} - own{j}"
    yield Stage("advantages", advantages)
    for rank in range(N_REASONS):
        yield from _ranked(rank, d)


def _ranked(rank: int, d: int) -> Iterator[Stage]:
    """The next strongest feature of either kind, the first of equally strong ones."""
    tops: dict[str, str] = {}
    picks: dict[str, str] = {}
    for kind in (_WHY, _AGAINST):
        earlier = [f"{kind}_pick{before}" for before in range(rank)]
        top = f"{kind}_top{rank}"
        left = [_unless(j, earlier, f"{kind}{j}", f"-{LARGEST}") for j in range(d)]
        tops[top] = largest(left)
        free = {j: " AND ".join(f"{pick} <> {j}" for pick in earlier) for j in range(d)}
        strongest = {
            f"{kind}{j} = {top}{f' AND {free[j]}' if earlier else ''}": str(j) for j in range(d)
        }
        picks[f"{kind}_pick{rank}"] = case({f"{top} <= 0e0": "-1"} | strongest, "-1")
    yield Stage(f"top{rank}", tops)
    yield Stage(f"pick{rank}", picks)


def _unless(j: int, taken: Sequence[str], value: str, otherwise: str) -> str:
    return case({f"{pick} = {j}": otherwise for pick in taken}, value)


def reason_columns(scorer: Scorer) -> dict[str, str]:
    """The columns `why` and `against_runner_up`; null without a segment or such a feature."""
    k = scorer.model.k
    if k == 1:
        return dict.fromkeys(("why", "against_runner_up"), "CAST(NULL AS VARCHAR)")
    features = scorer.standardiser.features
    titled: list[dict[str, str]] = []
    there: list[dict[str, str]] = []
    for row in scorer.typical.tolist():
        words = [typical_in_words(*pair) for pair in zip(features, row, strict=True)]
        titled.append(
            {
                str(j): text(f"{feature.title}, typical here {typical}")
                for j, (feature, typical) in enumerate(zip(features, words, strict=True))
            }
        )
        there.append({str(j): text(f", there {typical}") for j, typical in enumerate(words)})

    def named(kind: str, rank: int) -> str:
        pick = f"{kind}_pick{rank}"
        sentence = _looked_up("chosen", pick, titled)
        if kind == _AGAINST:
            sentence = f"{sentence} || {_looked_up('follower', pick, there)}"
        return sentence if rank == 0 else case({f"{pick} >= 0": f"'; ' || {sentence}"}, "''")

    columns = {}
    for column, kind in (("why", _WHY), ("against_runner_up", _AGAINST)):
        sentences = " || ".join(named(kind, rank) for rank in range(N_REASONS))
        columns[column] = case({f"lacks > 0 OR {kind}_pick0 < 0": "NULL"}, sentences)
    return columns


def _looked_up(segment: str, feature: str, words: Sequence[dict[str, str]]) -> str:
    """The text of a segment and a feature."""
    by_segment = {}
    for c, of_features in enumerate(words):
        by_feature = {f"{feature} = {j}": one for j, one in of_features.items()}
        by_segment[f"{segment} = {c}"] = case(by_feature)
    return case(by_segment)
