#!/bin/sh
# Runs every command of a page as it is written: its `sh` blocks, one after the other, in an empty
# folder. `krabice` is on the PATH; nothing else is prepared. A `text` block must be the standard
# output of the `sh` block before it, except for times and ports.
#
#     sh tests/polyglot/tutorial.sh docs/write-a-plugin-python.md FOLDER
set -eu
page=$1
folder=$2

rm -rf "$folder"
mkdir -p "$folder/.outputs"
cd "$folder"
outputs=$(pwd)/.outputs
cd "$OLDPWD"

# All commands are one script, so that a `cd` stays in effect; each `text` block is a file.
cat >"$outputs/commands.sh" <<'END'
mask() { sed -E 's/[0-9]+(\.[0-9]+)? ms/N ms/g; s/(127\.0\.0\.1):[0-9]+/\1:N/g' "$1"; }
same() {
    mv "$outputs/last" "$outputs/$1"
    cat "$outputs/$1"
    mask "$outputs/$1" >"$outputs/$1.masked"
    mask "$outputs/$1.expected" | diff -u - "$outputs/$1.masked"
}
END
awk -v outputs="$outputs" '
    inside && /^```$/ { inside = 0; next }
    !inside && /^```/ { inside = 1; kind[++n] = substr($0, 4); next }
    inside { body[n] = body[n] $0 "\n" }
    END {
        for (i = 1; i <= n; i++) {
            if (kind[i] == "text" && kind[i - 1] != "sh") {
                print "tutorial: there is no command before the text\n" body[i] >"/dev/stderr"
                exit 1
            }
            if (kind[i] != "sh") continue
            commands++
            if (kind[i + 1] != "text") { printf "%s", body[i]; continue }
            printf "%s", body[i + 1] >(outputs "/" i ".expected")
            printf "{\n%s} >\"$outputs/last\"\nsame %d\n", body[i], i
        }
        if (!commands) { print "tutorial: there are no commands" >"/dev/stderr"; exit 1 }
    }
' "$page" >>"$outputs/commands.sh"
cd "$folder"
if ! outputs=$outputs sh -eux .outputs/commands.sh; then
    # The output of the block that failed.
    [ ! -e .outputs/last ] || cat .outputs/last
    exit 1
fi
