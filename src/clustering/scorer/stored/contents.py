"""What the files of a scorer say, and whether it can be a scorer.

The numbers are checked as if a stranger had written them, which a matching manifest does not
exclude: types, widths, ranges, and that probabilities come out.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from clustering.arrays import Floats
from clustering.config import FeaturesConfig, ScoringConfig
from clustering.errors import BadInputError, breaches_message
from clustering.matrix.standardise import Standardiser
from clustering.matrix.stored import STRICT, read_strictly
from clustering.models.kinds import MODELS
from clustering.models.model import Model
from clustering.models.types import Algorithm, CovarianceType
from clustering.scorer.calibration import MOST_TEMPERATURE, Tenth
from clustering.scorer.card import StudyFacts, model_card
from clustering.scorer.scorer import Scorer
from clustering.scorer.segment_ids import SEGMENT_ID, FormerName
from clustering.scorer.serving import Serving
from clustering.scorer.stored.arrays import pack, unpack
from clustering.scorer.training import Exceptions, Training, Verdict

SCORER = "scorer.json"
STANDARDISER = "standardiser.json"
MODEL = "model.npz"
FACTS = "study_facts.json"
CARD = "model_card.md"


@dataclass(frozen=True)
class _Segment:
    segment: int
    segment_id: str
    name: str
    n_accounts: int

    __pydantic_config__ = STRICT


@dataclass(frozen=True)
class _GroupWord:
    singular: str
    plural: str

    __pydantic_config__ = STRICT


@dataclass(frozen=True)
class _Description:
    """`scorer.json`."""

    study: str
    as_of: date
    config_hash: str
    verdict: Verdict
    group_word: _GroupWord
    algorithm: Algorithm
    covariance_type: CovarianceType | None
    segments: tuple[_Segment, ...]
    former_names: tuple[FormerName, ...]
    features: FeaturesConfig
    scoring: ScoringConfig
    exceptions: Exceptions
    serving: Serving | None
    tenths: tuple[Tenth, ...]

    __pydantic_config__ = STRICT


@dataclass(frozen=True)
class _Facts:
    """`study_facts.json`."""

    facts: StudyFacts | None

    __pydantic_config__ = STRICT


def as_files(scorer: Scorer) -> dict[str, bytes]:
    """The content of each file by its name."""
    description = {
        **asdict(_describe(scorer)),
        "as_of": scorer.training.as_of.isoformat(),
        "former_names": [
            {**asdict(one), "as_of": one.as_of.isoformat()} for one in scorer.former_names
        ],
        "features": scorer.features.model_dump(mode="json"),
        "scoring": scorer.scoring.model_dump(mode="json"),
        "serving": None if scorer.serving is None else scorer.serving.to_json(),
    }
    return {
        SCORER: as_json(description),
        STANDARDISER: as_json(scorer.standardiser.to_json()),
        MODEL: pack(
            {
                "limits": scorer.limits,
                "temperature": scorer.temperature,
                "usual": scorer.usual,
                **scorer.model.to_arrays(),
            }
        ),
        FACTS: as_json(TypeAdapter(_Facts).dump_python(_Facts(scorer.facts), mode="json")),
        CARD: model_card(scorer).encode("utf-8"),
    }


def _describe(scorer: Scorer) -> _Description:
    training = scorer.training
    segments = zip(scorer.segment_ids, scorer.segment_names, training.sizes, strict=True)
    return _Description(
        study=training.study,
        as_of=training.as_of,
        config_hash=training.config_hash,
        verdict=training.verdict,
        group_word=_GroupWord(*training.group_word),
        algorithm=scorer.model.algorithm,
        covariance_type=scorer.model.covariance_type,
        segments=tuple(_Segment(number, *segment) for number, segment in enumerate(segments)),
        former_names=scorer.former_names,
        features=scorer.features,
        scoring=scorer.scoring,
        exceptions=scorer.exceptions,
        serving=scorer.serving,
        tenths=scorer.tenths,
    )


def as_json(content: Mapping[str, Any]) -> bytes:
    """The same bytes for the same content."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def from_files(files: Mapping[str, bytes]) -> Scorer:
    """Put the scorer together again.

    Raises
    ------
    BadInputError
        With what is wrong.
    FloatingPointError
        The numbers are finite, and too large to compute with.
    """
    given = read_strictly(_Description, files[SCORER], f"{SCORER} is not of a scorer")
    standardiser = Standardiser.from_json(files[STANDARDISER])
    if breaches := [*_description_breaches(given)]:
        raise BadInputError(breaches_message(f"{SCORER} contradicts itself", breaches))
    k, d = len(given.segments), len(standardiser.columns)
    kind = MODELS[given.algorithm]
    own = {"limits": (k,), "temperature": (d + 1,), "usual": (2, d)}
    arrays = unpack(files[MODEL], {**own, **kind.shapes(k, d)})
    limits, temperature, usual = (arrays.pop(name) for name in own)
    model = kind.from_arrays(given.algorithm, given.covariance_type, arrays)
    breaches = [*model.breaches(), *_limit_breaches(model, limits.min())]
    if breaches := [*breaches, *_temperature_breaches(temperature), *_usual_breaches(usual)]:
        raise BadInputError(breaches_message("these are not parameters of segments", breaches))
    _try(model, standardiser)
    return Scorer(
        standardiser=standardiser,
        model=model,
        segment_names=tuple(segment.name for segment in given.segments),
        segment_ids=tuple(segment.segment_id for segment in given.segments),
        limits=limits,
        temperature=temperature,
        usual=usual,
        features=given.features,
        training=Training(
            study=given.study,
            as_of=given.as_of,
            config_hash=given.config_hash,
            verdict=given.verdict,
            are_clusters=given.group_word.singular == "cluster",
            sizes=tuple(segment.n_accounts for segment in given.segments),
        ),
        serving=given.serving,
        former_names=given.former_names,
        facts=read_strictly(_Facts, files[FACTS], f"{FACTS} is not of a scorer").facts,
        scoring=given.scoring,
        exceptions=given.exceptions,
        tenths=given.tenths,
    )


