#!/bin/sh
# Runs every client of this folder against the emulators, each with their
# addresses as one line of JSON. The first argument is the Python to run them
# with, the second the emulators' binary. Fails when one of them fails.
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

# The emulators say in one line where they listen, as soon as they do.
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
