#!/bin/sh
# Plugins in every language, from the tutorials' commands to a conversation of all of them.
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

# What the reader of a tutorial has: the command, and nothing that is set.
unset KRABICE_PLUGINS KRABICE_CONNECTIONS KRABICE_CONFIG CARGO_TARGET_DIR
PATH=$(dirname "$krabice"):$PATH
# Compiled once, for all that follows and for the next run.
export PATH KRABICE_CACHE="$work/cache"

plugins=$work/plugins
mkdir -p "$plugins"

step 'the commands of the README'
sed -n '/^## Write a plugin/,/^## [^W]/p' "$root/README.md" >"$work/readme.md"
sh "$here/tutorial.sh" "$work/readme.md" "$work/tutorials/readme"

for language in rust python javascript; do
    step "the tutorial for $language"
    sh "$here/tutorial.sh" "$root/docs/write-a-plugin-$language.md" "$work/tutorials/$language"
done
cp "$work"/tutorials/*/points-*/target/plugins/*.wasm "$plugins"

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
krabice plugins show "$fixture"

step 'a plugin on wasi:http in Python'
fixture=$plugins/polling.wasm
if [ ! -e "$fixture" ] || [ -n "$(find "$here/wasi-http" "$root/wit" -newer "$fixture" -type f)" ]; then
    # The WIT of wasi:http comes with the crate that implements it.
    crate=$(cargo metadata --locked --format-version 1 --manifest-path "$root/Cargo.toml" |
        tr ',' '\n' | sed -n 's/^"manifest_path":"\(.*wasmtime-wasi-http-[^/]*\)\/Cargo.toml"$/\1/p')
    rm -rf "$work/wit" && mkdir "$work/wit"
    cp -R "$crate/wit/deps" "$root"/wit/*.wit "$here/wasi-http/plugin-http.wit" "$work/wit"
    (cd "$here/wasi-http" && "$work/bin/componentize-py" --wit-path "$work/wit" --world plugin-http \
        componentize plugin --output "$fixture")
fi
krabice plugins show "$fixture"

export KRABICE_PLUGINS="$plugins" KRABICE_CONNECTIONS="$here/mixed/connections.toml"
CLUB_KEY=$(cat "$work/tutorials/python/points-py/mock/key")
export CLUB_KEY
mock() { python3 "$work/tutorials/python/points-py/mock.py" "$@"; }

step 'both answer, and say false on proof'
for plugin in fetching polling; do
    mock krabice call "$plugin/load-points" email=ada@example.com
    code=0
    mock krabice call "$plugin/load-points" email=eve@example.com || code=$?
    [ "$code" = 1 ]
done

step 'one conversation with boxes in Rust, Python and JavaScript'
krabice check --deny-warnings "$here/mixed/mixed.json"
mock krabice run "$here/mixed/mixed.json" --answers "$here/mixed/mixed.answers" >"$work/transcript.txt"
diff "$here/mixed/transcript.txt" "$work/transcript.txt"
cat "$work/transcript.txt"

step 'the same conversation in the chat'
rm -f "$work"/chat.db*
mock python3 "$here/mixed/chat.py" "$krabice" "$work"

step 'every plugin in its language is done'
