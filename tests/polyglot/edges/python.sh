#!/bin/sh
# Changes the plugin of the tutorial in the current folder: it uses a package and a module of its
# own, its parameter is a text with a hyphen in its name, and its probe fails with an error.
set -eu
echo 'inflection==0.5.1' >>requirements.txt
echo 'from inflection import titleize' >words.py
sed -e 's/^import json$/import json\nimport words/' \
    -e 's/label=en("Points py")/label=en(words.titleize("points py"))/' \
    -e 's/parameter("email", values.Kind.EMAIL/parameter("e-mail", values.Kind.TEXT/' \
    -e 's/SubjectKind.CUSTOMER, "email"/SubjectKind.CUSTOMER, "e-mail"/' \
    -e 's/segment("email", parameters\["email"\])/segment("e-mail", parameters["e-mail"])/' \
    -e 's/^    return text(ask("GET", "club"), "name")$/&[99]/' plugin.py >plugin.py.new
mv plugin.py.new plugin.py
make build
touch words.py
if make --question build; then
    echo 'the component is not built again after a module changed' >&2
    exit 1
fi
