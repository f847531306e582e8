#!/bin/sh
# What `make demo` opens: the bundled back ends, the chat server, and a shop's page
# that embeds the chat. It stays until Ctrl-C; with CI=true it asks for the pages,
# starts a conversation and ends.
set -eu
cd "$(dirname "$0")/.."
. scenarios/back-ends.sh

serve() {
    start server "${BINARIES:-target/release}/krabice" serve --demo --scenarios scenarios \
        --store "sqlite:$work/chat.db" --listen "127.0.0.1:$1"
}
if ! serve 8080; then
    echo "demo: once more, on any free port" >&2
    serve 0 || exit 1
fi
address=${ready%% *}

cat <<END

  The demo shop:   $address/demo/

Choose what a customer wants there; the page tells what to type. Ctrl-C ends the demo, and its chats are forgotten.
\`make demo-terminal\` shows the same scenarios without a browser.
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
