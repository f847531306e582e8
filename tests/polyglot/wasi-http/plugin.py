"""A plugin on `wasi:http`, with the event loop of componentize-py."""

import asyncio
import json
import re
from urllib.parse import quote

import poll_loop
from componentize_py_types import Err, Ok
from poll_loop import PollLoop, Stream
from wit_world import exports
from wit_world.imports.manifest import (
    Answer_Value, AnswerValue, Authorisation_Header, ChoicesSource_None_, Effect, Function, Header,
    Limits, Manifest, Parameter, Setting, Subject, SubjectKind, Text,
)
from wit_world.imports.types import Fields, IncomingBody, Method_Get, OutgoingRequest, Scheme_Http
from wit_world.imports.values import (
    Failure_RateLimited, Failure_Unauthorised, Failure_Unavailable, Failure_UnexpectedAnswer, Kind,
    Outcome_False_, Outcome_TrueWithValue, RateLimit, Value_Integer,
)

# A text of JSON, with its quotation marks.
TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')


def en(text):
    return [Text("en", text)]


def setting(name, kind, secret):
    return Setting(name, kind, secret, True, None, [], en(name), [])


MANIFEST = Manifest(
    name="polling",
    version="0.1.0",
    label=en("Points by wasi:http"),
    help=[],
    settings=[setting("address", Kind.URL, False), setting("key", Kind.TEXT, True)],
    address="address",
    authorisation=Authorisation_Header(Header("X-Api-Key", "", "key")),
    hosts=[],
    limits=Limits(None, None, None),
    functions=[
        Function(
            name="load-points",
            label=en("Load points"),
            help=en("True with the points of a loyalty card; false when there is no such card."),
            parameters=[
                Parameter("email", Kind.EMAIL, None, en("E-mail"), [], True, None, ChoicesSource_None_(), True)
            ],
            answer=Answer_Value(AnswerValue(Kind.INTEGER, en("Points"), [], False)),
            effect=Effect.READS,
            purposes=[],
            subject=Subject(SubjectKind.CUSTOMER, "email", None),
            listing=None,
            exclusive=False,
        )
    ],
    feeds=[],
)


async def get(path):
    request = OutgoingRequest(Fields.from_list([]))
    request.set_method(Method_Get())
    request.set_scheme(Scheme_Http())
    request.set_authority("connection.internal")
    request.set_path_with_query(f"/{path}")
    try:
        response = await poll_loop.send(request)
    except Err as error:
        raise Err(Failure_Unavailable(type(error.value).__name__))
    status, headers, body = response.status(), response.headers().entries(), bytearray()
    stream = Stream(response.consume())
    while (chunk := await stream.next()) is not None:
        body += chunk
    if status == 404:
        return None
    if not 200 <= status < 300:
        raise Err(failure(status, dict(headers)))
    if is_too_deep(body):
        raise Err(Failure_UnexpectedAnswer("the answer is nested too deep"))
    try:
        return json.loads(body)
    except ValueError:
        raise Err(Failure_UnexpectedAnswer("the answer is no JSON"))


def failure(status, headers):
    detail = f"GET was answered {status}"
    match status:
        case 401 | 403:
            return Failure_Unauthorised(detail)
        case 408 | 500 | 501 | 502 | 503 | 504:
            return Failure_Unavailable(detail)
        case 429:
            wait = headers.get("retry-after", b"")
            return Failure_RateLimited(RateLimit(int(wait) if re.fullmatch(rb"[0-9]{1,9}", wait) else None, detail))
    return Failure_UnexpectedAnswer(detail)


def is_too_deep(body):
    """As in the template: `json` goes one call deeper for each level, and the stack is short."""
    depth = 0
    for bracket in re.finditer(rb"[][{}]", TEXT.sub(b"", body)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > 100:
            return True
    return False


def wait(work):
    loop = PollLoop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(work)
    except Err:
        raise
    except Exception as error:
        # A mistake in this plugin, which would end as a trap.
        raise Err(Failure_UnexpectedAnswer(f"the plugin stumbled: {type(error).__name__}"))


async def load_points(email):
    # An e-mail is no `..`: the host has seen to that.
    card = await get(f"members/{quote(email, safe='')}")
    if card is None:
        return Outcome_False_()
    points = card.get("points") if isinstance(card, dict) else None
    if type(points) is not int or not -(2**63) <= points < 2**63:
        raise Err(Failure_UnexpectedAnswer("the answer lacks `points`"))
    return Outcome_TrueWithValue(Value_Integer(points))


async def name():
    club = await get("club")
    name = club.get("name") if isinstance(club, dict) else None
    if not isinstance(name, str):
        raise Err(Failure_UnexpectedAnswer("the answer lacks `name`"))
    return name


class Integration(exports.Integration):
    def describe(self):
        return MANIFEST

    def run(self, call):
        return wait(load_points(call.parameters[0].value.value))

    def choices(self, query):
        return []

    def probe(self, context):
        return wait(name())
