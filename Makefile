# Two commands on a fresh machine: `make demo` and `make test`. See README.md.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo gui test check test-only end-to-end prove screenshots lock clean format

.venv/base: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo]'
	@mkdir -p .venv/src && ln -sfn ../.. .venv/src/pellucid
	@touch $@

.venv/full: .venv/base
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt \
		-e '.[demo,generation,tensorboard,scale,federated,dev]'
	@touch $@

demo: .venv/base  ## the whole path on the bundled sample; prints where the report is
	$(BIN)/pellucid demo

gui: .venv/base  ## open the window
	$(BIN)/pellucid gui

test: .venv/full check test-only end-to-end  ## everything that must hold before a change lands

check: .venv/full  ## style, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	MYPYPATH=.venv/src $(BIN)/mypy -p pellucid
	$(BIN)/lint-imports

test-only: .venv/full
	QT_QPA_PLATFORM=offscreen $(BIN)/pytest -m 'not prove'

end-to-end: .venv/full  ## a real window under Xvfb, by mouse and keyboard; skipped without Xvfb
	$(BIN)/python tests/end_to_end/window.py

screenshots: .venv/full  ## draw every page: docs/images and, larger, build/screenshots
	$(BIN)/python tests/gui/screenshots.py

prove: .venv/full  ## what takes long: kills, simulations, real data
	QT_QPA_PLATFORM=offscreen $(BIN)/pytest -m prove

format: .venv/full
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

# Resolve anew, with all extras at once, and write the lock. flwr holds typer, rich and packaging
# back, so extras must never be locked one by one.
lock:
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet torch==2.13.0
	.venv-lock/bin/pip install --quiet -e '.[demo,generation,tensorboard,scale,federated,dev]' torch==2.13.0
	.venv-lock/bin/pip freeze --exclude-editable | sed 's/+cpu$$//' > constraints.txt
	rm -rf .venv-lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache build dist *.egg-info
