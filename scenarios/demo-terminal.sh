#!/bin/sh
# `make demo-terminal`: runs a scenario with the real plugins against the bundled back
# ends, first with prepared customers, then with you.
#
#     sh scenarios/demo-terminal.sh [SCENARIO]      default: order-status
#
# The prepared customers are the files in scenarios/demo/SCENARIO, in order; the name
# of a file says what it shows. KRABICE_DEMO_LANGUAGE sets the language (default: en).
set -eu
cd "$(dirname "$0")/.."

name=${1:-order-status}
krabice=${BINARIES:-target/debug}/krabice
scenario=scenarios/$name.json
if [ ! -f "$scenario" ]; then
    echo "demo: there is no scenario \`$name\`; choose one of these:" >&2
    for known in scenarios/*.json; do
        known=${known##*/}
        echo "  make demo-terminal SCENARIO=${known%.json}" >&2
    done
    exit 2
fi
language=${KRABICE_DEMO_LANGUAGE:-en}

. scenarios/back-ends.sh

printf '\n=== Check of %s\n\n' "$scenario"
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
    # Exit code 1 is a customer who leaves early, not a failure of the demo.
    "$krabice" run "$scenario" --language "$language" --files "$work/files" || [ $? -eq 1 ]
fi
