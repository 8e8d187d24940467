# Two commands matter: `make run` and `make test`. Both set up all that they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := tmux irssi weechat-curses ncat socat netcat-openbsd curl openssl zsh fish iproute2 chromium \
	fonts-noto-core nodejs node-typescript tshark tcpdump iputils-ping bind9-dnsutils aria2 wget
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help run test lint bench pictures format lock packages bench-packages clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/bench.stamp: requirements-bench.lock $(VENV)/dev.stamp
	$(BIN)/pip install --quiet --require-hashes -r requirements-bench.lock
	@touch $@

run: $(VENV)/run.stamp  ## set up, start the hub with its data in ./data, and say how to join
	@exec $(BIN)/razem hub --data data

packages:
	@tools/debian-packages $(PACKAGES)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

test: packages lint  ## set up, and pass every check: ruff, mypy, pytest
	$(BIN)/pytest --cov --cov-report=term

bench-packages:
	@tools/debian-packages inspircd ngircd gcc libc6-dev util-linux ncat socat chromium rsync nginx-light \
		openssh-server openssh-client magic-wormhole python3-magic-wormhole-mailbox-server

bench: $(VENV)/bench.stamp bench-packages  ## measure beside the peers, in one run
	$(BIN)/python -m bench.startup
	$(BIN)/python -m bench.hub
	$(BIN)/python -m bench.sockets
	$(BIN)/python -m bench.files
	$(BIN)/python -m bench.decode
	$(BIN)/python -m bench.page
	$(BIN)/python -m bench.face

pictures: $(VENV)/dev.stamp packages  ## draw the pictures in docs/ anew
	$(BIN)/python -m tools.terminal_pictures
	$(BIN)/python -m tools.page_pictures

format: $(VENV)/dev.stamp  ## put the code in the house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: $(BIN)/python  ## compile the lock files anew from pyproject.toml
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-header \
		--group lock pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-header \
		--group dev pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-header \
		--group bench pyproject.toml -o requirements-bench.lock

clean:  ## remove the virtual environment and caches (never ./data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
