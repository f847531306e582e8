#!/bin/sh
# Tests plugins in every language, from the commands of the tutorials to a conversation with all
# of them.
#
#     sh tests/polyglot/run.sh KRABICE FOLDER
#
# FOLDER has the tools of the fixtures: `bin/componentize-py`, and `node_modules` with componentize-js.
# `make test-polyglot` puts them there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
krabice=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(cd "$2" && pwd)

step() { printf '\n== %s\n' "$1"; }

# The environment of a tutorial's reader, who has only the command.
unset KRABICE_CONFIG CARGO_TARGET_DIR VIRTUAL_ENV
PATH=$(dirname "$krabice"):$PATH
# Components are compiled once, for all steps and for the next run.
export PATH KRABICE_CACHE="$work/cache"

plugins=$work/plugins
mkdir -p "$plugins" "$work/none"

# Plugins and connections of an operator, which are not those of the plugin being written.
export KRABICE_PLUGINS="$work/none" KRABICE_CONNECTIONS="$work/none/connections.toml"

step 'a page whose text differs from the output of its commands fails'
printf '```sh\necho one\n```\n\n```text\ntwo\n```\n' >"$work/wrong.md"
if sh "$here/tutorial.sh" "$work/wrong.md" "$work/tutorials/wrong" 2>&1; then exit 1; fi

step 'the commands of the README'
# Without the first two: the binary exists already.
sed -n '/^## Write a plugin/,/^## [^W]/p' "$root/README.md" >"$work/readme-all.md"
sed -e '/^make build /d' -e '/^export PATH="$PWD\/target\/release:$PATH"$/d' "$work/readme-all.md" >"$work/readme.md"
[ $(($(wc -l <"$work/readme-all.md") - $(wc -l <"$work/readme.md"))) = 2 ]
sh "$here/tutorial.sh" "$work/readme.md" "$work/tutorials/readme"

for language in rust python javascript; do
    step "the tutorial for $language"
    sh "$here/tutorial.sh" "$root/docs/write-a-plugin-$language.md" "$work/tutorials/$language"
    cp "$work/tutorials/$language"/points-*/target/plugins/points-*.wasm "$plugins"
done
mock_in_rust() { (cd "$work/tutorials/rust/points-rust" && cargo run --release --quiet --example mock -- "$@"); }
mock() { python3 "$work/tutorials/python/points-py/mock.py" "$@"; }
mock_in_javascript() { node "$work/tutorials/javascript/points-js/mock.js" "$@"; }

step 'every mock is strict, and no request stops it'
for run in mock_in_rust mock mock_in_javascript; do
    "$run" python3 "$here/back-end.py"
done

step 'a mock reports that its port is taken'
python3 "$here/port.py" sh -c '
    cd "$1/rust/points-rust" && ! cargo run --release --quiet --example mock &&
    cd "$1/python/points-py" && ! python3 mock.py &&
    cd "$1/javascript/points-js" && ! node mock.js' sh "$work/tutorials" >"$work/taken.txt" 2>&1
cat "$work/taken.txt"
[ "$(grep -c '^mock: cannot listen on 127.0.0.1:8099: ' "$work/taken.txt")" = 3 ]
[ "$(wc -l <"$work/taken.txt")" -eq 3 ]

step 'a builder of chats reads what the functions are good for'
for language in rust py js; do
    krabice plugins --plugins "$plugins" --json show "points-$language" | python3 -c '
import json, sys
functions = json.load(sys.stdin)["functions"]
marks = {name: it["purposes"] for name, it in functions.items() if it.get("purposes")}
assert marks == {"verify-card": ["verifies-identity"], "append-note": ["append-note"]}, marks
assert functions["append-note"]["exclusive"] is True
assert functions["verify-card"]["subject"]["kind"] == "customer"
'
done

