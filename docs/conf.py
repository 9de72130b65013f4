"""The documentation site: Sphinx, built by ``tox -e docs`` with warnings as errors.

What NumPy, SciPy, pandas and scikit-learn use: the PyData theme (a light and a dark page, search,
narrow screens), numpydoc (the docstrings are numpydoc already), and Sphinx-Gallery, which runs the
examples and keeps what they print and draw. MyST reads the Markdown pages, so that the same files
are pages here and readable in the repository.
"""

from __future__ import annotations

import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from matplotlib.sphinxext import mathmpl

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent / "extensions")]
os.environ.setdefault("MPLBACKEND", "agg")

project = "age-gender-study"
author = "the authors of age-gender-study"
project_copyright = "the authors; Apache-2.0"
release = version = metadata.version("age-gender-study") if "TOX_ENV_NAME" in os.environ else ""

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "matplotlib.sphinxext.mathmpl",  # formulas as pictures: readers need no network either
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "sphinx_design",  # cards of the first page
    "sphinx_copybutton",
    "public_names",  # the API pages, from the stubs
    "command_help",  # what each command says of itself
    "clean_site",  # no network while building, no machine path in what is built
]
root_doc = "index"
exclude_patterns = [
    "**/README.md",  # the folder's page in the repository; index.md is the one of the site
    "example",
    "build",
    "auto_examples/*.ipynb",
    "auto_examples/*.py",
    "**/*.py.md5",
]
templates_path = ["templates"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
suppress_warnings = ["config.cache"]  # functions of the gallery's configuration are not pickled

# -- Markdown ---------------------------------------------------------------------------------
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

# -- API --------------------------------------------------------------------------------------
autosummary_generate = True
autodoc_typehints = "none"  # numpydoc's parameter lists give the types
autodoc_inherit_docstrings = True
numpydoc_show_class_members = False  # the class template lists the methods
numpydoc_class_members_toctree = False
numpydoc_xref_param_type = False

# -- Gallery ----------------------------------------------------------------------------------
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "public_names.example_order",
    "abort_on_example_error": True,
    "doc_module": ("data", "pipelines", "reports", "study"),
    "backreferences_dir": "api/backreferences",
    "capture_repr": ("_repr_html_",),
    "inspect_global_variables": False,
    "reset_modules": ("matplotlib",),
    "min_reported_time": 1,
    "show_signature": False,
    "remove_config_comments": True,
    "download_all_examples": False,
    "image_srcset": ["2x"],
    "parallel": False,
}

# -- HTML -------------------------------------------------------------------------------------
html_theme = "pydata_sphinx_theme"
html_title = "age-gender-study"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_extra_path = ["example"]  # the report of the embedded study, as a page of this site
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "age-gender-study"},
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
    "secondary_sidebar_items": {"**": ["page-toc"]},
}
html_sidebars = {
    "index": [], "install": [], "methods": [], "changelog": [], "contributing": [],
    "auto_examples/*": [],
}  # fmt: skip


def setup(app: Any) -> None:
    """Draw the formulas of docstrings with matplotlib."""
    app.add_role("math", mathmpl.math_role, override=True)
    app.add_directive("math", mathmpl.MathDirective, override=True)
