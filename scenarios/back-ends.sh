# Read by the demos: starts the bundled back ends, and stops at the end whatever
# was started. Sets $work (a folder that is removed at the end) and the variables
# that `krabice` reads its connections and plugins from.

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

# start NAME COMMAND…: runs it in the background and sets $ready to the first line
# that it says. Where it ends before, the pipe ends, too, and the read fails.
start() {
    mkfifo "$work/$1"
    pipe=$work/$1
    shift
    "$@" >"$pipe" &
    last=$!
    exec 3<"$pipe"
    rm "$pipe"
    read -r ready <&3 || return 1
    # The last one started is the first to be stopped.
    started="$last $started"
}

if ! start back-ends "${BINARIES:-target/release}/krabice-emulators" --write-connections "$work/connections.toml"; then
    echo "demo: the bundled back ends did not start" >&2
    exit 1
fi
echo 'The bundled back ends stand ready.'

export KRABICE_CONNECTIONS="$work/connections.toml"
export KRABICE_PLUGINS=target/plugins
