# The first target is what `make` alone does: say what there is.
PYTHON ?= python3
ARGS ?=
COURSE := .venv/bin/course

.DEFAULT_GOAL := help
.PHONY: help lab test check bank bench site slides clean setup setup-dev

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 16

lab: setup  ## Set up what is missing and open the course in JupyterLab (ARGS="--no-browser --port 8890")
	@$(COURSE) lab $(ARGS)

test: setup-dev  ## Set up what is missing and run everything: checks, unit, engine, notebooks, browser
	@.venv/bin/python scripts/test.py $(ARGS)

check: setup-dev  ## Lint, formatting, types: no engine needed
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

bank: setup-dev  ## Try the checkers on right and wrong answers: a confusion table (ARGS=--help: more)
	@.venv/bin/python -m checkers.bank $(ARGS)

bench: setup-dev  ## Measure the speed ratios and write build/bench.json
	@.venv/bin/python -m bench $(ARGS)

site: setup-dev  ## Write the chapters as a static site, to read without an engine: build/site/html (ARGS=--open)
	@.venv/bin/python -m website $(ARGS)

slides: setup-dev  ## Write a deck of each chapter, with the presenter's notes: build/slides (ARGS=--open)
	@.venv/bin/python -m slides $(ARGS)

clean:  ## Remove the environment and what was built here (not your work/, not the engine: course down)
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

setup:
	@$(PYTHON) scripts/setup.py

setup-dev:
	@$(PYTHON) scripts/setup.py --dev
