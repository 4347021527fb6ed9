# make run, make test, make bench: each sets up .venv first, once.
#   PYTHON=python3.12         another Python, 3.11 to 3.14
#   PIP_EXTRA="--extra-index-url https://download.pytorch.org/whl/cpu"
#                             options for pip, such as this index of torch's CPU builds beside PyPI
#   HASHES=no                 for an index that builds its packages itself: versions only, no hashes
#   ARGS="--lang ja"          options for the program (make run) or for pytest (make test)

PYTHON ?= $(shell sh tools/find_python.sh)
VENV ?= .venv
PIP_EXTRA ?=
HASHES ?= yes
JOBS ?= 2
ARGS ?=
COUNT ?= 10000
SECONDS ?= 1200
SEED ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install
# Everything but torch is checked against the hashes of its files first; then torch comes, by its version.
LOCKED = $(if $(filter yes,$(HASHES)),$(PIP) --require-hashes --no-deps -r $(1))
PINNED := $(PIP) $(PIP_EXTRA) -c constraints.txt
ISOLATION = $(if $(filter yes,$(HASHES)),--no-build-isolation)
MODEL := bundled:gpt-ja-en
TEXT := 私は図書館で本を
# No hub is asked for anything, no window is opened, and two test processes do not fight over two cores.
QUIET := HF_HUB_OFFLINE=1 QT_QPA_PLATFORM=offscreen TOKENIZERS_PARALLELISM=false

.PHONY: run test lint bench soak fuzz pictures wheel clean help
.DEFAULT_GOAL := help

help:
	@echo "make run       open the window (without a display: draw it to build/screenshot.png)"
	@echo "make test      ruff, mypy, import-linter and pytest"
	@echo "make bench     speed and memory against their targets; build/bench.json"
	@echo "make soak      20,000 repaints and 500 runs in one process"
	@echo "make fuzz      10,000 random actions on the window, and damaged files; COUNT=, SECONDS=, SEED="
	@echo "make pictures  draw the README's pictures again"
	@echo "make wheel     build dist/*.whl"

$(VENV)/.stamp-venv:
	@sh tools/setup_system.sh "$(PYTHON)"
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.stamp-run: $(VENV)/.stamp-venv pyproject.toml constraints.txt requirements.lock
	$(call LOCKED,requirements.lock)
	$(PINNED) $(ISOLATION) -e .
	@touch $@

$(VENV)/.stamp-dev: $(VENV)/.stamp-venv pyproject.toml constraints.txt requirements-dev.lock
	$(call LOCKED,requirements-dev.lock)
	$(PINNED) $(ISOLATION) -e ".[dev]"
	@touch $@ $(VENV)/.stamp-run

run: $(VENV)/.stamp-run
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname -s)" = Darwin ]; then \
	    exec $(BIN)/python main.py $(ARGS); \
	fi; \
	mkdir -p build && \
	$(BIN)/python main.py render --view window --model $(MODEL) --text "$(TEXT)" -o build/screenshot.png $(ARGS) && \
	echo "There is no display here: the window is drawn in build/screenshot.png"

lint: $(VENV)/.stamp-dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# pytest runs last: its summary is the last line.
test: lint
	@$(QUIET) OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal $(ARGS)

bench: $(VENV)/.stamp-dev
	@mkdir -p build
	@$(QUIET) $(BIN)/python -m tests.benchmarks $(ARGS)

soak: $(VENV)/.stamp-dev
	@$(QUIET) $(BIN)/python -m tests.benchmarks.soak $(ARGS)

fuzz: $(VENV)/.stamp-dev
	@$(QUIET) OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz --count $(COUNT) --seconds $(SECONDS) \
	    $(if $(SEED),--seed $(SEED)) $(ARGS)

pictures: $(VENV)/.stamp-run
	@$(QUIET) sh tools/make_pictures.sh $(BIN)/python

wheel: $(VENV)/.stamp-venv
	$(BIN)/python -m pip wheel --no-deps --wheel-dir dist .

clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
