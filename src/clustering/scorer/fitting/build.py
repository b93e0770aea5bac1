"""A scorer from the fitted parts of a study."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from clustering.arrays import Floats
from clustering.config import FeaturesConfig, ScoringConfig
from clustering.errors import BadInputError
from clustering.matrix.standardise import Standardiser
from clustering.matrix.types import FeatureMatrix
from clustering.models.types import Clustering
from clustering.scorer.answers.compute import count_known
from clustering.scorer.fitting.novelty import novelty_limits
from clustering.scorer.fitting.temperature import calibrate
from clustering.scorer.scorer import Scorer
from clustering.scorer.segment_ids import SegmentNames, new_ids
from clustering.scorer.training import Exceptions, Training

#: Quantiles of the training values between which a value is usual.
USUAL = (0.01, 0.99)

#: Accounts on the border between two segments may get either.
_TIE = 1e-9


def build(
    standardiser: Standardiser,
    clustering: Clustering,
    matrix: FeatureMatrix,
    names: Sequence[str] | SegmentNames,
    features: FeaturesConfig,
    training: Training,
    scoring: ScoringConfig | None = None,
    age_days: Floats | None = None,
) -> Scorer:
    """As `Scorer.build`."""
    model = clustering.model
    if matrix.values.shape != (clustering.labels.size, clustering.centres.shape[1]):
        raise BadInputError("the clustering was not fitted on this matrix.")
    called = _called(names, training, model.k)
    named = len(called.names) == len(called.ids) == model.k
    if not named or matrix.feature_names != standardiser.feature_names:
        raise BadInputError("names, ids, matrix and standardiser must be of the same study.")
    _check_labels(clustering, matrix.values)
    calibration = calibrate(clustering, matrix)
    sizes = np.bincount(clustering.labels, minlength=model.k)
    scorer = Scorer(
        standardiser=standardiser,
        model=model,
        segment_names=called.names,
        segment_ids=called.ids,
        limits=novelty_limits(clustering, matrix.values, matrix.account_ids),
        usual=np.nanquantile(matrix.known, USUAL, axis=0),
        temperature=calibration.temperature,
        features=features,
        training=replace(training, sizes=tuple(sizes.tolist())),
        former_names=called.former,
        scoring=scoring or ScoringConfig(),
        tenths=calibration.tenths,
    )
    ages = np.full(clustering.labels.size, np.nan) if age_days is None else age_days
    return replace(scorer, exceptions=_exceptions(scorer, clustering, matrix, ages))


def _called(names: Sequence[str] | SegmentNames, training: Training, k: int) -> SegmentNames:
    if isinstance(names, SegmentNames):
        return names
    origin = f"{training.study}\n{training.as_of}\n{training.config_hash}"
    return SegmentNames(new_ids(origin, k), tuple(names))


def _check_labels(clustering: Clustering, values: Floats) -> None:
    """Refuse parameters that do not give back the labels, exact ties apart."""
    assignment = clustering.model.assign(np.ascontiguousarray(values.T))
    differ = assignment.labels != clustering.labels
    if (differ & (assignment.margin > _TIE)).any():
        raise BadInputError(
            f"{int(differ.sum())} of {differ.size} training labels are not those of the "
            "parameters; fit the clustering until it converges."
        )


def _exceptions(
    scorer: Scorer, clustering: Clustering, matrix: FeatureMatrix, ages: Floats
) -> Exceptions:
    known = np.ascontiguousarray(matrix.known.T)
    n_known = count_known(known)
    young = scorer.requirements.too_young(ages)
    little = scorer.requirements.too_little(n_known) & ~young
    incomplete = n_known < len(known)
    differs = scorer.model.assign(known).labels != clustering.labels
    return Exceptions(
        n_accounts=n_known.size,
        n_incomplete=int(incomplete.sum()),
        n_other_segment=int((differs & incomplete & ~young & ~little).sum()),
        n_too_little_known=int(little.sum()),
        n_too_young=int(young.sum()),
    )
