"""The site of these pages: `make site` builds it into build/site, with warnings as errors."""

import importlib.metadata

project = "clustering"
author = "the authors of clustering"
release = importlib.metadata.version("clustering")

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["images"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

numpydoc_show_class_members = False
autodoc_typehints = "none"  # the sections of the docstrings say shapes and units as well

html_theme = "pydata_sphinx_theme"
html_title = "clustering"
html_show_sourcelink = False
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-field"],
    "show_toc_level": 2,
    "show_prev_next": False,
}
