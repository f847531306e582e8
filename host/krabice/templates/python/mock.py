"""The mock back end: a loyalty club in memory, with one card.

`python3 mock.py` runs it until Ctrl-C; `python3 mock.py COMMAND...` for as long as the command runs.
"""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import unquote

# As in `connections.toml`.
ADDRESS = ("127.0.0.1", 8099)
KEY = (Path(__file__).parent / "mock" / "key").read_text().strip()

points = {"ada@example.com": 240}
# The voucher made for each idempotency key.
vouchers = {}


class Club(BaseHTTPRequestHandler):
    def do_GET(self):
        self.respond(self.read)

    def do_POST(self):
        self.respond(self.redeem)

    def read(self, parts):
        match parts:
            case ["v1", "club"]:
                return 200, {"name": "Club of the mock"}
            case ["v1", "members", email] if email in points:
                value = f"{points[email] / 10:.2f}"
                return 200, {"points": points[email], "value": value, "currency": "EUR"}
        return 404, {"error": "no such card"}

    def redeem(self, parts):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        match parts:
            case ["v1", "members", email, "vouchers"] if email in points:
                key = self.headers["idempotency-key"]
                if key not in vouchers:
                    if not 1 <= body["points"] <= points[email]:
                        return 409, {"error": "too few points"}
                    points[email] -= body["points"]
                    vouchers[key] = f"GIFT-{len(vouchers) + 1}"
                return 201, {"code": vouchers[key]}
        return 404, {"error": "no such card"}

    def respond(self, answer):
        if self.headers["x-api-key"] == KEY:
            status, body = answer([unquote(part) for part in self.path.split("/")[1:]])
        else:
            status, body = 401, {"error": "who are you?"}
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


server = HTTPServer(ADDRESS, Club)
if len(sys.argv) > 1:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.exit(subprocess.run(sys.argv[1:]).returncode)
print(f"the mock back end listens on http://{ADDRESS[0]}:{ADDRESS[1]}/v1", flush=True)
server.serve_forever()
