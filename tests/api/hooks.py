"""Hooks and checks for schemathesis.

A random session name is unknown to the server, so most generated requests would be refused at
once. A request whose path and headers are generated as valid gets a session that was just
started, and its token, so that the server also looks at an invalid body.
"""

import json
import os
import urllib.error
import urllib.request

import schemathesis
from schemathesis.generation import GenerationMode

ADDRESS = os.environ["KRABICE_API"]
SCENARIO = os.environ["KRABICE_SCENARIO"]

# The token of each session that was started, by its name.
TOKENS = {}
# The number of answers by request and status, for the summary of run.sh.
SEEN = {}


def start():
    """Starts a session and returns its name."""
    request = urllib.request.Request(
        f"{ADDRESS}/api/v1/sessions",
        json.dumps({"scenario": SCENARIO}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        started = json.load(answer)
    TOKENS[started["session"]] = started["token"]
    return started["session"]


def is_valid(case, place):
    """Whether a part of the request is generated as valid."""
    if case.meta is None:
        return True
    part = {str(where.value): info for where, info in case.meta.components.items()}.get(place)
    return part is None or part.mode == GenerationMode.POSITIVE


@schemathesis.hook
def before_call(context, case, kwargs):
    parameters = case.path_parameters or {}
    if case.path.startswith("/api/v1/scenarios/") and is_valid(case, "path"):
        case.path_parameters["name"] = SCENARIO
    if case.path == "/api/v1/sessions" and isinstance(case.body, dict) and is_valid(case, "body"):
        case.body["scenario"] = SCENARIO
        # The scenario declares no inputs.
        case.body.pop("inputs", None)
    # The stream of a running session does not end.
    if "id" not in parameters or case.path.endswith("/events"):
        return
    if not is_valid(case, "path") or not is_valid(case, "header"):
        return
    if parameters["id"] not in TOKENS:
        case.path_parameters["id"] = start()
    case.headers["Authorization"] = f"Bearer {TOKENS[case.path_parameters['id']]}"


@schemathesis.hook
def after_call(context, case, response):
    count = SEEN.setdefault(f"{case.method} {case.path}", {})
    count[response.status_code] = count.get(response.status_code, 0) + 1
    if case.method == "POST" and case.path == "/api/v1/sessions" and response.status_code == 201:
        started = response.json()
        TOKENS[started["session"]] = started["token"]
    with open(os.environ["KRABICE_SEEN"], "w") as file:
        json.dump(SEEN, file, indent=1)


@schemathesis.check
def a_refusal_is_a_problem(context, response, case):
    """Every refusal has the one form of problem documents, without internal details."""
    if response.status_code < 400:
        return
    assert response.headers["content-type"] == ["application/problem+json"], response.headers
    problem = response.json()
    assert set(problem) == {"type", "title", "status", "code"}, problem
    assert problem["status"] == response.status_code, problem


@schemathesis.check
def a_session_needs_its_token(context, response, case):
    """A session that a token opened cannot be read without it."""
    if case.method != "GET" or response.status_code != 200 or "/sessions/" not in case.path:
        return
    try:
        with urllib.request.urlopen(response.request.url):
            raise AssertionError(f"{response.request.url} is open to everybody")
    except urllib.error.HTTPError as refused:
        assert refused.code == 404, refused.code


@schemathesis.check
def what_is_not_described_is_refused(context, response, case):
    """A method that the description does not have is refused."""
    described = {method.upper() for method in case.operation.schema.raw_schema["paths"][case.path]}
    if case.method.upper() not in described | {"OPTIONS", "HEAD"}:
        assert response.status_code == 405, response.status_code


@schemathesis.check
def headers_of_every_answer(context, response, case):
    """No answer may be cached or have its type guessed, and none names the server software."""
    assert response.headers["cache-control"] == ["no-store"], response.headers
    assert response.headers["x-content-type-options"] == ["nosniff"], response.headers
    assert "set-cookie" not in response.headers, response.headers
    assert "server" not in response.headers, response.headers
