# Every target sets itself up: a fresh machine needs Python 3.11+ and make, nothing else.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check bench-math bench-code lock clean

demo: .venv/.ready
	$(BIN)/rewardkit demo

test: .venv/.ready
	$(BIN)/pytest -n 2 --dist loadfile

check: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	for folder in templates/*/; do $(BIN)/mypy $$folder || exit 1; done

# ARGS="--limit 100" for a look; the whole corpus takes the peers the better part of an hour.
bench-math: .bench/.ready
	$(BIN)/uv pip install --quiet --python .bench/bin/python --compile-bytecode --reinstall-package rewardkit-bedrock .
	.bench/bin/python -P benchmarks/math.py $(ARGS)

# TRL and verl without what they train with (torch, ray, transformers): their graders run without.
.bench/.ready: .venv/.ready benchmarks/math-peers.txt
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .bench
	$(BIN)/uv pip install --quiet --python .bench/bin/python --compile-bytecode -r benchmarks/math-peers.txt
	$(BIN)/uv pip install --quiet --python .bench/bin/python --compile-bytecode --no-deps trl==1.16.0 verl==0.9.1
	$(BIN)/uv pip install --quiet --python .bench/bin/python --compile-bytecode --no-deps --target .bench/antlr-4.11 \
		antlr4-python3-runtime==4.11.0
	touch $@

# ARGS="--problems 10 --rounds 1" for a look.
bench-code: .bench-code/.ready
	$(BIN)/uv pip install --quiet --python .bench-code/bin/python --compile-bytecode --reinstall-package rewardkit-bedrock .
	.bench-code/bin/python -P benchmarks/code.py $(ARGS)

.bench-code/.ready: .venv/.ready benchmarks/code-peers.txt
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .bench-code
	$(BIN)/uv pip install --quiet --python .bench-code/bin/python --compile-bytecode -r benchmarks/code-peers.txt
	$(BIN)/uv pip install --quiet --python .bench-code/bin/python --compile-bytecode --no-deps evalplus==0.3.1
	touch $@

# uv from the package index, inside the virtual environment, then exactly the locked versions.
.venv/.ready: pyproject.toml requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	$(BIN)/python -m compileall -q rewardkit
	touch $@

# Universal: one file for Python 3.11 to 3.13, Linux and macOS.
lock:
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--all-extras --group dev --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv .bench .bench-code .rewardkit dist
