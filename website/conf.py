"""Sphinx's configuration. The pages it reads are written by website.pages."""

from __future__ import annotations

project = "The Docker notebook course"
copyright = "the authors of the Docker notebook course, Apache-2.0"  # Sphinx's name for it
html_title = project
html_theme = "furo"
html_css_files = ["style.css"]
html_show_sourcelink = False
html_copy_source = False

extensions = ["myst_nb"]
nb_execution_mode = "off"  # the outputs are those stored in the notebooks
nb_merge_streams = True
myst_heading_anchors = 3
# Where an output has several forms, its HTML is shown: website.pages made that of pictures and errors.
nb_mime_priority_overrides = [("html", "text/html", 0)]
