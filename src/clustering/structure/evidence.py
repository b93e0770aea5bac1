"""Is there structure in a matrix: the whole protocol, on every account once."""

from collections.abc import Callable, Sequence
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike

from clustering.arrays import Floats, Ints
from clustering.errors import BadInputError, breaches_message
from clustering.matrix.outliers import far_rows
from clustering.models.kmeans import checked_values
from clustering.models.labels import canonical_order
from clustering.structure.findings import VerdictName
from clustering.structure.outliers import set_aside_in_words, setting_aside, with_far_rows
from clustering.structure.protocol import Evidence, in_order, run_protocol
from clustering.structure.repeats import find_repeats, repeats_in_words
from clustering.structure.settings import Matrix, Prepare, ProtocolSettings, measured_rows

LEAST_ROWS = 8


def zscore(values: Floats, like: Floats | None = None) -> Floats:
    """Columns at mean 0 and standard deviation 1 (divisor n-1, as R's `scale`).

    A constant column becomes 0.

    Parameters
    ----------
    values : (n, d)
    like : (m, d), whose means and standard deviations are taken (None: those of `values`)

    Examples
    --------
    >>> zscore(np.array([[1.0], [2.0], [3.0]])).ravel().tolist()
    [-1.0, 0.0, 1.0]
    """
    like = values if like is None else like
    spread = like.std(axis=0, ddof=1)
    scaled: Floats = (values - like.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return scaled


def unscaled(values: Floats) -> Floats:
    """The columns as they are."""
    return values


def assess_structure(
    values: ArrayLike,
    settings: ProtocolSettings,
    *,
    raw: ArrayLike | None = None,
    prepare: Callable[[Floats], Floats] | None = None,
    columns: Sequence[str] | None = None,
    accounts: Sequence[object] | None = None,
    notes: Sequence[str] = (),
) -> Evidence:
    """Run the protocol of docs/method.md on a matrix.

    The rows are sorted first, so that their order changes nothing; labels and stability come
    back in the given order. An account is judged once, however many rows repeat it. Without
    `accounts` equal rows may be different accounts: where they are many, the distinct rows are
    judged as well, and the weaker of the two verdicts holds. No column is left out: which ones tell
    nothing of groups is told by `unrelated.unrelated_columns`.

    Parameters
    ----------
    values : (n, d) finite, no constant column
    settings : seed, scale, grid of candidates, resamples and nulls
    raw, prepare : the columns before preparation, (n, d_raw), and what turned them into `values`.
        The nulls are fitted to `raw` and go through `prepare`, so that they run the whole
        pipeline. Give both or neither
    columns : names of the columns, for the reasons of the guards
    accounts : (n,), whose each row is; rows of one account must be equal
    notes : what is already known to limit the evidence; added to the reasons

    Raises
    ------
    BadInputError
        Values that cannot be judged, all breaches at once.

    Examples
    --------
    >>> from clustering.config import EvidenceConfig, ModelsConfig
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(0, 1, (150, 3)), rng.normal(6, 1, (150, 3))])
    >>> quick = EvidenceConfig(resamples=10, nulls=19)
    >>> grid = ModelsConfig(k_max=3, n_init=2)
    >>> evidence = assess_structure(X, ProtocolSettings(1, "zscore", quick, grid))
    >>> evidence.verdict, evidence.n_clusters
    ('natural', 2)
    """
    matrix = _checked(values)
    if (raw is None) != (prepare is None):
        raise BadInputError("give both the raw columns and what prepares them, or neither.")
    source = matrix if raw is None else checked_values(raw)
    repeats = find_repeats(matrix, accounts)
    if len(repeats.first) < LEAST_ROWS:
        raise BadInputError(
            f"{len(matrix)} rows, of which {len(repeats.first)} are different; at least "
            f"{LEAST_ROWS} different ones are needed to judge anything. If each row is an account "
            "of its own, name the column of the account."
        )
    said = (*notes, *repeats_in_words(repeats, known=accounts is not None))

    def run(rows: Ints) -> Evidence:
        order = rows[canonical_order(matrix[rows])]
        found = _judge(
            np.ascontiguousarray(matrix[order]), source[order], prepare, columns, settings, said
        )
        position = np.empty(len(matrix), dtype=np.int64)
        position[order] = np.arange(len(order))
        return in_order(found, position[rows])

    everyone = np.arange(len(matrix))
    if accounts is None and not repeats.matter:
        return run(everyone)
    distinct = in_order(run(repeats.first), repeats.back)
    return distinct if accounts is not None else _weaker(run(everyone), distinct)


def _judge(
    values: Floats,
    raw: Floats,
    prepare: Prepare | None,
    columns: Sequence[str] | None,
    settings: ProtocolSettings,
    notes: Sequence[str],
) -> Evidence:
    """The protocol on the rows that are not far from all others, who get their segment after."""
    share, scaled = settings.config.most_set_aside, settings.scale == "zscore"
    rescale: Prepare = zscore if scaled else unscaled
    prepare = prepare or rescale
    far = far_rows(rescale(values), share=share, seed=settings.seed)
    aside = far.rows
    core = np.ascontiguousarray(values[~aside])
    if aside.any():
        prepare = setting_aside(prepare, rescale, settings)
        rescale = setting_aside(rescale, rescale, settings)
    matrix = Matrix(
        values=np.ascontiguousarray(zscore(core) if scaled else core),
        raw=raw[~aside],
        prepare=prepare,
        rescale=rescale,
        columns=columns,
        rows=measured_rows(len(core), settings.seed),
    )
    found = run_protocol(matrix, settings, (*set_aside_in_words(far, share), *notes))
    if not aside.any():
        return found
    return with_far_rows(found, zscore(values, core) if scaled else values, aside, share)


def _weaker(every_row: Evidence, distinct: Evidence) -> Evidence:
    """The verdict that holds on all rows and on the distinct ones: the weaker of the two."""
    strength = {name: rank for rank, name in enumerate(reversed(get_args(VerdictName)))}

    def claim(evidence: Evidence) -> tuple[int, int]:
        return strength[evidence.verdict], evidence.n_clusters

    if claim(every_row) <= claim(distinct):
        return every_row
    unheld = (
        f"Repeats: with every row counted the verdict would be {every_row.verdict}"
        + (f", {every_row.n_clusters} clusters" if every_row.verdict == "natural" else "")
        + "; it does not hold on the rows that are different, so all of this is of those "
        f"{distinct.n} rows."
    )
    return distinct.model_copy(update={"reasons": (*distinct.reasons, unheld)})


def _checked(values: ArrayLike) -> Floats:
    matrix = checked_values(values)
    breaches = []
    if len(matrix) < LEAST_ROWS:
        breaches.append(f"{len(matrix)} rows; at least {LEAST_ROWS} are needed to judge anything")
    constant = np.flatnonzero(matrix.min(axis=0) == matrix.max(axis=0))
    if constant.size:
        breaches.append(f"columns {(constant + 1).tolist()} are constant; leave them out")
    if breaches:
        raise BadInputError(breaches_message("the values cannot be judged", breaches))
    return matrix