def _description_breaches(given: _Description) -> Iterator[str]:
    names = [segment.name for segment in given.segments]
    if [segment.segment for segment in given.segments] != list(range(len(names))) or not names:
        yield "segments are not numbered from 0."
    if len(set(names)) < len(names) or not all(name.strip() for name in names):
        yield "two segments have one name, or one has none."
    yield from _id_breaches(given)
    if any(segment.n_accounts < 0 for segment in given.segments):
        yield "a segment has fewer than 0 accounts."
    if given.group_word.singular == "cluster" and given.verdict != "natural":
        yield f"segments of the verdict '{given.verdict}' are not clusters."
    if given.serving is not None and len(given.serving.playbooks) not in (0, len(names)):
        yield "there is not one playbook for each segment."
    if MODELS[given.algorithm].by_distance != (given.covariance_type is None):
        yield f"{given.algorithm} does not go with covariances '{given.covariance_type}'."


def _id_breaches(given: _Description) -> Iterator[str]:
    ids = [segment.segment_id for segment in given.segments]
    former = [one.segment_id for one in given.former_names]
    if no_ids := [one for one in (*ids, *former) if not SEGMENT_ID.fullmatch(one)]:
        yield f"'{no_ids[0]}' is no id of a segment."
    if len(set(ids)) < len(ids):
        yield "two segments have one id."
    now = {segment.name: segment.segment_id for segment in given.segments}
    if any(now.get(one.name, one.segment_id) != one.segment_id for one in given.former_names):
        yield "a segment has the name that another one had."


def _limit_breaches(model: Model, least: float) -> Iterator[str]:
    if model.by_distance and least < 0:
        yield f"a limit of distance cannot be {least}."


def _temperature_breaches(temperature: Floats) -> Iterator[str]:
    if not (temperature.min() > 0 and temperature.max() <= MOST_TEMPERATURE):
        yield f"a temperature must be above 0 and at most {MOST_TEMPERATURE:g}."


def _usual_breaches(usual: Floats) -> Iterator[str]:
    if (usual[0] > usual[1]).any():
        yield "the least usual value of a feature is above its greatest."


def _try(model: Model, standardiser: Standardiser) -> None:
    """Assign the prototypes: numbers that cannot be computed with must not wait for an account."""
    prototypes = np.array(standardiser.prototypes).T
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assignment = model.assign(np.ascontiguousarray(prototypes))
    if not (np.isfinite(assignment.fit).all() and np.isfinite(assignment.probability).all()):
        raise BadInputError("its numbers give no probabilities.")
