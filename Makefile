# Thin: the two commands need no make. `python3 manage.py up` starts everything, `python3 manage.py test` tests everything.
PYTHON = .venv/bin/python
COMPILE = $(PYTHON) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

.PHONY: check fmt lock bench shots

check:  ## every static rule, offline; the tests run them too
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy --no-incremental server ledger configurator orders production
	.venv/bin/lint-imports --no-cache
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) manage.py check --fail-level WARNING

fmt:  ## bring the source into shape
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

lock:  ## requirements*.in -> requirements*.txt, with hashes
	$(COMPILE) requirements-setup.in -o requirements-setup.txt
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) requirements-dev.in -o requirements-dev.txt
	$(COMPILE) --override benchmarks/engine/peers.override benchmarks/engine/peers.in -o benchmarks/engine/peers.txt
	$(COMPILE) benchmarks/planning/peers.in -o benchmarks/planning/peers.txt
	$(COMPILE) benchmarks/artwork/readers.in -o benchmarks/artwork/readers.txt

bench:  ## make bench NAME=walk
	$(PYTHON) manage.py bench $(NAME)

shots:  ## the pictures in README and docs, from a running `manage.py up`
	$(PYTHON) tools/shots.py
