#!/bin/sh
# Generates requests from the served description of the chat's API and checks every
# answer. Starts the bundled back ends and a server of its own. The arguments are the
# schemathesis to run and the folder with the two binaries.
#
# KRABICE_API_SECONDS limits the time (60), KRABICE_API_SEED is the random seed (1).
set -eu
cd "$(dirname "$0")/../.."
schemathesis=$1
binaries=$2

work=$(mktemp -d)
emulators=
server=
cleanup() {
    for running in $server $emulators; do
        kill "$running" 2>/dev/null || true
        wait "$running" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Both print one line with their addresses as soon as they listen.
mkfifo "$work/ready" "$work/serves"
"$binaries/krabice-emulators" --write-connections "$work/connections.toml" >"$work/ready" &
emulators=$!
exec 3<"$work/ready"
if ! read -r _ <&3; then
    echo "api: the bundled back ends did not start" >&2
    exit 1
fi

# One scenario and its plugin are enough, and start quickly.
mkdir "$work/scenarios" "$work/plugins"
cp scenarios/order-status.json "$work/scenarios"
cp target/plugins/upgates.wasm "$work/plugins"
# The limits are so high that no request is refused for its rate.
cat >"$work/serve.toml" <<CONFIGURATION
scenarios = "scenarios"
connections = "connections.toml"
store = "sqlite:chat.db"
plugins = ["plugins"]
cache = "cache"
[limits]
requests-per-minute = 1000000
sessions-per-minute = 1000000
sessions-per-scenario = 1000000
answers-per-minute = 1000000
connections-per-prefix = 10000
CONFIGURATION
"$binaries/krabice" serve --config "$work/serve.toml" --listen 127.0.0.1:0 --json \
    >"$work/serves" 2>"$work/log" &
server=$!
exec 4<"$work/serves"
if ! read -r serves <&4; then
    echo "api: the server did not start" >&2
    cat "$work/log" >&2
    exit 1
fi
KRABICE_API=$(printf '%s' "$serves" | sed 's/.*"address":"\([^"]*\)".*/\1/')
export KRABICE_API
export KRABICE_SCENARIO=order-status
export KRABICE_SEEN="$work/seen.json"
export SCHEMATHESIS_HOOKS=tests/api/hooks.py

# A wrong token gets 404, not 401, so that a client cannot find out which sessions exist. The hooks have a
# check of their own for it. Which answers are accepted depends on what a session waits for.
"$schemathesis" run "$KRABICE_API/api/v1/openapi.json" \
    --phases examples,coverage,fuzzing,stateful \
    --checks all --exclude-checks ignored_auth,positive_data_acceptance \
    --max-time "${KRABICE_API_SECONDS:-60}" --request-timeout 20 \
    --seed "${KRABICE_API_SEED:-1}" --generation-database none --no-color \
    --continue-on-failure --suppress-health-check all

if ! kill -0 "$server" 2>/dev/null; then
    echo "api: the server died" >&2
    cat "$work/log" >&2
    exit 1
fi
if grep -q 'panicked' "$work/log"; then
    echo "api: a turn panicked" >&2
    cat "$work/log" >&2
    exit 1
fi
# A run in which everything was refused proves nothing.
for answered in \
    'GET /api/v1/scenarios/{name}: 200' 'POST /api/v1/sessions: 201' \
    'GET /api/v1/sessions/{id}: 200' 'DELETE /api/v1/sessions/{id}: 204' \
    'POST /api/v1/sessions/{id}/answers: 200' 'POST /api/v1/sessions/{id}/end: 200' \
    'GET /api/v1/sessions/{id}/export: 200'; do
    python3 - "$work/seen.json" "$answered" <<'CHECK'
import json, sys
request, status = sys.argv[2].rsplit(": ", 1)
count = json.load(open(sys.argv[1])).get(request, {}).get(status, 0)
print(f"{request}: {count} times {status}")
sys.exit(0 if count else f"api: `{request}` was never answered with {status}")
CHECK
done
