"""`make slides`: a deck of each chapter, with its stored outputs and the presenter's notes.

structure.py   which cell begins a slide: metadata of the cells, as JupyterLab's own panel edits it
deck.py        the decks, by nbconvert, with reveal.js beside them: they need no network
template/      what nbconvert's reveal template does otherwise
"""
