# Python 3.11+ and make are all that is needed; each target makes .venv as it needs it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test check oracle plans bench docs clean

run: $(VENV)/.examples
	$(BIN)/python examples/run_all.py

test: $(VENV)/.test
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

check: $(VENV)/.check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/pyright -p tools/pyright-strict.json

oracle: $(VENV)/.oracle
	$(BIN)/python -m pytest -q -n 2 --dist worksteal tests/oracle

plans: $(VENV)/.oracle
	PLANS_AFTER=1 $(BIN)/python -m pytest -q -n 2 --dist worksteal \
		tests/oracle tests/torch tests/mindspore

bench: $(VENV)/.oracle
	$(PIP) jax
	$(BIN)/python benchmarks/run.py --write

docs: $(VENV)/.test
	$(BIN)/python tools/make_docs.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# One stamp for each extra; a change of the metadata installs again.
$(VENV)/.%: pyproject.toml | $(VENV)/bin/python
	$(PIP) -e '.[$*]'
	@touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis
