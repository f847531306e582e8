# Sourced by the demos. Starts the bundled back ends, and stops everything that was
# started when the script ends. Sets $work, a folder that is removed at the end, and
# the variables that tell `krabice` where its connections and plugins are.

work=$(mktemp -d)
started=
cleanup() {
    for process in $started; do
        kill "$process" 2>/dev/null || true
    done
    for process in $started; do
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# start NAME COMMAND…: runs the command in the background and sets $ready to the first
# line that it prints. Fails if the command ends before it prints one.
start() {
    mkfifo "$work/$1"
    pipe=$work/$1
    shift
    "$@" >"$pipe" &
    last=$!
    exec 3<"$pipe"
    rm "$pipe"
    read -r ready <&3 || return 1
    # Processes are stopped in reverse order.
    started="$last $started"
}

if ! start back-ends "${BINARIES:-target/debug}/krabice-emulators" --write-connections "$work/connections.toml"; then
    echo "demo: the bundled back ends did not start" >&2
    exit 1
fi
echo 'The bundled back ends are ready.'

export KRABICE_CONNECTIONS="$work/connections.toml"
export KRABICE_PLUGINS=target/plugins
