"""Requests to a served model: what JSON, CSV and Spark make of accounts, and an answer for all."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from clustering.columns import ACCOUNT_ID, TENURE_DAYS
from clustering.errors import BadInputError, breaches_message
from clustering.schema import Kind
from clustering.scorer.answers.scores import SCORES

if TYPE_CHECKING:
    from clustering.scorer.scorer import Scorer

_KINDS: Mapping[Kind, str] = {
    "text": "string",
    "integer": "long",
    "number": "double",
    "boolean": "boolean",
}

#: Columns of an answer and their kind.
ANSWER: Mapping[str, str] = {one.name: _KINDS[one.kind] for one in SCORES.columns}


def answer(scorer: "Scorer", request: Any) -> pd.DataFrame:
    """Score the accounts of a request.

    Parameters
    ----------
    request : DataFrame, mapping of columns, or list of mappings
        One column per feature of the model, numbers of any kind or null; `account_id` if the
        answer is to have it (text; whole numbers become text), and `tenure_days` if accounts that
        are too young are to get no segment. Other columns are ignored.

    Returns
    -------
    DataFrame
        The columns of `ANSWER`, in the order of the rows. What is missing is None, never NaN,
        which is no JSON.

    Raises
    ------
    BadInputError
        A feature is absent, not numeric, infinite, or in another unit throughout; all at once.
    """
    frame = _frame(request)
    ids = _ids(frame)
    scores = scorer.score_features(_numbers(frame, scorer.standardiser.feature_names))
    scores = scores.reset_index(drop=True).assign(**{ACCOUNT_ID: ids.reset_index(drop=True)})
    texts = scores[list(ANSWER)].astype(object)
    return texts.where(texts.notna(), None)


def _frame(request: Any) -> pd.DataFrame:
    if isinstance(request, pd.DataFrame):
        named = request.index.name == ACCOUNT_ID and ACCOUNT_ID not in request
        frame = request.reset_index() if named else request
    else:
        try:
            frame = pd.DataFrame(request)
        except (ValueError, TypeError) as error:
            raise BadInputError(f"the request is no table: {error}.") from None
    twice = sorted(set(frame.columns[frame.columns.duplicated()].astype(str)))
    if twice:
        raise BadInputError(f"the request has columns more than once: {', '.join(twice)}.")
    return frame


def _ids(frame: pd.DataFrame) -> "pd.Series[Any]":
    """The account ids as text; None for all where the request has none."""
    if ACCOUNT_ID not in frame:
        return pd.Series(None, index=frame.index, dtype=object)
    ids = frame[ACCOUNT_ID]
    if pd.api.types.is_float_dtype(ids.dtype):  # whole numbers beside a null
        if not (ids.dropna() % 1 == 0).all():
            raise BadInputError("account_id holds fractions; expected text or whole numbers.")
        ids = ids.astype("Int64")
    return ids.map(str, na_action="ignore").astype(object)


def _numbers(frame: pd.DataFrame, features: tuple[str, ...]) -> pd.DataFrame:
    """The features, columns of null alone as numbers; what is absent or text is named."""
    absent = [name for name in features if name not in frame]
    if absent:
        given = ", ".join(map(str, frame.columns)) or "none"
        breaches = [f"column '{name}' is missing." for name in absent]
        raise BadInputError(
            breaches_message("the request lacks what the model needs", breaches)
            + f"\nColumns given: {given}. A value that is not known is null."
        )
    names = [*features, *({TENURE_DAYS} & {*frame.columns} - {*features})]
    chosen = frame[names].infer_objects()
    empty = [name for name in names if chosen[name].isna().all()]
    return chosen.astype(dict.fromkeys(empty, "float64"))
