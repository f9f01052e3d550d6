# Every target here is one command for a newcomer; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CORES ?= all
SCALE ?= mini
BIN := .venv/bin
# Hundreds of jobs import the same libraries: let them keep what they compile.
unexport PYTHONDONTWRITEBYTECODE
# Tools call each other by name.
export PATH := $(CURDIR)/$(BIN):$(PATH)
SNAKEMAKE := snakemake --cores $(CORES) --config scale=$(SCALE)

.PHONY: help reproduce test smoke report lint format lock setup freeze adopt
.PHONY: what-if verify compare estimate bench chaos same-bytes other-processor rehearse test-slurm

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

reproduce: setup  ## set up, fetch the data, train, evaluate: every table and figure (SCALE=mini)
	@workflow/scripts/unlock  # after a kill or a power cut
	$(SNAKEMAKE) $(if $(wildcard .snakemake),,--forceall)  # in a fresh clone, results/ is not ours yet

test: setup  ## set up and run every test (offline, from data in the repository)
	OMP_NUM_THREADS=1 pytest -n 2 --dist loadscope --no-loadscope-reorder --durations 10

bench: setup  ## measure ours beside what one would use instead: docs/benchmarks.md
	benchmarks/run

chaos: setup  ## kill and damage smoke runs: the results must stay the same (CHAOS_TRIALS=1)
	OMP_NUM_THREADS=1 pytest -m chaos

same-bytes: setup  ## run smoke twice from empty and compare every file (CORES=1)
	OMP_NUM_THREADS=1 CORES=$(CORES) pytest -m same_bytes

rehearse: setup  ## run the scale paper, on small copies of its corpora that a synthesiser speaks
	OMP_NUM_THREADS=1 pytest -m rehearsal

other-processor: setup  ## run SCALE again without AVX-512: how far do the tables move?
	OMP_NUM_THREADS=1 workflow/scripts/other_processor $(SCALE) $(CORES)

test-slurm: setup  ## run smoke jobs through a SLURM on this machine (root; apt: slurm-wlm munge)
	OMP_NUM_THREADS=1 pytest -m slurm

smoke: setup  ## run the whole workflow in minutes, without downloads
	$(MAKE) reproduce SCALE=smoke

report: reproduce  ## write results/<scale>/report.html, one page that opens without a server
	$(SNAKEMAKE) --report results/$(SCALE)/report.html

what-if: setup  ## show what a change would run again: make what-if chung2018.word2vec.epochs=10
	@workflow/scripts/what_if scale=$(SCALE) $(filter-out SCALE=% CORES=%,$(MAKEOVERRIDES))

verify: setup  ## follow results back to raw data: make verify TABLE='chung2018/table_3:A*:ENw-enw'
	@workflow/scripts/verify $(if $(REMOVE),--remove) $(SCALE) $(if $(TABLE),'$(TABLE)')

compare: setup  ## tables of a git revision against those here: make compare REF=HEAD~1
	@workflow/scripts/compare $(or $(REF),HEAD) results/$(SCALE)

lint: setup  ## check format, style and workflow
	ruff format --check .
	ruff check .
	snakefmt --check Snakefile workflow
	snakemake --lint --config scale=smoke

format: setup  ## format the sources
	ruff format .
	ruff check --fix .
	snakefmt Snakefile workflow

lock: setup  ## resolve envs/requirements.in anew, with hashes
	envs/setup lock

setup: .venv/ready  ## make the environment in .venv (once)

.venv/ready: envs/setup envs/requirements.txt envs/uv.txt pyproject.toml .python-version
	envs/setup

freeze: setup  ## record the results of a Snakemake run in dvc.lock
	workflow/scripts/freeze

adopt: setup  ## after a clone and `dvc pull`: tell Snakemake that nothing is to be done
	workflow/scripts/adopt

estimate: setup  ## write docs/paper-scale.md: what the scale `paper` downloads, stores and asks for
	workflow/scripts/estimate
