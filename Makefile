# One way in for everything: every target makes its own .venv from the lock file first.
.PHONY: demo test exhaustive check bench docs lock clean

# Hundreds of processes are started here; none shall compile all of rolecall for itself.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
RUN := $(VENV)/bin
READY := $(VENV)/.ready
TEST_WORKERS ?= 2
# Whoever is done takes over what another has before it: some tests take minutes.
PYTEST := $(RUN)/python -m pytest -n $(TEST_WORKERS) --dist worksteal
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock"

demo: $(READY)
	@$(RUN)/rolecall demo $(DEMO)

test: $(READY)
	@sh tools/system-parts.sh
	$(PYTEST) $(TEST)

# Every kill, every right taken out, all weathers, and a thousand worlds that nobody has seen: what `test` runs a sample of.
# About half an hour on two cores.
exhaustive: $(READY)
	ROLECALL_EXHAUSTIVE=1 ROLECALL_BY_LOT=1 $(PYTEST) tests/chaos tests/rights tests/flows \
		tests/registry/test_schemathesis.py $(TEST)

check: $(READY)
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/python -m pytest -q tests/test_layers.py tests/docs/test_generated.py

bench: $(READY)
	$(RUN)/python -m bench

docs: $(READY)
	$(RUN)/python -m tools.generate_docs

# After a change of dependencies. One lock for uv and pip alike, without addresses: docs/adr/0002-one-hashed-lock.md
lock:
	$(LOCK) --all-extras pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml -o requirements.txt

$(READY): pyproject.toml requirements.lock tools/bootstrap.sh
	@sh tools/bootstrap.sh $(VENV)
	@touch $(READY)

clean:
	rm -rf $(VENV)
