"""python3 chat.py KRABICE FOLDER: the conversation of `mixed.json` through `krabice serve`.

Environment variables name its plugins and connections, as for `krabice run`.
"""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

krabice, folder = sys.argv[1:]
here = Path(__file__).parent

EXPECTED = [
    "The e-mail of your loyalty card?",
    "And the number of the card?",
    "You have 240 points, worth €24.00. Turn 100 of them into a voucher?",
    "Your voucher is GIFT-1. You have 140 points left.",
]

server = subprocess.Popen(
    [krabice, "serve", "--json", "--listen", "127.0.0.1:0", "--scenarios", str(here),
     "--store", f"sqlite:{folder}/chat.db"],
    stdout=subprocess.PIPE,
)

# The server is on this machine, so no proxy is used.
straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def post(path, body, token=None):
    headers = {"content-type": "application/json"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    request = urllib.request.Request(
        f"{address}/api/v1/sessions{path}", json.dumps(body).encode(), headers
    )
    with straight.open(request, timeout=60) as response:
        return json.load(response)


try:
    address = json.loads(server.stdout.readline())["address"]
    chat = post("", {"scenario": "mixed", "language": "en"})
    events = chat["events"]
    answers = f"/{chat['session']}/answers"
    for answer in ({"id": "1", "text": "ada@example.com"}, {"id": "2", "text": "KC-0147"},
                   {"id": "3", "press": "yes"}):
        events += post(answers, answer, chat["token"])["events"]
finally:
    server.terminate()
    server.wait()

texts = [event["text"] for event in events if event.get("text") in EXPECTED]
assert texts == EXPECTED, json.dumps(events, indent=2, ensure_ascii=False)
print("\n".join(texts))
