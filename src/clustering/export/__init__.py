"""A scorer as SQL, for the warehouse that holds the accounts."""

from clustering.export.dialects import DIALECTS, Dialect, check_dialect
from clustering.export.statement import scoring_sql

__all__ = ["DIALECTS", "Dialect", "check_dialect", "scoring_sql"]
