# make lab    on a fresh clone: makes the environment, installs the course, opens JupyterLab.
# make help   lists the rest.
# Works with GNU make 3.81 (macOS) and later, and in folders with spaces in their names.

PYTHON ?= python3
VENV ?= .venv

FIRST := notebooks/index.ipynb
HERE := $(if $(filter /%,$(firstword $(VENV))),$(VENV),$(CURDIR)/$(VENV))
RUN := PATH="$(HERE)/bin:$$PATH" "$(HERE)/bin/python" -m

# Kernels are forked from a Python that has imported everything, where that is possible.
WARM := $(if $(filter Linux,$(shell uname)),JUPYTER_DEFAULT_PROVISIONER_NAME=course-warm)

# Every process below, Jupyter's kernels included, uses this environment and this clone's code,
# also where several clones share one VENV.
export PYTHONPATH := $(CURDIR)
export JUPYTER_PREFER_ENV_PATH := 1

.PHONY: help lab notebooks grade handout site test lint pytest nbval bench install clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

lab: install  ## open the course in JupyterLab
	@$(RUN) jupyterlab --ServerApp.root_dir="$(CURDIR)/notebooks" "$(CURDIR)/$(FIRST)"

grade: install  ## mark what lies under submitted/
	@$(RUN) course_tools.grade $(GRADE)

handout: install  ## pack what a class gets
	@$(RUN) course_tools.handout

notebooks: install  ## build notebooks/ from solutions/
	@$(RUN) course_tools.build

site: install  ## make the course's site, build/site
	@$(RUN) course_tools.site

test: lint pytest nbval  ## check everything

lint: install
	$(RUN) ruff check .
	$(RUN) ruff format --check .

pytest: install
	$(RUN) pytest -n auto --maxprocesses 4 --dist loadfile

nbval: install
	COURSE_SAVED="$(CURDIR)/build/saved" $(WARM) $(RUN) pytest -n auto --maxprocesses 4 --dist loadfile --nbval --nbval-current-env solutions

bench: install  ## measure (an hour or more)
	@$(RUN) course_tools.walk_through
	@$(RUN) course_tools.bench
	@$(RUN) course_tools.marking_race
	@$(RUN) course_tools.time_to_quality
	@$(RUN) course_tools.time_to_elbo
	@$(RUN) course_tools.cbn_beside_concat

install:  ## make the environment, or bring it up to date
	@command -v "$(PYTHON)" > /dev/null || { echo "There is no $(PYTHON) here: install Python 3.11 or newer, or name yours: make PYTHON=python3.12 lab" >&2; exit 1; }
	@"$(PYTHON)" -I course_tools/install.py "$(HERE)" $(if $(filter file,$(origin PYTHON)),,--chosen)

clean:  ## remove the environment .venv and all caches; marks, data and work stay
	rm -rf .venv .pytest_cache .ruff_cache build *.egg-info
	find . -name .git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
