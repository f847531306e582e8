#!/bin/sh
# Changes the plugin of the tutorial, whose folder this is: its parameter is a text with a hyphen,
# and its probe stumbles.
set -eu
sed -e "s/parameter('email', 'email'/parameter('e-mail', 'text'/" \
    -e "s/{ email\([ ,]\)/{ 'e-mail': email\1/" \
    -e "s/segment('email'/segment('e-mail'/" \
    -e "s/text(ask('GET', 'club'), 'name')/&.nothing.more/" plugin.js >plugin.js.new
mv plugin.js.new plugin.js
npm run --silent build
