"""Books without clusters that bend: one continuum each, with a valley on straight lines through it.

Every book is a shape of one to three dimensions, laid into `columns` columns, with normal noise of
0.2 to 0.5 in all of them, and turned at random. Unless said otherwise, accounts are uniform along
the curve and its radius is 2.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["CURVED", "laid"]

Floats = NDArray[np.float64]
Shape = Callable[[int, np.random.Generator], Floats]

NOISE = (0.2, 0.5)
RADIUS = 2.0


def laid(shape: Shape, n: int, columns: int, rng: np.random.Generator) -> Floats:
    """`n` accounts of a shape with noise, turned at random."""
    values = np.zeros((n, columns))
    flat = shape(n, rng)
    values[:, : flat.shape[1]] = flat
    values += rng.uniform(*NOISE) * rng.normal(size=values.shape)
    return values @ np.linalg.qr(rng.normal(size=(columns, columns)))[0]


def arc(degrees: float) -> Shape:
    """Part of a circle, or all of it."""

    def shape(n: int, rng: np.random.Generator) -> Floats:
        angle = np.deg2rad(degrees) * rng.random(n)
        return RADIUS * np.column_stack([np.cos(angle), np.sin(angle)])

    return shape


def along(curve: Floats) -> Shape:
    """Uniform in arc length along a curve through the given points."""
    steps = np.sqrt((np.diff(curve, axis=0) ** 2).sum(axis=1))
    travelled = np.concatenate([[0.0], np.cumsum(steps)])

    def shape(n: int, rng: np.random.Generator) -> Floats:
        at = rng.uniform(0.0, travelled[-1], n)
        return np.column_stack([np.interp(at, travelled, column) for column in curve.T])

    return shape


def spiral() -> Floats:
    """One and a half turns, from radius 1 to 4."""
    share = np.linspace(0.0, 1.0, 2001)
    angle, radius = 3 * np.pi * share, 1 + 3 * share
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def helix() -> Floats:
    """Two turns that rise by 3 each."""
    angle = np.linspace(0.0, 4 * np.pi, 2001)
    return np.column_stack([RADIUS * np.cos(angle), RADIUS * np.sin(angle), 1.5 * angle / np.pi])


def figure_eight() -> Floats:
    """A curve that crosses itself."""
    angle = np.linspace(0.0, 2 * np.pi, 2001)
    return np.column_stack([3 * np.sin(angle), 3 * np.sin(angle) * np.cos(angle)])


def horseshoe() -> Floats:
    """Half a circle with a straight leg of length 3 at both ends."""
    angle = np.linspace(0.0, np.pi, 1001)
    bow = RADIUS * np.column_stack([np.cos(angle), np.sin(angle)])
    return np.vstack([[RADIUS, -3.0], bow, [-RADIUS, -3.0]])


def crescent(n: int, rng: np.random.Generator) -> Floats:
    """A disc of radius 2 without another that is moved by 1: thin at the tips."""
    points = rng.uniform(-RADIUS, RADIUS, (20 * n, 2))
    inside = (points**2).sum(axis=1) < RADIUS**2
    moved = ((points - [1.0, 0.0]) ** 2).sum(axis=1) > 0.8 * RADIUS**2
    return points[inside & moved][:n]


def swiss_roll(n: int, rng: np.random.Generator) -> Floats:
    """A rolled sheet: one and a half turns from radius 1.3 to 4, and 6 high."""
    angle = 1.5 * np.pi * (1 + 2 * rng.random(n))
    return np.column_stack([angle * np.cos(angle), angle * np.sin(angle), 21 * rng.random(n)]) / 3.5


def s_curve(n: int, rng: np.random.Generator) -> Floats:
    """A sheet bent like an S, of radius 2 and 4 high."""
    angle = 3 * np.pi * (rng.random(n) - 0.5)
    bent = np.column_stack([np.sin(angle), np.sign(angle) * (np.cos(angle) - 1), 2 * rng.random(n)])
    return RADIUS * bent


def simplex(archetypes: int) -> Shape:
    """Mixtures of archetypes that are 6 apart, all mixtures equally likely."""

    def shape(n: int, rng: np.random.Generator) -> Floats:
        return 6 / np.sqrt(2) * rng.dirichlet(np.ones(archetypes), n)

    return shape


def branches(n: int, rng: np.random.Generator) -> Floats:
    """Three arms of length 4 that meet in one point."""
    angle = 2 * np.pi / 3 * rng.integers(0, 3, n)
    return (4 * rng.random(n))[:, np.newaxis] * np.column_stack([np.cos(angle), np.sin(angle)])


def sphere(n: int, rng: np.random.Generator) -> Floats:
    """The surface of a ball."""
    direction = rng.normal(size=(n, 3))
    return RADIUS * direction / np.sqrt((direction**2).sum(axis=1))[:, np.newaxis]


CURVED: dict[str, Shape] = {
    "arc of 120 degrees": arc(120),
    "arc of 180 degrees": arc(180),
    "arc of 240 degrees": arc(240),
    "arc of 300 degrees": arc(300),
    "ring": arc(360),
    "spiral": along(spiral()),
    "crescent": crescent,
    "swiss roll": swiss_roll,
    "S-curve": s_curve,
    "simplex of 3": simplex(3),
    "simplex of 4": simplex(4),
    "helix": along(helix()),
    "figure eight": along(figure_eight()),
    "horseshoe": along(horseshoe()),
    "three branches": branches,
    "sphere": sphere,
}
