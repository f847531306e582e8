#!/bin/sh
# Changes the plugin of the tutorial in the current folder: its parameter is a text with a hyphen in
# its name, and its probe fails with an error.
set -eu
sed -e "s/parameter('email', 'email'/parameter('e-mail', 'text'/" \
    -e "s/{ email\([ ,]\)/{ 'e-mail': email\1/" \
    -e "s/parameter: 'email'/parameter: 'e-mail'/" \
    -e "s/segment('email'/segment('e-mail'/" \
    -e "s/text(ask('GET', 'club'), 'name')/&.nothing.more/" plugin.js >plugin.js.new
mv plugin.js.new plugin.js
npm run --silent build
