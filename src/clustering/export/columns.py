"""From raw values to the columns of the matrix: `matrix.ranges` and `matrix.transforms` as SQL."""

from collections.abc import Iterator

from clustering.export.stages import Stage
from clustering.export.terms import LARGEST, case, name, number
from clustering.matrix.ranges import FeatureRange
from clustering.matrix.standardise import Standardiser
from clustering.matrix.transforms import ColumnScaling

#: A value nearer to zero than this is zero: PostgreSQL refuses products that are too small for it.
_TINY = "1e-100"

#: Nearer to zero than this, an exponent takes too many digits from the quotient it stands in.
_SMALL_EXPONENT = 1e-4


def column_stages(standardiser: Standardiser) -> Iterator[Stage]:
    """Stages that give `z0`, `z1`, ...: the standardised values, null where they are not known.

    They also give, for each feature, `given` (the number that stands in the table; null for what
    is none) and `known` (what is used of it, in the feature's own unit).
    """
    features = list(enumerate(zip(standardiser.columns, standardiser.ranges, strict=True)))
    yield Stage(
        "cast_to_double", {f"c{j}": double_column(column.feature) for j, (column, _) in features}
    )
    yield Stage("given", {f"given{j}": finite(f"c{j}") for j, _ in features})
    yield Stage("known", {f"known{j}": _known(f"given{j}", of) for j, (_, of) in features})
    yield Stage("transformed", {f"t{j}": _transformed(f"known{j}", c) for j, (c, _) in features})
    yield Stage("standardised", {f"z{j}": _scaled(f"t{j}", c) for j, (c, _) in features})


def outside(value: str, least: float | None, most: float | None) -> dict[str, str]:
    """Conditions that a value lies below and above, by "below" and "above"; none has no bound."""
    below = {} if least is None else {"below": f"{value} < {number(least)}"}
    above = {} if most is None else {"above": f"{value} > {number(most)}"}
    return below | above


def double_column(feature: str) -> str:
    """A column of the table as doubles, whatever kind of number it holds."""
    return f"CAST({name(feature)} AS DOUBLE)"


def finite(value: str) -> str:
    """A value of the table; null where it is infinite or no number."""
    return case({f"{value} >= -{LARGEST} AND {value} <= {LARGEST}": value})


def infinite(value: str) -> str:
    """The condition that a value is infinite, which holds of no NaN in any database."""
    return f"{value} < -{LARGEST} OR -{value} < -{LARGEST}"


def _known(value: str, known: FeatureRange) -> str:
    """Nothing for what cannot be; what is far is drawn in to where values have been seen."""
    cannot = outside(value, known.least, known.most).values()
    far = outside(value, known.reach_least, known.reach_most)
    ends = {"below": known.reach_least, "above": known.reach_most}
    drawn_in = {condition: number(ends[side] or 0.0) for side, condition in far.items()}
    zero = {f"{value} > -{_TINY} AND {value} < {_TINY}": "0e0"}
    return case(dict.fromkeys(cannot, "NULL") | drawn_in | zero, value)


def _transformed(value: str, column: ColumnScaling) -> str:
    if column.transform == "started_log":
        logarithm = _logarithm(f"{value} / {number(column.unit)}")
        return case({f"{value} > 0e0": logarithm, f"{value} <= 0e0": "0e0"})
    if column.transform == "yeo_johnson":
        above = _box_cox(_logarithm(f"{value} / {number(column.unit)}"), column.exponent)
        below = _box_cox(_logarithm(f"{value} / {number(-column.unit)}"), 2 - column.exponent)
        return case({f"{value} < 0e0": f"-({below})", f"{value} >= 0e0": above})
    return value


def _logarithm(value: str) -> str:
    return f"LN(1e0 + {value})"


def _box_cox(log_size: str, exponent: float) -> str:
    if abs(exponent) >= _SMALL_EXPONENT:
        return f"(EXP({number(exponent)} * {log_size}) - 1e0) / {number(exponent)}"
    # expm1(e x) / e as its series, which needs no division by what may be nothing.
    series = "1e0"
    for order in (5, 4, 3, 2):
        series = f"(1e0 + {number(exponent / order)} * {log_size} * {series})"
    return f"{log_size} * {series}"


def _scaled(value: str, column: ColumnScaling) -> str:
    factor = column.weight / column.scale

    def at(limit: float) -> str:
        return number((limit - column.location) * factor)

    branches = {
        f"{value} < {number(column.lower)}": at(column.lower),
        f"{value} > {number(column.upper)}": at(column.upper),
    }
    return case(branches, f"({value} - {number(column.location)}) * {number(factor)}")
