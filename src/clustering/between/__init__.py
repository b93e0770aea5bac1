"""What changed from one finished study to another: two dates, or two configurations.

Both study folders are read as they are; nothing is fitted. An account is followed by its id, a
segment by the accounts of both studies that are in it.
"""

from clustering.between.compare import Compared, compare_studies
from clustering.between.files import write_comparison

__all__ = ["Compared", "compare_studies", "write_comparison"]
