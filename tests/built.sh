#!/bin/sh
# Runs one test binary as `make test` builds it, in its package's folder:
#   tests/built.sh kills --nocapture
# `cargo test --test NAME` chooses other features and compiles Wasmtime once more, for minutes.
set -eu
name=$1
shift
built=$(${CARGO:-cargo} test --workspace --locked --no-run --message-format=json | grep '"executable":"[^"]*/deps/'"$name"'-[0-9a-f]*"') \
    || { echo "no test binary is called $name" >&2; exit 2; }
binary=$(printf '%s' "$built" | sed 's/.*"executable":"\([^"]*\)".*/\1/')
cd "$(printf '%s' "$built" | sed 's/.*"manifest_path":"\([^"]*\)\/Cargo\.toml".*/\1/')"
exec "$binary" "$@"
