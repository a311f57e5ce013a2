# Needs Go and make. Tests also use node, Chromium and tshark where they are there; .ci/run installs them.

GO        ?= go
FUZZTIME  ?= 10s
PARALLEL  ?= $(shell nproc 2>/dev/null || echo 2)
BENCH     ?= .
BENCHTIME ?= 100ms
COUNT     ?= 1
GOLANGCI   = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
VULNCHECK  = golang.org/x/vuln/cmd/govulncheck@v1.9.0
BENCHSTAT  = golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
# Who answers for the Debian packages of make dist, as Jo Doe <jo@example.net>.
MAINTAINER ?=

# The packages that run in the page: tested natively, and again as WebAssembly.
PAGE_DIRS := registrar $(addprefix registrar/,index wire asap enrp policy handlespace feed replica endpoint inspect whatif) ui/view
PAGE_PKGS  = $(strip $(foreach d,$(PAGE_DIRS),$(if $(wildcard $d/*.go),./$d)))

# They start no goroutine and share no memory, as a test sees to: nothing to find for the
# race detector, under which they take six times as long.
PURE_PKGS  = $(PAGE_PKGS) ./registrar/sim

# Begun first: the others are done beside them.
SLOW_PKGS := ./web/browser ./cmd/registrar

# What needs SCTP in the kernel; without it these tests skip. The longest first: two
# run at a time, each on a machine with one processor.
INTEROP_PKGS := ./registrar/interop/rsplib ./registrar/interop ./registrar/transport/kernel
INTEROP_DIR  := $(CURDIR)/bin/interop

# Also outside a git checkout, and inside one that git does not trust, a build must work.
export GOFLAGS := $(strip $(filter-out -buildvcs%,$(GOFLAGS)) -buildvcs=false)

GOROOT     = $(shell $(GO) env GOROOT)
VERSION    = $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS    = $(if $(VERSION),-ldflags='-X main.version=$(VERSION)')
WASM_PLAIN = rserpool/... strings encoding/base64 unicode/utf8
WASM_EXPERIMENT = $(shell GOEXPERIMENT=nogreenteagc $(GO) env GOOS >/dev/null 2>&1 && echo nogreenteagc)
WASM_GO    = $(filter-out %_test.go,$(wildcard $(addsuffix /*.go,wasm $(PAGE_DIRS))))
TEMPL_SUMS = find . -name '*_templ.go' ! -path '*/node_modules/*' | LC_ALL=C sort | xargs cksum /dev/null

.DEFAULT_GOAL := help
.PHONY: help run demo build dist wasm generate test test-wasm interop check conformance abuse soak big chaos soak-real kill bench bench-readme bench-web bench-compare bench-rsplib fuzz lint licences vulnerabilities clean

help: ## print this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build, then serve: dashboard on http://127.0.0.1:8080
	bin/registrar serve --http :8080

demo: build ## build, then run three registrars and a dozen elements on this machine, with failures
	bin/registrar demo

build: wasm ## build bin/registrar, with the page inside
	$(GO) build -trimpath $(LDFLAGS) -o bin/registrar ./cmd/registrar

# Everything in it bears the time of the commit; the same sources give the same bytes.
dist: wasm ## make the files of a release in dist: archives, Debian packages (MAINTAINER), images, SBOMs, sums
	rm -rf dist
	SOURCE_DATE_EPOCH=$(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null)) \
		$(GO) run ./cmd/registrar/dist -version '$(or $(VERSION),dev)' $(if $(MAINTAINER),-maintainer '$(MAINTAINER)') dist

wasm: static/dist/app.wasm.br ## build the page's program and compress it, into static/dist

static/dist/app.wasm.br: static/dist/app.wasm static/dist/wasm_exec.js static/pack/main.go
	$(GO) run ./static/pack static/dist

# Without inlining, of its own code and of some that it uses, it is 4 % smaller, with the older garbage collector
# another 1 %; a compiler that has it no more gives an empty list.
static/dist/app.wasm: $(WASM_GO) go.mod go.sum bin/.go-version
	GOEXPERIMENT=$(WASM_EXPERIMENT) GOOS=js GOARCH=wasm $(GO) build -trimpath $(foreach p,$(WASM_PLAIN),-gcflags=$(p)=-l) -ldflags='-s -w' -o $@ ./wasm

# It must come from the compiler that built app.wasm.
static/dist/wasm_exec.js: bin/.go-version
	cp "$(GOROOT)/lib/wasm/wasm_exec.js" $@ && chmod 644 $@ && touch $@

# Changes when the compiler does.
bin/.go-version: FORCE
	@mkdir -p bin; v="$$($(GO) version)" && if [ "$$v" != "$$(cat $@ 2>/dev/null)" ]; then echo "$$v" > $@; fi
.PHONY: FORCE

generate: ## write the *_templ.go files from the templ components
	$(GO) tool templ generate

test: wasm ## vet, and run every test; the packages of the page also as WebAssembly
	$(GO) vet ./...
	@race=-race; $(GO) build -race -o /dev/null runtime/race runtime/cgo 2>/dev/null || \
		{ race=; echo "testing without the race detector: it needs cgo and a C compiler (apt-get install gcc libc6-dev)"; }; \
	others="$$($(GO) list ./... | grep -vxF "$$($(GO) list $(PURE_PKGS))")" || exit 1; \
	echo "$(GO) test $$race, all but the pure packages"; $(GO) test $$race $(SLOW_PKGS) $$others
	$(GO) test $(PURE_PKGS)
	$(GO) test -run '^TestSimSeeds$$' ./registrar/sim -sim.seeds 2000
	@$(MAKE) --no-print-directory test-wasm

# The environment is emptied because Go's WebAssembly start-up takes only 8 KB of it.
test-wasm:
	@if command -v node >/dev/null; then \
		echo "GOOS=js GOARCH=wasm $(GO) test -short $(PAGE_PKGS)"; \
		GOOS=js GOARCH=wasm $(GO) test -short -exec="env -i 'PATH=$$PATH' '$(GOROOT)/lib/wasm/go_js_wasm_exec'" $(PAGE_PKGS); \
	else \
		echo "not tested as WebAssembly: that needs node (apt-get install nodejs)"; [ "$$CI" != true ]; \
	fi

# No -race: the race detector does not start on User-Mode Linux. The report is a run of
# its own, on this kernel: tshark takes long there.
interop: ## run the tests that need SCTP in the kernel, on User-Mode Linux where this one has none
	$(GO) build -o bin/uml ./registrar/interop/uml
	@rm -rf $(INTEROP_DIR) && mkdir -p $(INTEROP_DIR)
	$(GO) build -o $(INTEROP_DIR)/registrar ./cmd/registrar
	@if bin/uml -check; then \
		echo "$(GO) test -exec bin/uml $(INTEROP_PKGS)"; \
		export INTEROP_RESULTS='$(INTEROP_DIR)'; \
		INTEROP_PROGRAM='$(INTEROP_DIR)/registrar' $(GO) test -p 2 -parallel 8 -count=1 -timeout 13m -exec "'$(CURDIR)/bin/uml'" $(INTEROP_PKGS) && \
		$(GO) test -count=1 -v -run '^TestReport$$' ./registrar/interop/rsplib $(if $(README),-rsplib.readme '$(abspath $(README))'); \
	else \
		[ "$$CI" != true ]; \
	fi

check: ## all that a change must pass: format, vet, generated code, lint, licences, vulnerabilities, conformance IDs, tests
	@out="$$(find . -name '*.go' ! -name '*_templ.go' ! -path '*/node_modules/*' | xargs gofmt -l)"; \
		[ -z "$$out" ] || { echo "not formatted, run gofmt -w on:"; echo "$$out"; exit 1; }
	GOOS=js GOARCH=wasm $(GO) vet ./wasm $(PAGE_PKGS)
	@before="$$($(TEMPL_SUMS))"; $(MAKE) --no-print-directory generate && [ "$$before" = "$$($(TEMPL_SUMS))" ] || \
		{ echo "generated code was out of date, or could not be made: run make generate and commit what it writes"; exit 1; }
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory licences
	@$(MAKE) --no-print-directory vulnerabilities
	@$(MAKE) --no-print-directory conformance
	@$(MAKE) --no-print-directory test

conformance: ## show which requirements of the RFCs the tests name; MISSING=1: those that none does
	@$(GO) test -count=1 -run '^TestConformance$$' -v ./registrar $(if $(MISSING),-conformance.missing)

# sh has no pipefail: the line FAIL tells benchtable, which then fails and leaves the README alone. $1: packages, $2: its flags.
run_bench = { $(GO) test -run '^$$' -bench '$(value BENCH)' -benchtime $(BENCHTIME) -count $(COUNT) -benchmem -timeout 0 $1 || echo FAIL; } | \
	$(GO) run ./registrar/benchtable $2

bench: ## run the benchmarks and print tables; BENCH=REGEXP picks some, BENCHTIME=100ms, COUNT=1
	$(call run_bench,./...)

# What the README shows; another BENCH only on the command line.
bench-readme: BENCH = Handlespace|Codec|Memory|GC|Latency
bench-readme: ## run the benchmarks that compare to RSPLIB and write their tables into README.md
	$(call run_bench,./registrar/handlespace ./registrar/asap,-readme README.md)

bench-web: wasm ## measure the dashboard in headless Chromium and print a table; FLAGS='-elements 10000 -for 5s', see -h
	@$(GO) build -o bin/bench-web ./web/bench
	bin/bench-web $(FLAGS)

# Interleaved, since machines change from minute to minute. BASE's own benchmarks are run on BASE.
bench-compare: ## run the benchmarks of revision BASE and of this tree in turn, and compare; BENCH=, BENCHTIME=, COUNT=6
	@[ -n '$(BASE)' ] || { echo "bench-compare: want BASE=REVISION, such as BASE=HEAD~1"; exit 2; }
	@dir="$$(mktemp -d)" && trap 'git worktree remove --force "$$dir/base"; rm -rf "$$dir"' EXIT && \
	git worktree add -q --detach "$$dir/base" '$(BASE)' && cp -r static/dist/. "$$dir/base/static/dist/" && \
	for pass in $$(seq $(if $(filter command line environment,$(origin COUNT)),$(COUNT),6)); do \
		echo "pass $$pass"; \
		(cd "$$dir/base" && $(GO) test -run '^$$' -bench '$(value BENCH)' -benchtime $(BENCHTIME) -benchmem -timeout 0 ./... >>"$$dir/base.txt") && \
		$(GO) test -run '^$$' -bench '$(value BENCH)' -benchtime $(BENCHTIME) -benchmem -timeout 0 ./... >>"$$dir/head.txt" || exit 1; \
	done; \
	$(GO) run $(BENCHSTAT) base="$$dir/base.txt" head="$$dir/head.txt"

# On one processor and before others, where that may be: the rest of the machine shows less then.
bench-rsplib: ## measure beside RSPLIB's registrar over the kernel's SCTP, print tables; PASSES=5, README=README.md writes them there
	$(GO) build -o bin/uml ./registrar/interop/uml
	$(GO) build -o bin/sidebyside ./registrar/interop/sidebyside
	$(GO) build -trimpath -o bin/bench-registrar ./cmd/registrar
	bin/uml -check
	$$(nice -n -15 true 2>/dev/null && echo nice -n -15) taskset -c 1 bin/uml -mem 2G -timeout 40m \
		'$(CURDIR)/bin/sidebyside' -program '$(CURDIR)/bin/bench-registrar' -passes $(or $(PASSES),5) -out '$(CURDIR)/bin/sidebyside.json' $(FLAGS)
	bin/sidebyside -table bin/sidebyside.json $(if $(README),-readme '$(README)')

fuzz: ## run every fuzz target for FUZZTIME (default 10s) each, on PARALLEL processors (default all)
	@grep -rE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*\(' . | \
	sed 's|^\(.*\)/[^/]*:func \(Fuzz[A-Za-z0-9_]*\).*|\1 \2|' | LC_ALL=C sort | while read -r dir target; do \
		echo "$$dir $$target"; \
		$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -parallel $(PARALLEL) "$$dir" </dev/null || exit 1; \
	done

abuse: wasm ## play the README's bad inputs in full, 15 minutes; ONLY=TEXT those with it in their names; README=README.md writes them there
	$(GO) test -count=1 -timeout 40m -v -run '^TestBadInputs$$' ./registrar/abuse -abuse.full -abuse.only '$(ONLY)' $(if $(README),-abuse.readme '$(abspath $(README))')

soak: ## simulate SEEDS (default 100000) scopes with faults, from seed FROM (default 0) on
	$(GO) test -timeout 0 -run '^TestSimSeeds$$' ./registrar/sim -sim.seeds $(SEEDS) -sim.from $(FROM)

big: ## simulate an hour of 1,000 registrars, and of 1,000,000 elements, with five deaths each
	$(GO) test -timeout 0 -v -run '^TestSimBig$$' ./registrar/sim -sim.big

# Real processes, each host a network namespace, so these need root, or unshare -Urn where /dev/net/tun is open to all.
CHAOS = bin/chaos -program bin/registrar $(if $(SEED),-seed $(SEED)) $(if $(DURATION),-duration $(DURATION))

bin/chaos: FORCE
	@$(GO) build -o $@ ./registrar/interop/chaos

chaos: build bin/chaos ## kill and stop registrars and elements in a bad network, and look what is left; DURATION=10m, SEED=
	$(CHAOS) faults

soak-real: build bin/chaos ## let a scope of real processes live, and look for leaks; DURATION=1h, README=README.md writes the table there
	$(CHAOS) $(if $(README),-readme '$(README)') soak

kill: build bin/chaos ## kill a registrar at a random moment, TRIALS=20 times, and look for lost elements; SEED=
	$(CHAOS) $(if $(TRIALS),-trials $(TRIALS)) kill

lint: ## run golangci-lint
	$(GO) run $(GOLANGCI) run

licences: ## check that what is linked into the programs is under a licence that may be
	$(GO) test -count=1 -run '^TestLicences$$' ./cmd/registrar/dist

# Where the database cannot be reached, and nobody named a copy, that is said and no more: a machine
# without a network can test all else.
vulnerabilities: ## look for known vulnerabilities in what is called; GOVULNDB=https://... or file:///... is a copy of the database
	@db='$(or $(GOVULNDB),https://vuln.go.dev)'; echo "$(GO) run $(VULNCHECK) -db $$db ./..."; \
	out="$$($(GO) run $(VULNCHECK) -db "$$db" ./... 2>&1)" && { echo "$$out"; exit 0; }; \
	echo "$$out"; case "$$out" in *"fetching vulnerabilities"*) \
		echo "vulnerabilities not checked: no database reachable at $$db; GOVULNDB=URL names a copy of it"; [ -z '$(GOVULNDB)' ];; *) exit 1;; esac

clean: ## remove what was built
	rm -rf bin dist artifacts
	find static/dist -mindepth 1 ! -name .gitkeep -delete
