# Two commands matter: make run, make test. "make help" lists the rest.
#
# Every target does its own set-up, once: what is in place is skipped. All of it lands in .cache, node_modules and
# static/dist, which git ignores; only test programs (Chromium, a C compiler) are installed into the system, and only by root.

SHELL         := bash
.SHELLFLAGS   := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

CACHE   := .cache
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
LDFLAGS := -X main.version=$(VERSION)
STATIC  := static/dist/manifest.json

# Tools of make check, built from source at these versions, apart from the program's own modules.
GOFUMPT       := $(CACHE)/bin/gofumpt@v0.12.0
GOLANGCI_LINT := $(CACHE)/bin/golangci-lint@v2.15.0

# What node_modules has to hold: the two libraries that the pages use, or the browser-test packages as well.
NPM_SET = run
test check e2e types: NPM_SET = test

.PHONY: help build run test check e2e types generate generated format formatted lint vulnerabilities static clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

build: $(CACHE)/modules $(STATIC) ## set up and build bin/mysecurity
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/mysecurity .

run: build ## set up, then serve portal and emulator on this machine
	exec bin/mysecurity demo

test: build ## set up, then run every test, browser suite included
	scripts/setup-test-programs.sh
	scripts/test.sh

check: generated formatted lint vulnerabilities test ## what CI runs: current generated code, formatting, lint, make test

e2e: build ## the browser suite alone; pick tests with ARGS='-g "recovery code"'
	scripts/setup-npm.sh test
	scripts/setup-test-programs.sh
	npx playwright test --config e2e/playwright.config.ts $(ARGS)

generate: $(CACHE)/modules ## write the *_templ.go files anew
	scripts/templ.sh generate

generated: $(CACHE)/modules
	scripts/check-generated.sh

format: $(GOFUMPT)/gofumpt ## format Go and templ files
	git ls-files '*.go' | grep -v '_templ\.go$$' | xargs $< -w
	scripts/templ.sh fmt .

formatted: $(GOFUMPT)/gofumpt
	@git ls-files '*.go' | grep -v '_templ\.go$$' | xargs $< -d

lint: $(CACHE)/modules $(STATIC) $(GOLANGCI_LINT)/golangci-lint types ## golangci-lint and the types of the browser tests
	$(GOLANGCI_LINT)/golangci-lint run

types:
	scripts/setup-npm.sh test
	npx tsc --noEmit

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
	@touch $@

$(STATIC): package-lock.json scripts/build-static.mjs $(wildcard static/src/*)
	scripts/setup-npm.sh $(NPM_SET)
	node scripts/build-static.mjs

$(GOFUMPT)/gofumpt:
	GOWORK=off GOBIN=$(abspath $(@D)) go install mvdan.cc/gofumpt@$(lastword $(subst @, ,$(@D)))

$(GOLANGCI_LINT)/golangci-lint:
	GOWORK=off GOBIN=$(abspath $(@D)) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(lastword $(subst @, ,$(@D)))
