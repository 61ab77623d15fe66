"""Live pieces of a lesson: one anywidget a file, its JavaScript and CSS beside it.

Each carries a static form (HTML and a line of text) in its MIME bundle, so that a reader without a kernel
sees the same lesson. Static forms hold nothing that differs from learner to learner.
"""
