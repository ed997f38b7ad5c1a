# Everything is installed into .venv and remembered under .cache, both in this checkout and ignored by git;
# nothing else on the machine is touched. Asked of the machine: Python >= 3.11 with pip, git, make.

.DEFAULT_GOAL := help
.PHONY: help demo test check fix serve lock clean

VENV := .venv
PYTHON := $(VENV)/bin/python
UV := $(VENV)/bin/uv

export UV_CACHE_DIR := $(CURDIR)/.cache/uv
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := 1
export PIP_NO_CACHE_DIR := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

# The stamps carry the sum of what they stand for, so that a checkout's file times mean nothing.
sum = $(shell cat $(1) 2>/dev/null | cksum | tr ' ' '-')
PACKAGES := $(VENV)/.packages-$(call sum,requirements/bootstrap.txt requirements/dev.txt)
PROJECT := $(VENV)/.project-$(call sum,requirements/bootstrap.txt requirements/dev.txt pyproject.toml)

# The whole suite takes all processors; the files that take minutes come first (tests/conftest.py), or one waits for them.
ALL := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

help:  ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST)

demo: $(PROJECT)  ## Run the main job on loopback and print what was posted; the page is out/demo.html
	@$(PYTHON) -m tests.demo

test: $(PROJECT)  ## Run the tests; make test ARGS="-k anchor" for some of them
	@$(PYTHON) -m pytest $(or $(ARGS),$(ALL))

check: $(PROJECT)  ## Format, lint, types, floors, tests: what has to hold before a push
	@failed=; \
	step() { name=$$1; shift; echo "== $$name"; "$$@" || failed="$$failed $$name"; }; \
	step format $(VENV)/bin/ruff format --check --quiet --output-format concise .; \
	step lint $(VENV)/bin/ruff check --quiet --output-format concise .; \
	step types $(VENV)/bin/mypy --no-error-summary; \
	step floors $(VENV)/bin/lint-imports --no-logo --cache-dir .cache/import-linter; \
	step tests $(PYTHON) -m pytest $(or $(ARGS),$(ALL)); \
	if [ -n "$$failed" ]; then echo "== failed:$$failed"; exit 1; fi; echo "== all hold"

fix: $(PROJECT)  ## Format, and mend what ruff can mend
	@$(VENV)/bin/ruff check --fix .; $(VENV)/bin/ruff format .

serve: $(PROJECT)  ## Start the webhook service; without credentials it starts in set-up mode
	@$(VENV)/bin/reviewer serve

lock: $(PROJECT)  ## Pin what pyproject.toml asks for; make lock UPGRADE=1 for the newest versions
	@test -x $(UV) || { echo "make lock needs uv, which could not be installed here."; exit 1; }
	@$(LOCK) requirements/bootstrap.in -o requirements/bootstrap.txt
	@$(LOCK) pyproject.toml -o requirements/runtime.txt
	@$(LOCK) pyproject.toml --group dev --constraints requirements/runtime.txt -o requirements/dev.txt

LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)

clean:  ## Remove what was installed and remembered; data/ stays
	rm -rf $(VENV) .cache out build reviewer.egg-info

# ------------------------------------------------------------------------------------------------ installation

$(PROJECT): $(PACKAGES)
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@rm -f $(VENV)/.project-*; touch $@

$(PACKAGES): | $(VENV)/.python
	@echo "Installing the packages of requirements/dev.txt into $(VENV) ..."
	@$(PIP) install --quiet --require-hashes -r requirements/bootstrap.txt \
	&& $(UV) pip install --quiet --python $(PYTHON) --require-hashes -r requirements/dev.txt \
	|| { echo "uv does not work here; going on with pip, which takes longer."; \
	     $(PIP) install --quiet --require-hashes -r requirements/dev.txt; }
	@rm -f $(VENV)/.packages-*; touch $@

# The machine's own pip installs into the environment: ensurepip, which many distributions leave out, is not needed.
PIP = PYTHONWARNINGS=ignore `cat $(VENV)/.python` -m pip --python $(PYTHON)

# A name on the PATH is not yet a Python (version managers leave empty shims), so each candidate is asked.
$(VENV)/.python:
	@for python in python3.13 python3.12 python3.11 python3 python none; do \
	    "$$python" -c 'import sys, venv, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	done; \
	if [ "$$python" = none ]; then echo "Python 3.11 or newer with pip is needed, and none is on the PATH." >&2; exit 1; fi; \
	test -x $(PYTHON) || "$$python" -m venv --without-pip $(VENV); \
	"$$python" -c 'import sys; print(sys.executable)' > $@
