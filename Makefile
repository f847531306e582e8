# The short commands. `make` alone lists them; each recipe is lines a person
# could type. Everything they need beyond rustup is installed by them.

CARGO ?= cargo
WASM_TARGET := wasm32-wasip2
# Crates that do no I/O are compiled for it: an editor in a browser can use them.
PURE_TARGET := wasm32-unknown-unknown
PLUGINS := base pohoda retino shoper upgates
COMPONENTS := $(PLUGINS:%=target/plugins/%.wasm)
GUESTS := target/guests/hostile.wasm target/guests/upgates-send.wasm
# Folders of the tools that `make tools` installs.
CLIENTS := target/clients
API := target/api
POLYGLOT := target/polyglot
POLYGLOT_MODULES := $(POLYGLOT)/node_modules/.package-lock.json
WEB := host/server/web
WEB_MODULES := $(WEB)/node_modules/.package-lock.json
# Read by cargo; a component is rebuilt when any of it is newer.
PLUGIN_SOURCES := $(shell find plugins wit tests/guests -name '*.rs' -o -name '*.wit' -o -name '*.toml') Cargo.toml

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The packages of Debian that a recipe needs, where they are not there yet.
install = { apt=apt-get; [ "$$(id -u)" = 0 ] || apt="sudo apt-get"; $$apt update && $$apt install --yes $(1); }

# Every target of `make test-all` prints how long it took.
begin = @mkdir -p target && date +%s >target/.began-$@
end = @printf '\n== make %s: %s s\n' $@ $$(( $$(date +%s) - $$(cat target/.began-$@) ))

.PHONY: setup
setup: ## install what rustup does not bring by itself: the targets of the components and of crates without I/O
	@for target in $(WASM_TARGET) $(PURE_TARGET); do \
		rustup target list --installed | grep -qx $$target || rustup target add $$target; done

# Where the demo's binaries are: those that `make test` builds, too, so that whoever does
# both waits for the compiler once. BINARIES=target/release takes those of `make build`.
BINARIES ?= target/debug
DEMO := $(if $(filter target/release,$(BINARIES)),build,plugins binaries)

.PHONY: demo
demo: $(DEMO) ## open a shop's page with the chat, on real components against the bundled back ends
	@BINARIES=$(BINARIES) sh scenarios/demo.sh

# The scenario that the demo in the terminal shows: the name of a file in scenarios/.
SCENARIO ?= order-status

.PHONY: demo-terminal
demo-terminal: $(DEMO) ## the same in the terminal: prepared customers, then you (SCENARIO=order-status)
	@BINARIES=$(BINARIES) sh scenarios/demo-terminal.sh $(SCENARIO)

.PHONY: build
build: plugins ## build the binaries (target/release) and the components (target/plugins)
	$(CARGO) build --release --locked -p krabice -p krabice-emulators

.PHONY: plugins
plugins: $(COMPONENTS) ## build the shipped plugins (target/plugins)

target/plugins/%.wasm: $(PLUGIN_SOURCES) | setup
	$(CARGO) build --locked --profile plugin --target $(WASM_TARGET) -p krabice-$*
	@mkdir -p $(@D)
	@cp target/$(WASM_TARGET)/plugin/krabice_$(subst -,_,$*).wasm $@.new && mv $@.new $@

.PHONY: guests
guests: $(GUESTS) ## build the plugins of the tests (target/guests)

target/guests/hostile.wasm: $(PLUGIN_SOURCES) | setup
	$(CARGO) build --locked --profile plugin --target $(WASM_TARGET) -p krabice-guests
	@mkdir -p $(@D)
	@cp target/$(WASM_TARGET)/plugin/krabice_guests.wasm $@.new && mv $@.new $@

# The shipped plugin with the SDK's other way to send requests, for the tests that use
# both. It waits for the shipped one, whose file in target/$(WASM_TARGET) it overwrites.
target/guests/upgates-send.wasm: $(PLUGIN_SOURCES) target/plugins/upgates.wasm | setup
	$(CARGO) build --locked --profile plugin --target $(WASM_TARGET) -p krabice-upgates --features krabice-plugin/send
	@mkdir -p $(@D)
	@cp target/$(WASM_TARGET)/plugin/krabice_upgates.wasm $@.new && mv $@.new $@

.PHONY: test
test: plugins guests ## pass all tests that need only cargo
	$(begin)
	$(CARGO) test --workspace --locked
	$(end)

.PHONY: test-postgres
test-postgres: plugins postgres ## test several servers on PostgreSQL (installs it): chat, kills, history, replicas
	$(begin)
	for name in chat kills history; do KRABICE_TEST_STORE=postgres sh tests/built.sh $$name || exit 1; done
	sh tests/built.sh replicas --include-ignored
	sh tests/built.sh e2e --ignored
	$(end)

# What needs more than cargo. The longest comes first, for two run side by side.
BEYOND_CARGO := test-polyglot browser-test test-clients test-api test-postgres

.PHONY: test-all
test-all: test ## pass all tests, those in a browser, on PostgreSQL and of plugins in every language too (installs what they need)
	@$(MAKE) --no-print-directory tools binaries
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target $(BEYOND_CARGO)

.PHONY: soak
soak: ## the same for longer: every conversation in a browser, 200 kills, random cases (an hour)
	@$(MAKE) --no-print-directory test-kills
	KRABICE_ALL_INTERFACES=1 sh tests/built.sh e2e
	CASES=all $(MAKE) --no-print-directory browser-test
	KRABICE_API_SECONDS=600 $(MAKE) --no-print-directory test-api
	@$(MAKE) --no-print-directory fuzz

