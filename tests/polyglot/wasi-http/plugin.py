"""A plugin on `wasi:http`, by the loop that componentize-py brings."""

import asyncio
import json
from urllib.parse import quote

import poll_loop
from componentize_py_types import Err, Ok
from poll_loop import PollLoop, Stream
from wit_world import exports
from wit_world.imports.manifest import (
    Answer_Value, AnswerValue, Authorisation_Header, ChoicesSource_None_, Effect, Function, Header,
    Limits, Manifest, Parameter, Setting, Text,
)
from wit_world.imports.types import Fields, IncomingBody, Method_Get, OutgoingRequest, Scheme_Http
from wit_world.imports.values import (
    Failure_Unauthorised, Failure_Unavailable, Failure_UnexpectedAnswer, Kind, Outcome_False_,
    Outcome_TrueWithValue, Value_Integer,
)


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
        )
    ],
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
    status, body = response.status(), bytearray()
    stream = Stream(response.consume())
    while (chunk := await stream.next()) is not None:
        body += chunk
    if status == 404:
        return None
    if status == 401:
        raise Err(Failure_Unauthorised("the key was refused"))
    if status >= 500:
        raise Err(Failure_Unavailable(f"GET was answered {status}"))
    try:
        return json.loads(body)
    except ValueError:
        raise Err(Failure_UnexpectedAnswer("the answer is no JSON"))


def wait(work):
    loop = PollLoop()
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(work)


async def load_points(email):
    card = await get(f"members/{quote(email, safe='')}")
    if card is None:
        return Outcome_False_()
    points = card.get("points") if isinstance(card, dict) else None
    if type(points) is not int:
        raise Err(Failure_UnexpectedAnswer("the answer lacks `points`"))
    return Outcome_TrueWithValue(Value_Integer(points))


async def name():
    club = await get("club")
    return str(club.get("name")) if isinstance(club, dict) else ""


class Integration(exports.Integration):
    def describe(self):
        return MANIFEST

    def run(self, call):
        return wait(load_points(call.parameters[0].value.value))

    def choices(self, query):
        return []

    def probe(self, context):
        return wait(name())
