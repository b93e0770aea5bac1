"""Show a finished study: figures, sentences, tables, and the notebooks rendered to offline HTML.

Nothing here computes a result: everything is read from the study folder.
"""

from clustering.report.build.render import render

__all__ = ["render"]
