# make lab    opens the course          make test           every test that needs no browser
# make lesson NUMBER=05 SLUG=my_lesson  make test-browser   the tests in JupyterLab and Chromium
# Both do all the set-up: a virtual environment in .venv, nothing outside it.

PYTHON ?=
VENV   := .venv
RUN    := $(VENV)/bin/python
LAB    := $(VENV)/.lab-ready
DEV    := $(VENV)/.dev-ready
# what an installation depends on
NEEDS  := requirements.txt pyproject.toml tools/setup.sh $(wildcard etc/jupyter/*.json etc/jupyter/*/*.json)
BOOKS  := $(wildcard notebooks/*.ipynb) sgo_teach/lesson_template/lesson.ipynb

# pyright would ask the network for a newer version of itself
export PYRIGHT_PYTHON_IGNORE_WARNINGS = 1

.PHONY: lab test test-browser check bench bench-products bench-cost bench-training race binder-check lesson format html clean

lab: $(LAB)
	$(RUN) -P -m jupyterlab --ServerApp.root_dir=. notebooks/00_start_here.ipynb $(LAB_ARGS)

# two workers, each with one thread for its arithmetic: more would only wait for each other
test: check
	OMP_NUM_THREADS=1 $(RUN) -m pytest -n 2 --dist loadgroup --ignore=tests/browser -m "not browser" $(TEST_ARGS)

check: $(DEV)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(VENV)/bin/lint-imports --no-logo
	$(RUN) -m pyright
	$(RUN) -m nbstripout --keep-id --verify $(BOOKS)

test-browser: $(DEV)
	@$(RUN) tools/chromium.py
	$(RUN) -m pytest -n 2 --dist loadgroup tests/browser $(TEST_ARGS)

bench: $(DEV)
	$(RUN) -m benchmarks.latency $(BENCH_ARGS)

# curvature products beside their peers, cost against n, whole trainings
bench-products bench-cost bench-training: bench-%: $(DEV)
	$(RUN) -m benchmarks.$* $(BENCH_ARGS)

race: $(DEV)
	$(RUN) -m benchmarks.digits_race $(BENCH_ARGS)

binder-check: $(DEV)
	$(RUN) tools/binder_check.py

lesson: $(DEV)
	@$(RUN) -m sgo_teach.new_lesson "$(NUMBER)" "$(SLUG)"

format: $(DEV)
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .
	$(RUN) -m nbstripout --keep-id $(BOOKS)

html: $(DEV)
	$(RUN) -m nbconvert --to html --execute --output-dir html notebooks/*.ipynb

clean:
	rm -rf $(VENV) html reports build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find sgo_teach tests tools benchmarks notebooks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(LAB): $(NEEDS)
	@tools/setup.sh $(VENV) requirements.txt $(PYTHON)
	@touch $@

$(DEV): requirements-dev.txt $(NEEDS)
	@tools/setup.sh $(VENV) requirements-dev.txt $(PYTHON)
	@touch $(LAB) $@
