# The commands of the README. Everything lives in .venv; nothing is installed elsewhere.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
READY := .venv/ready
BOOK := data/simulated/needs

.PHONY: setup study test test-fast check bench lock docs site clean
.DEFAULT_GOAL := study

setup: $(READY)

# Compiling bytecode and numerical kernels once here keeps it out of every first command, also
# where PYTHONDONTWRITEBYTECODE is set, as in many containers.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed; set PYTHON=... to choose one."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep -om1 '^uv==[0-9.]*' requirements.lock)"
	@$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m clustering.structure
	@touch $@

$(BOOK)/manifest.json: | $(READY)
	@$(BIN)/clustering simulate --scenario needs --accounts 1000 --seed 7 --out $(BOOK)

study: $(READY) $(BOOK)/manifest.json ## The study of the shipped simulated book.
	@$(BIN)/clustering study experiments/simulated.toml

test: $(READY) ## Every test: the fast ones, then the slow ones, two at a time.
	@OMP_NUM_THREADS=1 $(BIN)/pytest -q -n 2 --dist loadfile -m "not slow and not browser"
	@OMP_NUM_THREADS=1 $(BIN)/pytest -q -n 2 --dist loadfile -m "slow or browser"

test-fast: $(READY) ## What a developer runs often.
	@OMP_NUM_THREADS=1 $(BIN)/pytest -q -n 2 -m "not slow and not browser"

check: $(READY) ## Style, types, import contracts, and the site of the docs.
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs build/site

bench: $(READY) ## Speed as a ratio to a peer in the same run.
	@for file in benchmarks/*.py; do $(BIN)/python $$file || exit 1; done

lock: ## Pin the dependencies again; no index address enters the file.
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --group dev pyproject.toml -o requirements.lock

docs: $(READY) ## Pages that are generated from the code.
	@$(BIN)/python -m clustering.documentation

site: $(READY) ## The pages of docs/ as a site that works offline: build/site/index.html.
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs build/site

clean:
	rm -rf .venv build data/simulated studies
