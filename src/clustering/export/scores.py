"""From standardised values to how well an account fits every segment: `Model.log_scores` as SQL.

Everything is of the values that are known of the account. Where features are independent within a
segment (centres; diagonal covariances) its squared distance is a sum of one term a known feature.
Otherwise the known features are taken into the density one after the other, each from what the
earlier ones leave unexplained of it: the Cholesky decomposition of the covariances of the known
features, in which a missing one is stepped over.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from clustering.arrays import Floats
from clustering.errors import BadInputError
from clustering.export.stages import Stage
from clustering.export.terms import case, double, number, total
from clustering.models.kinds import CentreModel, GaussianModel
from clustering.models.model import Model

#: Columns of a stage; PostgreSQL allows 1,664, and a few are carried beside those counted here.
_MOST_COLUMNS = 1600

_LOG_2_PI = math.log(2 * math.pi)


def score_stages(model: Model) -> Iterator[Stage]:
    """Stages that give `q0`, `q1`, ... and, for densities, `g0`, `g1`, ...; from `z0`, `z1`, ...

    `q` is the squared distance to a segment in its own metric (for centres: in the matrix'), and
    `g` the log of its weight and of the height of its density; `g - q / 2` is its log score.
    `q{c}_{j}` is what feature j adds to `q{c}` (`scorer.explain`).

    Raises
    ------
    BadInputError
        There are too many features for a query of covariances.
    """
    if isinstance(model, CentreModel):
        yield from _distances(model.centres, np.ones(model.centres.shape))
    elif isinstance(model, GaussianModel):
        variances = np.diagonal(model.covariances, axis1=1, axis2=2)
        if (model.covariances == variances[:, :, np.newaxis] * np.eye(variances.shape[1])).all():
            yield from _distances(model.centres, variances)
            yield Stage("heights", _heights(model.weights, variances))
        else:
            yield from _eliminations(model)


def _distances(centres: Floats, variances: Floats) -> Iterator[Stage]:
    k, d = centres.shape
    parts = {
        f"q{c}_{j}": _square(f"z{j}", centres[c, j], variances[c, j])
        for c in range(k)
        for j in range(d)
    }
    yield Stage("parts", parts)
    yield Stage("distances", {f"q{c}": total(f"q{c}_{j}" for j in range(d)) for c in range(k)})


def _square(value: str, mean: float, variance: float) -> str:
    offset = f"({value} - {number(mean)})"
    squared = f"{offset} * {offset}"
    precise = squared if variance == 1 else f"{squared} * {number(1 / variance)}"
    return case({f"{value} IS NULL": "0e0"}, precise)


def _heights(weights: Floats, variances: Floats) -> dict[str, str]:
    constants = -0.5 * (_LOG_2_PI + np.log(variances))
    return {
        f"g{c}": total(
            [
                number(math.log(weights[c])),
                *(case({f"z{j} IS NULL": "0e0"}, number(one)) for j, one in enumerate(row)),
            ]
        )
        for c, row in enumerate(constants)
    }


def _eliminations(model: GaussianModel) -> Iterator[Stage]:
    k, d = model.centres.shape
    shared = bool((model.covariances == model.covariances[0]).all())
    # One decomposition, and as many segments as share it, at a time.
    groups = [list(range(k))] if shared else [[c] for c in range(k)]
    # What a decomposition leaves behind, beside what every feature adds to every distance.
    width = d * (d + 1) // 2 + (2 * d + 2) * len(groups[0])
    room = _MOST_COLUMNS - k * d
    if width > room:
        raise BadInputError(
            f"this model has covariances of {d} features: its query would have "
            f"{width + k * d:,} columns, and databases take about {_MOST_COLUMNS:,}. Score with "
            "`clustering score`."
        )
    at_a_time = room // width
    for start in range(0, len(groups), at_a_time):
        yield from _together(model, groups[start : start + at_a_time])
    names = (("q", "p"), ("g", "l"))
    yield Stage("eliminated", {f"{n}{c}": f"{m}{c}_{d}" for c in range(k) for n, m in names})


def _together(model: GaussianModel, groups: Sequence[Sequence[int]]) -> Iterator[Stage]:
    """The decompositions of some groups of segments, side by side."""
    runs = [_Elimination(model, group) for group in groups]
    first, pivots = groups[0][0], range(model.centres.shape[1])

    def side_by_side(name: str, columns: Callable[[_Elimination], dict[str, str]]) -> Stage:
        return Stage(name, {n: e for run in runs for n, e in columns(run).items()})

    yield side_by_side(f"begun{first}", _Elimination.begin)
    for pivot in pivots:
        yield side_by_side(f"eliminated{first}_{pivot}", partial(_Elimination.step, pivot=pivot))
    for pivot in reversed(pivots):
        yield side_by_side(f"solved{first}_{pivot}", partial(_Elimination.solve, pivot=pivot))
    yield side_by_side(f"parts{first}", _Elimination.parts)


class _Elimination:
    """Column by column: which expressions hold what the features so far leave unexplained.

    Parameters
    ----------
    group : segments of the same covariances
    """

    def __init__(self, model: GaussianModel, group: Sequence[int]) -> None:
        self._model, self._group = model, group
        self._d = model.centres.shape[1]
        self._first = group[0]
        matrix = model.covariances[self._first]
        rows = range(self._d)
        #: Entry (i, m) of what is left of the covariances, i >= m; none where it is always 0.
        self._left = {
            (i, m): number(matrix[i, m]) for i in rows for m in range(i + 1) if matrix[i, m] != 0
        }
        #: Entry (c, i) of what is left of the offsets from the centres.
        self._offset: dict[tuple[int, int], str] = {}
        #: The same of a feature, and what it has to do with those that follow, at its own turn.
        self._residual: dict[tuple[int, int], str] = {}
        self._ties: dict[int, dict[int, str]] = {}

    def begin(self) -> dict[str, str]:
        """Offsets from the centres, and the first pivot."""
        columns: dict[str, str] = {}
        for c in self._group:
            for i, mean in enumerate(self._model.centres[c]):
                self._offset[c, i] = f"r{c}_0_{i}"
                columns[f"r{c}_0_{i}"] = case({f"z{i} IS NULL": "0e0"}, f"z{i} - {number(mean)}")
            columns[f"l{c}_0"] = double(math.log(self._model.weights[c]))
            columns[f"p{c}_0"] = double(0.0)
        known = double(1 / self._model.covariances[self._first][0, 0])
        columns[self._pivot(0)] = case({"z0 IS NULL": double(0.0)}, known)
        return columns

    def step(self, pivot: int) -> dict[str, str]:
        """Take one feature into the density, and out of those that follow."""
        inverse, columns = self._pivot(pivot), {}
        for c in self._group:
            offset, height = self._offset[c, pivot], f"l{c}_{pivot}"
            columns[f"p{c}_{pivot + 1}"] = f"p{c}_{pivot} + {offset} * {offset} * {inverse}"
            taller = f"{height} + 0.5e0 * LN({inverse}) - {number(0.5 * _LOG_2_PI)}"
            columns[f"l{c}_{pivot + 1}"] = case({f"{inverse} > 0e0": taller}, height)
        later = [i for i in range(pivot + 1, self._d) if (i, pivot) in self._left]
        self._residual |= {(c, pivot): self._offset[c, pivot] for c in self._group}
        self._ties[pivot] = {i: self._left[i, pivot] for i in later}
        changed = {}
        for i in later:
            ahead = f"{self._left[i, pivot]} * {inverse}"
            for c in self._group:
                name = f"r{c}_{pivot + 1}_{i}"
                columns[name] = f"{self._offset[c, i]} - {ahead} * {self._offset[c, pivot]}"
                self._offset[c, i] = name
            for m in later:
                if m <= i:
                    before = self._left.get((i, m), "0e0")
                    changed[i, m] = f"{before} - {ahead} * {self._left[m, pivot]}"
        following = pivot + 1
        if following < self._d:
            own = changed.pop((following, following), self._left[following, following])
            columns[self._pivot(following)] = self._inverse(following, own)
        for (i, m), expression in changed.items():
            name = f"a{self._first}_{following}_{i}_{m}"
            columns[name] = expression
            self._left[i, m] = name
        return columns

    def solve(self, pivot: int) -> dict[str, str]:
        """The pull of a feature, from those that follow it: precision times offsets, backwards."""
        columns = {}
        for c in self._group:
            others = [f" - {tie} * y{c}_{i}" for i, tie in self._ties[pivot].items()]
            explained = "".join([self._residual[c, pivot], *others])
            columns[f"y{c}_{pivot}"] = f"{self._pivot(pivot)} * ({explained})"
        return columns

    def parts(self) -> dict[str, str]:
        """What each feature adds to the squared distance."""
        return {f"q{c}_{j}": f"r{c}_0_{j} * y{c}_{j}" for c in self._group for j in range(self._d)}

    def _pivot(self, feature: int) -> str:
        return f"h{self._first}_{feature}"

    @staticmethod
    def _inverse(feature: int, variance: str) -> str:
        """One over the variance that is left of a feature; 0 steps over a missing one."""
        return case({f"z{feature} IS NULL": "0e0"}, f"1e0 / ({variance})")
