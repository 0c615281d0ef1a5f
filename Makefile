# Two commands matter: make run, make test. "make help" lists the rest.
#
# Every target does its own set-up, once: what is in place is skipped. All of it lands in .cache, node_modules and
# static/dist, which git ignores; only test programs (Chromium, a C compiler) are installed into the system, and only by root.

SHELL         := bash
.SHELLFLAGS   := -eu -o pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help

CACHE   := .cache
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
LDFLAGS := -X main.version=$(VERSION)
STATIC  := static/dist/manifest.json

# Built from source, apart from the program's own modules. It holds gofumpt (v0.12.0) as well.
GOLANGCI_LINT_VERSION := v2.15.0
GOLANGCI_LINT         := $(CACHE)/bin/golangci-lint@$(GOLANGCI_LINT_VERSION)/golangci-lint

# What node_modules has to hold: the two libraries that the pages use, or the browser-test packages as well.
NPM_SET = run
test check e2e types: NPM_SET = test

# Where the module proxy is out of reach, make check goes on without the list of parts, and says so.
check: SBOM_FLAGS = --may-skip

.PHONY: help build run release sbom test check e2e types fuzz bench generate generated format lint vulnerabilities static clean

help: ## list the targets
	@grep -hE '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

build: $(CACHE)/modules $(STATIC) ## set up and build bin/mysecurity
	go build -ldflags '$(LDFLAGS)' -o bin/mysecurity .

run: build ## set up, then serve portal and emulator on this machine
	exec bin/mysecurity demo

release: $(CACHE)/modules $(STATIC) ## build bin/mysecurity-release as the image has it: static, without the emulator
	CGO_ENABLED=0 go build -tags release -trimpath -ldflags '-s -w $(LDFLAGS)' -o bin/mysecurity-release .
	@size=$$(stat -c %s bin/mysecurity-release); echo "release: $$size bytes"; \
	  [ $$size -le 25000000 ] || { echo "release: over its budget of 25 MB (performance.md, G4)" >&2; exit 1; }

test: build ## set up, then run every test, browser suite included
	scripts/setup-test-programs.sh
	scripts/test.sh

sbom: release ## write bin/sbom.json: what the release is made of (CycloneDX)
	scripts/sbom.sh $(VERSION) $(SBOM_FLAGS)

check: generated lint vulnerabilities sbom test ## what CI runs: current generated code, format, lint, make test

e2e: build ## the browser suite alone; pick tests with ARGS='-g "recovery code"'
	scripts/setup-npm.sh test
	scripts/setup-test-programs.sh
	node_modules/.bin/playwright test --config e2e/playwright.config.ts $(ARGS)

fuzz: build ## fuzz each fuzz target for FUZZTIME, 60s each
	scripts/fuzz.sh

bench: build ## measure the portal against the limit (docs/performance.md); ARGS='-parts throughput' picks parts
	go run ./internal/bench $(ARGS)

generate: $(CACHE)/modules ## write the *_templ.go files anew
	scripts/templ.sh generate

generated: $(CACHE)/modules
	scripts/check-generated.sh

format: $(CACHE)/modules $(GOLANGCI_LINT) ## format Go (gofumpt) and templ files
	$(GOLANGCI_LINT) fmt
	scripts/templ.sh fmt .

lint: $(CACHE)/modules $(STATIC) $(GOLANGCI_LINT) types ## golangci-lint, formatting included, and the types of the browser tests
	$(GOLANGCI_LINT) run

types:
	scripts/setup-npm.sh test
	node_modules/.bin/tsc --noEmit

vulnerabilities: $(CACHE)/modules $(STATIC)
	scripts/check-vulnerabilities.sh

static: ## build the static files anew
	rm -f $(STATIC)
	$(MAKE) $(STATIC)

clean: ## remove everything that was built or downloaded into the tree
	rm -rf bin $(CACHE) node_modules go.work go.work.sum e2e/results e2e/report e2e/screenshots
	find static/dist -type f ! -name .gitkeep -delete

$(CACHE)/modules: go.mod go.sum scripts/setup-templ.sh
	scripts/setup-templ.sh
	go mod download
	@mkdir -p $(CACHE) && touch $@

$(STATIC): package-lock.json scripts/build-static.mjs $(wildcard static/src/*)
	scripts/setup-npm.sh $(NPM_SET)
	node scripts/build-static.mjs

$(GOLANGCI_LINT):
	GOWORK=off GOBIN=$(abspath $(@D)) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
