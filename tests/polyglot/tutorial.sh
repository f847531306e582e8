#!/bin/sh
# Runs every command of a tutorial as it is written: the `sh` blocks of the page, one after the
# other, in an empty folder. `krabice` is found on the PATH; nothing else is prepared.
#
#     sh tests/polyglot/tutorial.sh docs/write-a-plugin-python.md FOLDER
set -eu
page=$1
folder=$2

rm -rf "$folder"
mkdir -p "$folder"
awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$page" >"$folder/commands.sh"
if [ ! -s "$folder/commands.sh" ]; then
    echo "tutorial: \`$page\` has no commands" >&2
    exit 1
fi
cd "$folder"
sh -eux commands.sh
