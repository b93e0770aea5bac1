"""The record of studies in MLflow, and the models that are in service: all use of MLflow is here.

A study runs and a scorer scores without it. Nothing is logged automatically: a finished study
folder is recorded, without the names of accounts.
"""

from clustering.tracking.pseudonyms import personal_notes
from clustering.tracking.registry import (
    History,
    Promotion,
    history,
    promote,
    read_card,
    resolve_model,
    rollback,
)
from clustering.tracking.runs import TrackedStudy, check_store, log_study
from clustering.tracking.store import tracking_uri

__all__ = [
    "History",
    "Promotion",
    "TrackedStudy",
    "check_store",
    "history",
    "log_study",
    "personal_notes",
    "promote",
    "read_card",
    "resolve_model",
    "rollback",
    "tracking_uri",
]
