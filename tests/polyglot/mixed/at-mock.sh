#!/bin/sh
# Runs a command with every plugin of these tests, each with a connection to the mock back end that
# started it. The address is in the connections file that the mock passes.
#
#     python3 mock.py sh at-mock.sh FOLDER COMMAND…
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
shift
address=$(sed -n 's/^address = "\(.*\)"$/\1/p' "$KRABICE_CONNECTIONS")
sed "s|http://127.0.0.1:8099/v1|$address|" "$here/connections.toml" >"$folder/connections.toml"
KRABICE_PLUGINS=$folder/plugins KRABICE_CONNECTIONS=$folder/connections.toml exec "$@"
