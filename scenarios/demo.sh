#!/bin/sh
# What `make demo` shows: the order-status scenario on a real component against
# the bundled back end; three prepared customers, then you.
#
# The language of all of it: KRABICE_DEMO_LANGUAGE=cs or en (default en).
set -eu
cd "$(dirname "$0")/.."

language=${KRABICE_DEMO_LANGUAGE:-en}
krabice=target/release/krabice
scenario=scenarios/order-status.json

work=$(mktemp -d)
emulators=
cleanup() {
    if [ -n "$emulators" ]; then
        kill "$emulators" 2>/dev/null || true
        wait "$emulators" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The back end says in one line where it listens, as soon as it does. When it
# ends before, the pipe ends, too, and the read fails.
mkfifo "$work/ready"
target/release/krabice-emulators --only upgates --write-connections "$work/connections.toml" >"$work/ready" &
emulators=$!
exec 3<"$work/ready"
if ! read -r ready <&3; then
    echo "demo: the bundled back end did not start" >&2
    exit 1
fi
printf 'The bundled back end stands ready: %s\n' "$ready"

export KRABICE_CONNECTIONS="$work/connections.toml"
export KRABICE_PLUGINS=target/plugins

printf '\n=== 0. %s is checked\n\n' "$scenario"
"$krabice" check "$scenario" --deny-warnings

customer() {
    printf '\n=== %s\n\n' "$1"
    "$krabice" run "$scenario" --language "$language" --answers "scenarios/demo/$2.answers"
}

customer "1. The order is found (the e-mail is hidden: it goes to the back end and nowhere else)" order-found
customer "2. The e-mail is another customer's" wrong-email
customer "3. There is no such order" unknown-order

if [ -t 0 ] && [ -t 1 ]; then
    printf '\n=== 4. Your turn\n\n'
    echo "Orders: O260147 or O260152 of petra.vlkova@example.cz, O260160 of jan.dvorak@example.cz. Ctrl-D ends."
    echo
    # A customer who leaves early is no failure of the demo.
    "$krabice" run "$scenario" --language "$language" || [ $? -eq 1 ]
fi
