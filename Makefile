# SPDX-License-Identifier: MIT
# `make demo` and `make test` do all their own set-up.  The real work is in tools/, CMakePresets.json and CMakeLists.txt.
CUDA   ?=
PRESET ?= $(if $(filter 1 ON on yes,$(CUDA)),cuda,release)
PYTHON ?= python3
JOBS   ?= $(shell nproc)
BUILD  := build/$(PRESET)

ifeq ($(PRESET),cuda)
cuda   := --cuda
device := --device cuda
endif

ifeq ($(PRESET),asan)
# LibTorch is not instrumented: its containers look overflown, and what it keeps until exit looks leaked.
export ASAN_OPTIONS ?= detect_container_overflow=0:detect_leaks=0
endif

.DEFAULT_GOAL := help
.PHONY: help demo test fuzz test-all build setup python lint docs clean

help: ## this list
	@echo "make TARGET [PRESET=release|debug|asan|tidy|cuda] [CUDA=1] [DIFFMEM_LIBTORCH=folder]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: configure-build ## real images to a memorization curve and its report, in minutes
	@echo "build: $(BUILD)/studies/demo"
	@cmake --build $(BUILD) -j $(JOBS) --target demo
	@$(BUILD)/studies/demo $(device) $(ARGS)

test: build ## all tests but the long ones
	@$(PYTHON) bench/compile/compile report $(BUILD)
	@cd $(BUILD) && ctest -j $(JOBS) --output-on-failure -LE 'long|fuzz|python|slurm|fresh' $(ARGS)

fuzz: build ## every reader by libFuzzer, ten minutes each
	@cd $(BUILD) && ctest -j $(JOBS) --output-on-failure -L fuzz $(ARGS)

test-all: python build ## every test, the fresh machine too (needs root; an hour and a half)
	@$(PYTHON) tools/bootstrap packages fresh mpi slurm
	@cd $(BUILD) && ctest -j $(JOBS) --output-on-failure $(ARGS)

build: configure-test ## studies, examples, benches, tests
	@echo "build: $(BUILD)"
	@cmake --build $(BUILD) -j $(JOBS)

setup: ## packages and LibTorch, without building
	@$(PYTHON) tools/bootstrap packages build test
	@$(PYTHON) tools/bootstrap libtorch $(cuda)

.PHONY: configure-build configure-test configure-lint
configure-build configure-test configure-lint: configure-%:
	@$(PYTHON) tools/bootstrap packages build $(filter-out build,$*)
	@$(PYTHON) tools/bootstrap libtorch $(cuda)
	@mkdir -p $(BUILD)
	@echo "configure: preset $(PRESET) (log: $(BUILD)/configure.log)"
	@cmake --preset $(PRESET) >$(BUILD)/configure.log 2>&1 || { cat $(BUILD)/configure.log; exit 1; }

python: ## .venv-python with the full torch, for peers and torchrun
	@$(PYTHON) tools/bootstrap python

lint: configure-lint ## clang-format and clang-tidy, version 19
	@tools/lint $(BUILD)

docs: ## Doxygen pages in build/docs
	@$(PYTHON) tools/bootstrap packages docs
	@mkdir -p build/docs
	@doxygen docs/Doxyfile
	@echo "docs: build/docs/html/index.html"

clean: ## remove build/; keep .deps and runs
	rm -rf build
