"""Tests that the mock of a template is strict and that no request stops it. The mock passes its
connections file: `python3 mock.py python3 back-end.py`."""

import json
import os
import re
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

connections = Path(os.environ["KRABICE_CONNECTIONS"])
written = connections.read_text(encoding="utf-8")
address = urlsplit(re.search('^address = "(.*)"$', written, re.M)[1])
key = (connections.parent / re.search('file = "(.*)"', written)[1]).read_text().strip()
CARD = "/members/ada%40example.com"
ALL = {"x-api-key": key, "idempotency-key": "a"}


def status(method, path, body=None, headers=ALL):
    connection = HTTPConnection(address.netloc, timeout=60)
    connection.request(method, address.path + path, body, headers)
    return connection.getresponse().status


def points(points):
    return json.dumps({"points": points})


def note(note):
    return json.dumps({"note": note})


EXPECTED = [
    (401, "GET", "/club", None, {}),
    (404, "POST", "/club", None, ALL),
    (404, "GET", "/club/more", None, ALL),
    (404, "GET", f"{CARD}/vouchers", None, ALL),
    (404, "POST", CARD, points(100), ALL),
    (404, "GET", f"{CARD}/vouchers/more", None, ALL),
    (404, "GET", f"{CARD}/note", None, ALL),
    (404, "POST", f"{CARD}/note", note("a"), ALL),
    (404, "PUT", "/members/eve%40example.com/note", note("a"), ALL),
    (400, "PUT", f"{CARD}/note", "{", ALL),
    (400, "PUT", f"{CARD}/note", "[]", ALL),
    (400, "PUT", f"{CARD}/note", note(1), ALL),
    (200, "PUT", f"{CARD}/note", note("a"), ALL),
    (404, "GET", "/members/eve%40example.com", None, ALL),
    (400, "GET", "/members/%ff", None, ALL),
    (400, "POST", f"{CARD}/vouchers", "{", ALL),
    (400, "POST", f"{CARD}/vouchers", "[]", ALL),
    (400, "POST", f"{CARD}/vouchers", points("100"), ALL),
    (400, "POST", f"{CARD}/vouchers", points(100), {"x-api-key": key}),
    (409, "POST", f"{CARD}/vouchers", points(0), ALL),
    (409, "POST", f"{CARD}/vouchers", points(241), ALL),
    (201, "POST", f"{CARD}/vouchers", points(240), ALL),
    (201, "POST", f"{CARD}/vouchers", points(240), ALL),
    (200, "GET", "/club", None, ALL),
]

wrong = [
    f"{method} {path} {body}: {found} and not {expected}"
    for expected, method, path, body, headers in EXPECTED
    if (found := status(method, path, body, headers)) != expected
]
# `%zz` is an unknown e-mail, or an invalid one.
if status("GET", "/members/%zz") not in (400, 404):
    wrong.append("GET /members/%zz")
assert not wrong, "\n".join(wrong)
