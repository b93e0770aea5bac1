"""The record of studies in MLflow, and the models that are in service: all use of MLflow is here.

A study runs and a scorer scores without it. Nothing is logged automatically: a finished study
folder is recorded, without the names of accounts.
"""

from clustering.tracking.record.pseudonyms import personal_notes
from clustering.tracking.registered import resolve_model
from clustering.tracking.registry import Promotion, promote, rollback
from clustering.tracking.runs import TrackedStudy, check_store, log_study
from clustering.tracking.store import tracking_uri
from clustering.tracking.versions import History, history, read_card

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
