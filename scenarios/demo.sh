#!/bin/sh
# What `make demo` shows: a scenario on real components against the bundled back
# ends; prepared customers first, then you.
#
#     sh scenarios/demo.sh [SCENARIO]      default: order-status
#
# The prepared customers of a scenario are the files of scenarios/demo/SCENARIO, in
# order; the name of a file says what it shows. KRABICE_DEMO_LANGUAGE picks the
# language (default: en where the scenario speaks it).
set -eu
cd "$(dirname "$0")/.."

name=${1:-order-status}
krabice=target/release/krabice
scenario=scenarios/$name.json
if [ ! -f "$scenario" ]; then
    echo "demo: there is no scenario \`$name\`; these can be shown:" >&2
    for known in scenarios/*.json; do
        known=${known##*/}
        echo "  make demo SCENARIO=${known%.json}" >&2
    done
    exit 2
fi
language=${KRABICE_DEMO_LANGUAGE:-en}

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

# The back ends say in one line where they listen, as soon as they do. When they
# end before, the pipe ends, too, and the read fails.
mkfifo "$work/ready"
target/release/krabice-emulators --write-connections "$work/connections.toml" >"$work/ready" &
emulators=$!
exec 3<"$work/ready"
if ! read -r ready <&3; then
    echo "demo: the bundled back ends did not start" >&2
    exit 1
fi
printf 'The bundled back ends stand ready: %s\n' "$ready"

export KRABICE_CONNECTIONS="$work/connections.toml"
export KRABICE_PLUGINS=target/plugins

printf '\n=== %s is checked\n\n' "$scenario"
"$krabice" check "$scenario" --deny-warnings

for answers in scenarios/demo/"$name"/*.answers; do
    [ -e "$answers" ] || continue
    title=${answers##*/}
    printf '\n=== %s\n\n' "$(printf '%s' "${title%.answers}" | sed 's/^\([0-9]*\)-/\1. /; s/-/ /g')"
    "$krabice" run "$scenario" --language "$language" --answers "$answers" --files "$work/files"
done

if [ -t 0 ] && [ -t 1 ]; then
    printf '\n=== Your turn\n\n'
    sed -n "s/^<!-- try $name: \(.*\) -->\$/\1/p" scenarios/README.md
    echo "Ctrl-D ends."
    echo
    # A customer who leaves early is no failure of the demo.
    "$krabice" run "$scenario" --language "$language" --files "$work/files" || [ $? -eq 1 ]
fi