.PHONY: tools
tools: npm chromium postgres $(CLIENTS)/ready $(API)/ready $(POLYGLOT)/ready $(POLYGLOT_MODULES) $(WEB_MODULES) ## install what make test-all needs beyond cargo

.PHONY: postgres
postgres:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || $(call install,postgresql)

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || $(call install,chromium)

# Those that `make test` has built: another flavour would compile everything again.
.PHONY: binaries
binaries: ## build the binaries and all tests (target/debug)
	$(CARGO) test --workspace --locked --no-run

.PHONY: test-clients
test-clients: $(CLIENTS)/ready binaries ## run independent Python clients against the emulators (installs them)
	$(begin)
	sh tests/clients/run.sh $(CLIENTS)/bin/python $${CARGO_TARGET_DIR:-target}/debug/krabice-emulators
	$(end)

.PHONY: test-api
test-api: plugins $(API)/ready binaries ## draw requests from the chat's API description (installs schemathesis)
	$(begin)
	sh tests/api/run.sh $(API)/bin/schemathesis $${CARGO_TARGET_DIR:-target}/debug
	$(end)

# Rounds of each test that kills the server; a round kills it 36 times.
KILL_ROUNDS ?= 6

.PHONY: test-kills
test-kills: plugins ## kill the server at every fail point, over 200 times (KILL_ROUNDS=6)
	KRABICE_KILL_ROUNDS=$(KILL_ROUNDS) sh tests/built.sh kills --nocapture

# A machine without the module that makes virtual environments gets it by apt-get.
target/%/ready: tests/%/requirements.txt
	@python3 -c 'import ensurepip, venv' 2>/dev/null || $(call install,python3-venv)
	python3 -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	@touch $@

.PHONY: test-polyglot
test-polyglot: $(POLYGLOT)/ready $(POLYGLOT_MODULES) binaries ## run the tutorials, and plugins in Rust, Python and JavaScript together (installs their tools)
	$(begin)
	sh tests/polyglot/run.sh $${CARGO_TARGET_DIR:-target}/debug/krabice $(POLYGLOT)
	$(end)

# Not `npm ci`: some optional packages of other platforms are not in the registry.
# componentize-js imports preview2-shim without naming it, so package.json here does.
$(POLYGLOT_MODULES): tests/polyglot/fetch/package-lock.json | npm $(POLYGLOT)/ready
	cp $(<D)/package.json $< $(POLYGLOT)
	cd $(POLYGLOT) && npm install --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: npm
npm:
	@command -v npm >/dev/null || $(call install,nodejs npm)

$(WEB_MODULES): $(WEB)/package-lock.json | npm
	cd $(WEB) && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# What the chat page and the widget are built into is committed, so that only
# those who change them need Node.
.PHONY: web
web: $(WEB_MODULES) ## build the chat page and the widget (host/server/web/dist, committed)
	cd $(WEB) && npm run --silent build

.PHONY: web-check
web-check: $(WEB_MODULES) ## check the page's types, sizes, and that what is committed is current
	cd $(WEB) && npm run --silent check

.PHONY: web-test
web-test: web-check chromium ## test the page and the widget in Chromium, against a mock of the API
	cd $(WEB) && npm test --silent

.PHONY: browser-test
browser-test: plugins binaries web-check chromium ## test them in Chromium against the real server and the bundled back ends, too (CASES=all for every conversation)
	$(begin)
	cd $(WEB) && npm test --silent && npm run --silent test:server
	$(end)

.PHONY: lint
lint: setup ## check format, lints and docs, with warnings denied
	$(CARGO) fmt --all --check
	$(CARGO) fmt --check --manifest-path host/krabice/templates/rust/Cargo.toml
	$(CARGO) clippy --workspace --all-targets --features krabice-runtime/bench --locked -- -D warnings
	$(CARGO) check --locked --target $(PURE_TARGET) -p krabice-contract -p krabice-scenario
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked --document-private-items

.PHONY: fmt
fmt: ## format the code
	$(CARGO) fmt --all
	$(CARGO) fmt --manifest-path host/krabice/templates/rust/Cargo.toml

.PHONY: clean
clean: ## remove everything that was built
	$(CARGO) clean

# Asks for one session at a rate; the only load that is not of our own making.
OHA := 1.16.0

.PHONY: bench
bench: plugins guests target/guests/hostile-small-stack.wasm ## measure, and write the tables of BENCHMARKS.md
	$(CARGO) bench --locked -p krabice-scenario --bench check
	$(CARGO) bench --locked -p krabice-engine --bench engine
	$(CARGO) bench --locked -p krabice-egress --bench send
	$(CARGO) bench --locked -p krabice-sessions --bench day
	$(CARGO) bench --locked -p krabice-runtime --features bench --bench calls
	$(CARGO) bench --locked -p krabice --bench report
	@command -v oha >/dev/null || $(CARGO) install oha --locked --version $(OHA)
	$(CARGO) bench --locked -p krabice --bench chat

# The plugin of the call benches, with the stack of the shipped ones.
target/guests/hostile-small-stack.wasm: $(PLUGIN_SOURCES) target/guests/hostile.wasm | setup
	KRABICE_GUEST_STACK=131072 $(CARGO) build --locked --profile plugin --target $(WASM_TARGET) -p krabice-guests
	@cp target/$(WASM_TARGET)/plugin/krabice_guests.wasm $@.new && mv $@.new $@

# Seconds for each fuzz target.
SECONDS_EACH ?= 60

.PHONY: fuzz
fuzz: ## run the fuzz targets and properties for longer (SECONDS_EACH=60 each)
	BOLERO_RANDOM_TEST_TIME_MS=$(SECONDS_EACH)000 PROPTEST_CASES=20000 \
		$(CARGO) test --locked -p krabice-scenario -p krabice-engine -p krabice-egress
