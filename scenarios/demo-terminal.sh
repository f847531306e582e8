#!/bin/sh
# What `make demo-terminal` shows: a scenario on real components against the bundled
# back ends; prepared customers first, then you.
#
#     sh scenarios/demo-terminal.sh [SCENARIO]      default: order-status
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
        echo "  make demo-terminal SCENARIO=${known%.json}" >&2
    done
    exit 2
fi
language=${KRABICE_DEMO_LANGUAGE:-en}

. scenarios/back-ends.sh

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