step 'the check of the scenario uses the plugin itself, whatever the operator has'
for plugin in rust/points-rust python/points-py javascript/points-js; do
    cd "$work/tutorials/$plugin"
    if [ -e Makefile ]; then
        check=$(make --dry-run test | grep '^krabice check ')
    else
        check=$(node -p 'require("./package.json").scripts.test.split(" && ").pop()')
    fi
    cp scenarios/points.json right.json
    sed 's/redeem-points/redeem-point/' right.json >scenarios/points.json
    code=0
    sh -c "$check" >wrong.txt 2>&1 || code=$?
    mv right.json scenarios/points.json
    [ "$code" = 1 ] || { cat wrong.txt; exit 1; }
    grep 'has no function' wrong.txt
    cd "$root"
done

step 'the lock file of the Rust template is current'
rm -rf "$work/lock" && mkdir "$work/lock"
krabice plugin new my-plugin --into "$work/lock" >"$work/lock/said"
(cd "$work/lock/my-plugin" && cargo metadata --locked --format-version 1 >/dev/null)

step 'a plugin on the fetch of StarlingMonkey'
fixture=$plugins/fetching.wasm
if [ ! -e "$fixture" ] || [ -n "$(find "$here/fetch" "$root/wit" -newer "$fixture" -type f)" ]; then
    cp "$here"/fetch/plugin.js "$here"/fetch/build.mjs "$work"
    (cd "$work" && node build.mjs "$root/wit" "$fixture")
fi
krabice plugin check "$fixture"

step 'a plugin on wasi:http in Python'
fixture=$plugins/polling.wasm
if [ ! -e "$fixture" ] || [ -n "$(find "$here/wasi-http" "$root/wit" -newer "$fixture" -type f)" ]; then
    # The WIT of wasi:http comes with the crate that implements it.
    crate=$(cargo metadata --locked --format-version 1 --manifest-path "$root/Cargo.toml" |
        tr ',' '\n' | sed -n 's/^"manifest_path":"\(.*wasmtime-wasi-http-[^/]*\)\/Cargo.toml"$/\1/p')
    rm -rf "$work/wit" && mkdir "$work/wit"
    cp -R "$crate/wit/deps" "$root"/wit/*.wit "$here/wasi-http/plugin-http.wit" "$work/wit"
    (cd "$here/wasi-http" && VIRTUAL_ENV="$work" "$work/bin/componentize-py" --wit-path "$work/wit" --world plugin-http \
        componentize plugin --output "$fixture")
fi
krabice plugin check "$fixture"

CLUB_KEY=$(cat "$work/tutorials/python/points-py/mock/key")
export CLUB_KEY
at_mock() { mock sh "$here/mixed/at-mock.sh" "$work" "$@"; }

step 'both answer, and say false on proof'
for plugin in fetching polling; do
    at_mock krabice call "$plugin/load-points" email=ada@example.com
    code=0
    at_mock krabice call "$plugin/load-points" email=eve@example.com || code=$?
    [ "$code" = 1 ]
done

step 'one conversation with boxes in Rust, Python and JavaScript'
at_mock krabice check --deny-warnings "$here/mixed/mixed.json"
at_mock krabice run "$here/mixed/mixed.json" --answers "$here/mixed/mixed.answers" >"$work/transcript.txt"
diff "$here/mixed/transcript.txt" "$work/transcript.txt"
cat "$work/transcript.txt"

step 'the same conversation in the chat'
rm -f "$work"/chat.db*
at_mock python3 "$here/mixed/chat.py" "$krabice" "$work"

for language in python javascript; do
    step "packages, names with hyphens, values with slashes, mistakes: $language"
    cd "$work/tutorials/$language"/points-*
    sh "$here/edges/$language.sh"
    krabice plugin test "$here/edges" --plugin target/plugins/points-*.wasm
    case $language in
        python) run=mock ;;
        *) run=mock_in_javascript ;;
    esac
    if "$run" krabice probe club >stumbled.txt 2>&1; then exit 1; fi
    cat stumbled.txt
    grep 'the plugin has a bug: [A-Za-z]*Error at plugin\.[a-z]*:[0-9]' stumbled.txt
    cd "$root"
done

step 'every plugin in its language is done'
