#!/bin/sh
# Runs every client of this folder against the emulators and gives it their addresses
# as one line of JSON. The first argument is the Python interpreter, the second the
# emulators' binary. Fails if a client fails.
set -eu
here=$(dirname "$0")
python=$1
emulators=$2

work=$(mktemp -d)
running=
cleanup() {
    if [ -n "$running" ]; then
        kill "$running" 2>/dev/null || true
        wait "$running" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The emulators print one line with their addresses as soon as they listen.
mkfifo "$work/ready"
"$emulators" >"$work/ready" &
running=$!
exec 3<"$work/ready"
if ! read -r addresses <&3; then
    echo "clients: the emulators did not start" >&2
    exit 1
fi

failed=
for client in "$here"/*.py; do
    printf '\n== %s\n' "$client"
    "$python" "$client" "$addresses" || failed="$failed $client"
done
if [ -n "$failed" ]; then
    echo "clients: failed:$failed" >&2
    exit 1
fi
