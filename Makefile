# One command each; README.md and .ci/run call these and nothing else. `make help` lists them.
# Everything lands inside the repository: .venv (Python), target (Rust), demo (pictures).

VENV   ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)

OLDEST := $(VENV)-oldest
SHARED := $(VENV)-trackers
TORCH  := $(VENV)-torch
TRACKERS := tensorboard mlflow neptune wandb
BIN    := $(VENV)/bin
STAMPS := $(VENV)/stamps
STEP    = @printf '\n== %s\n'

export MPLBACKEND ?= Agg
export PYO3_PYTHON := $(abspath $(BIN)/python)

# What `make instructions` needs; elsewhere it says that it checks nothing.
CALLGRIND := $(if $(filter Linux-x86_64,$(shell uname -sm | tr ' ' -)),tool-valgrind)

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- for those who use it --------------------------------------------------------------------------------------------

.PHONY: demo
demo: $(STAMPS)/demo build ## Train a model on real flights and evaluate it, batch by batch, beside scikit-learn
	@$(BIN)/python examples/flights.py

.PHONY: bench
bench: $(STAMPS)/bench build ## Time thresher beside its peers and record the run (ROWS="roc_auc ..." picks rows)
	@$(BIN)/python benches/python/run.py $(ROWS)

.PHONY: bench-keras
bench-keras: $(STAMPS)/dev build ## Time thresher.keras beside Keras's metrics on NumPy, jax and TensorFlow, and record it
	@$(BIN)/python benches/python/keras_drop_in.py

.PHONY: bench-files
bench-files: $(STAMPS)/dev build ## Evaluate 1e8 rows of Parquet beside DuckDB, Polars and the reading alone, and record it
	@PYTHONPATH=examples $(BIN)/python benches/python/files.py $(OPTIONS)

# ---- for those who change it -----------------------------------------------------------------------------------------

.PHONY: test
test: lint test-rust instructions test-oldest test-keras test-trackers test-python ## Everything CI checks, from nothing

.PHONY: lint
lint: $(STAMPS)/dev check-rust build check-python check-types ## Formats, clippy, ruff, mypy --strict, stubtest

.PHONY: format
format: $(STAMPS)/dev ## Lay out both languages' sources
	cargo fmt --all
	$(BIN)/ruff check --quiet --fix
	$(BIN)/ruff format

.PHONY: build
build: $(STAMPS)/build ## Build the release extension into .venv
	$(STEP) 'release build of thresher._core'
	@VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin develop --release --locked --quiet

.PHONY: check-rust
check-rust: $(STAMPS)/build
	$(STEP) 'cargo fmt, clippy'
	@cargo fmt --all --check
	@cargo clippy --quiet --locked --workspace --all-targets -- -D warnings

.PHONY: check-python
check-python: $(STAMPS)/dev
	$(STEP) 'ruff'
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

.PHONY: check-types
check-types: $(STAMPS)/dev
	$(STEP) 'mypy --strict, stubtest'
	@$(BIN)/mypy
	@$(BIN)/python -m mypy.stubtest thresher._core

.PHONY: test-rust
test-rust: ## The core's tests and documentation examples
	$(STEP) 'cargo test'
	@cargo test --quiet --locked

.PHONY: instructions
instructions: $(STAMPS)/dev $(CALLGRIND) ## Instructions a sample of the main kernels, held to benches/instructions.json
	$(STEP) 'instructions a sample, by callgrind'
	@$(BIN)/python benches/python/instructions.py

.PHONY: instructions-record
instructions-record: $(STAMPS)/dev $(CALLGRIND) ## Rewrite benches/instructions.json after a change that is meant
	@$(BIN)/python benches/python/instructions.py --record

.PHONY: test-python
test-python: $(STAMPS)/dev build tool-chromium ## pytest alone: units, docstrings, README, examples, the rules of the house
	$(STEP) 'pytest'
	@$(BIN)/python -m pytest

.PHONY: test-oldest
test-oldest: $(OLDEST)/stamp build ## The drop-in beside the oldest scikit-learn that it accepts
	$(STEP) 'pytest, beside the oldest scikit-learn'
	@PYTHONPATH=python $(OLDEST)/bin/python -m pytest tests/python/scikit_learn

