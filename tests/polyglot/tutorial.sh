#!/bin/sh
# Runs every command of a page as it is written: its `sh` blocks, one after the other, in an empty
# folder. `krabice` is found on the PATH; nothing else is prepared. A `text` block is what the `sh`
# block before it writes to standard output, but for times and ports.
#
#     sh tests/polyglot/tutorial.sh docs/write-a-plugin-python.md FOLDER
set -eu
page=$1
folder=$2

rm -rf "$folder"
mkdir -p "$folder/.said"
cd "$folder"
said=$(pwd)/.said
cd "$OLDPWD"

# The commands as one script, so that a `cd` holds for what follows; what each `text` block has, as a file.
cat >"$said/commands.sh" <<'END'
mask() { sed -E 's/[0-9]+(\.[0-9]+)? ms/N ms/g; s/(127\.0\.0\.1):[0-9]+/\1:N/g' "$1"; }
same() {
    mv "$said/last" "$said/$1"
    cat "$said/$1"
    mask "$said/$1" >"$said/$1.masked"
    mask "$said/$1.expected" | diff -u - "$said/$1.masked"
}
END
awk -v said="$said" '
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
            printf "%s", body[i + 1] >(said "/" i ".expected")
            printf "{\n%s} >\"$said/last\"\nsame %d\n", body[i], i
        }
        if (!commands) { print "tutorial: there are no commands" >"/dev/stderr"; exit 1 }
    }
' "$page" >>"$said/commands.sh"
cd "$folder"
if ! said=$said sh -eux .said/commands.sh; then
    # What a block wrote that failed within.
    [ ! -e .said/last ] || cat .said/last
    exit 1
fi
