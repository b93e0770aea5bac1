"""The study folder: the hinge between what computes and what shows.

`write` puts a finished study on disk, whole or not at all; `read` opens one. The report, the
tracking and every notebook know a study only through `StudyFolder`.
"""

from clustering.results.document import StudyDocument
from clustering.results.folder import StudyFolder, publish, read, staged, still_there, write
from clustering.results.tables import TABLES

__all__ = [
    "TABLES",
    "StudyDocument",
    "StudyFolder",
    "publish",
    "read",
    "staged",
    "still_there",
    "write",
]
