"""The mock back end: a loyalty club in memory, with one card.

`python3 mock.py` runs it until Ctrl-C, at the address in `connections.toml`. `python3 mock.py COMMAND...`
runs it on a free port while the command runs. The command uses this folder's plugins, and connections
with that port, whatever the environment says.
"""

import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import unquote

HOST = "127.0.0.1"
# The port in `connections.toml`.
PORT = 8099
HERE = Path(__file__).resolve().parent
KEY = (HERE / "mock" / "key").read_text().strip()

points = {"ada@example.com": 240}
notes = {"ada@example.com": "Calls in the morning."}
NUMBER = "KC-0147"
# The voucher that was made for each idempotency key.
vouchers = {}


class BadRequest(Exception):
    """A request that is invalid."""


class Club(BaseHTTPRequestHandler):
    def do_GET(self):
        self.respond()

    def do_POST(self):
        self.respond()

    def do_PUT(self):
        self.respond()

    def answer(self, body):
        if self.headers["x-api-key"] != KEY:
            return 401, {"error": "who are you?"}
        match self.command, [decoded(part) for part in self.path.split("/")[1:]]:
            case "GET", ["v1", "club"]:
                return 200, {"name": "Club of the mock"}
            case (
                ("GET", ["v1", "members", email])
                | ("POST", ["v1", "members", email, "vouchers"])
                | ("PUT", ["v1", "members", email, "note"])
            ):
                if email not in points:
                    return 404, {"error": "no such card"}
                if self.command == "POST":
                    return redeem(email, self.headers["idempotency-key"], body)
                if self.command == "PUT":
                    return write(email, body)
                has = points[email]
                card = {"points": has, "value": f"{has / 10:.2f}", "currency": "EUR"}
                return 200, {**card, "number": NUMBER, "note": notes[email]}
        return 404, {"error": "no such path"}

    def respond(self):
        try:
            length = self.headers.get("content-length", "0")
            if not re.fullmatch("[0-9]{1,9}", length):
                raise BadRequest("the length of the body is missing")
            status, body = self.answer(self.rfile.read(int(length)))
        except BadRequest as error:
            status, body = 400, {"error": str(error)}
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def member(body, name):
    try:
        body = json.loads(body)
    except ValueError:
        raise BadRequest("the body is not JSON")
    return body.get(name) if isinstance(body, dict) else None


def write(email, body):
    note = member(body, "note")
    if not isinstance(note, str):
        raise BadRequest("the note is missing")
    notes[email] = note
    return 200, {"note": note}


def redeem(email, key, body):
    wanted = member(body, "points")
    if not key or type(wanted) is not int:
        raise BadRequest("the key or the points are missing")
    if key not in vouchers:
        if not 1 <= wanted <= points[email]:
            return 409, {"error": "too few points"}
        points[email] -= wanted
        vouchers[key] = f"GIFT-{len(vouchers) + 1}"
    return 201, {"code": vouchers[key]}


def decoded(part):
    try:
        if not re.search("%(?![0-9A-Fa-f]{2})", part):
            return unquote(part, errors="strict")
    except ValueError:
        pass
    raise BadRequest("the path is not percent-encoded")


def write_connections(port):
    """Writes the connections file for a command, and returns its path."""
    file = HERE / "target" / f"connections-{port}.toml"
    connections = (HERE / "connections.toml").read_text(encoding="utf-8")
    connections = connections.replace(f"http://{HOST}:{PORT}/", f"http://{HOST}:{port}/")
    file.parent.mkdir(exist_ok=True)
    file.write_text(connections.replace('"mock/key"', '"../mock/key"'), encoding="utf-8")
    return file


def run(command):
    server = HTTPServer((HOST, 0), Club)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    file = write_connections(server.server_port)
    plugins = HERE / "target" / "plugins"
    variables = {"KRABICE_CONNECTIONS": str(file), "KRABICE_PLUGINS": str(plugins)}
    try:
        return subprocess.run(command, env={**os.environ, **variables}).returncode
    except OSError as error:
        return f"mock: `{command[0]}` could not be run: {error.strerror}"
    except KeyboardInterrupt:
        return 1
    finally:
        file.unlink()


if len(sys.argv) > 1:
    sys.exit(run(sys.argv[1:]))
try:
    server = HTTPServer((HOST, PORT), Club)
except OSError as error:
    sys.exit(
        f"mock: cannot listen on {HOST}:{PORT}: {error.strerror}; stop the program that "
        "uses the port, or change it in mock.py and connections.toml"
    )
print(f"the mock back end listens on http://{HOST}:{PORT}/v1", flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    pass