.PHONY: test-keras
test-keras: $(STAMPS)/dev build ## The drop-in for Keras on its other backends (`make test-python` runs it on jax)
	$(STEP) 'pytest, Keras on NumPy'
	@KERAS_BACKEND=numpy $(BIN)/python -m pytest tests/python/with_keras
	$(STEP) 'pytest, Keras on TensorFlow'
	@KERAS_BACKEND=tensorflow $(BIN)/python -m pytest tests/python/with_keras

.PHONY: test-trackers
test-trackers: $(TRACKERS:%=test-tracker-%) ## The loggers beside each tracker, offline, in an environment of its own

.PHONY: $(TRACKERS:%=test-tracker-%)
$(TRACKERS:%=test-tracker-%): test-tracker-%: $(VENV)-%/stamp build
	$(STEP) 'pytest, beside $*'
	@PYTHONPATH=python $(VENV)-$*/bin/python -m pytest tests/trackers/test_tracker_$*.py

.PHONY: test-torch
test-torch: $(TORCH)/stamp build ## PyTorch tensors, and the drop-in for Keras on PyTorch (installs 5 GB)
	$(STEP) 'pytest, tensors of PyTorch'
	@PYTHONPATH=python $(TORCH)/bin/python -m pytest tests/torch
	$(STEP) 'pytest, Keras on PyTorch'
	@KERAS_BACKEND=torch PYTHONPATH=python $(TORCH)/bin/python -m pytest tests/python/with_keras

.PHONY: exhaustive
exhaustive: ## Proofs by enumeration: every float32 in [0, 1] against comparison (minutes)
	cargo test --locked --release --lib --tests -- --ignored

.PHONY: coverage
coverage: $(STAMPS)/bench build ## Simulate how often intervals hold the truth; writes docs/dev/coverage.md (an hour)
	@$(BIN)/python benches/python/coverage.py

.PHONY: readme-bench
readme-bench: $(STAMPS)/bench ## Write README's comparison and docs/benchmarks.* from the newest record
	@$(BIN)/python benches/python/readme.py

.PHONY: clean
clean: ## Remove everything that these commands made
	cargo clean --quiet
	rm -rf $(VENV) $(OLDEST) $(SHARED) $(TORCH) $(TRACKERS:%=$(VENV)-%) demo dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f python/thresher/*.so
	find python tests examples benches -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- the environment: a stamp per requirements file, renewed when a version changes -----------------------------------

$(STAMPS)/venv:
	$(STEP) 'new environment in $(VENV)'
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "thresher needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/%: requirements/%.txt $(wildcard requirements/*.txt) | $(STAMPS)/venv
	$(STEP) 'installing requirements/$*.txt'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Environments of their own.
$(OLDEST)/stamp $(SHARED)/stamp $(TORCH)/stamp: $(VENV)-%/stamp: requirements/%.txt requirements/constraints.txt | $(STAMPS)/venv
	$(STEP) 'installing requirements/$*.txt in $(VENV)-$*'
	@$(BIN)/python -m venv --clear $(VENV)-$*
	@$(VENV)-$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# A tracker's environment sees the shared one through a .pth, and what it installs itself before that.
$(TRACKERS:%=$(VENV)-%/stamp): $(VENV)-%/stamp: requirements/trackers-%.txt $(SHARED)/stamp
	$(STEP) 'installing requirements/trackers-$*.txt in $(VENV)-$*'
	@$(BIN)/python -m venv --clear $(VENV)-$*
	@cd $(VENV)-$* && for packages in lib/python*/site-packages; do \
	    echo "$(abspath $(SHARED))/$$packages" > $$packages/shared.pth; done
	@$(VENV)-$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# ---- tool-COMMAND, of the Debian package of that name: installed where we may, named where we may not ------------------

tool-%:
	@command -v $* > /dev/null || { \
	    [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null || { echo 'make: please install $*' >&2; exit 1; }; \
	    printf '\n== installing the Debian package $*\n'; \
	    apt-get -qq update && \
	    DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends $* > /dev/null; }
