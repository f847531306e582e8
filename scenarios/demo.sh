#!/bin/sh
# `make demo`: starts the bundled back ends, the chat server, and the page of a shop
# that embeds the chat. Runs until Ctrl-C. With CI=true, it fetches the pages, starts
# a conversation and ends.
set -eu
cd "$(dirname "$0")/.."
. scenarios/back-ends.sh

serve() {
    start server "${BINARIES:-target/debug}/krabice" serve --demo --scenarios scenarios \
        --store "sqlite:$work/chat.db" --listen "127.0.0.1:$1"
}
if ! serve 8080; then
    echo "demo: the server did not start on port 8080; trying any free port" >&2
    serve 0 || exit 1
fi
address=${ready%% *}

cat <<END

  The demo shop:   $address/demo/

On the page, choose a scenario; the page says what to type. Ctrl-C ends the demo and deletes its chats.
\`make demo-terminal\` runs the same scenarios without a browser.
END

if [ "${CI:-}" = true ]; then
    for page in demo/ chat/order-status widget.js; do
        curl --fail --silent --show-error --output "$work/page" "$address/$page"
        printf '%s/%s: %s bytes\n' "$address" "$page" "$(wc -c <"$work/page")"
    done
    curl --fail --silent --show-error --header 'Content-Type: application/json' \
        --data '{"scenario": "order-status", "language": "en"}' "$address/api/v1/sessions" >"$work/page"
    grep -q '"for":"answer"' "$work/page"
    exit 0
fi
wait "$last"
