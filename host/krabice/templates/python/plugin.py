"""A plugin of Krabice: the loyalty points of a shop's customers.

`load-points` reads from the back end, `redeem-points` writes to it. Put your own in their place.
The modules of `wit_world` are made from the files in `wit`, which tell what every type means.

An interpreter is captured as it stands after its imports: import everything here, at the top.
"""

import json
from decimal import Decimal
from urllib.parse import quote

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import egress
from wit_world.imports.egress import Body_Text
from wit_world.imports.manifest import (
    Answer_Fields, Answer_Value, AnswerValue, Authorisation_Header, ChoicesSource_None_, Effect,
    Field, Function, Header, Limits, Manifest, Parameter, Setting, Text,
)
from wit_world.imports.values import (
    Failure_InvalidParameter, Failure_RateLimited, Failure_Unauthorised, Failure_Unavailable,
    Failure_UnexpectedAnswer, InvalidParameter, Kind, NamedValue, Outcome_False_,
    Outcome_TrueWithFields, Outcome_TrueWithValue, RateLimit, Value_Decimal, Value_Integer,
    Value_Text,
)

VERSION = "0.1.0"


# --- what the plugin says about itself


def en(text):
    """A text in English. Add a `Text` for each further language."""
    return [Text("en", text)]


def setting(name, kind, label, help, secret=False):
    return Setting(name, kind, secret, True, None, [], en(label), en(help))


def parameter(name, kind, label, help, personal=False):
    return Parameter(name, kind, None, en(label), en(help), True, None, ChoicesSource_None_(), personal)


def field(path, kind, label):
    return Field(path, kind, None, False, False, [], en(label), [])


EMAIL = parameter("email", Kind.EMAIL, "E-mail", "The e-mail of the loyalty card.", personal=True)

MANIFEST = Manifest(
    name="my-plugin",
    version=VERSION,
    label=en("My plugin"),
    help=en("Loyalty points of a shop's customers."),
    settings=[
        setting("address", Kind.URL, "Address", "Such as https://club.example.com/v1."),
        setting("key", Kind.TEXT, "Key", "From the club's settings. The plugin never sees it.", secret=True),
    ],
    address="address",
    authorisation=Authorisation_Header(Header("X-Api-Key", "", "key")),
    hosts=[],
    limits=Limits(None, None, None),
    functions=[
        Function(
            name="load-points",
            label=en("Load points"),
            help=en("True with the points of a loyalty card; false when there is no such card."),
            parameters=[EMAIL],
            answer=Answer_Fields([
                field("points", Kind.INTEGER, "Points"),
                field("value", Kind.DECIMAL, "Value of the points"),
                field("currency", Kind.TEXT, "Currency"),
            ]),
            effect=Effect.READS,
        ),
        Function(
            name="redeem-points",
            label=en("Redeem points"),
            help=en("True with a voucher for the points; false when there are too few, or no such card."),
            parameters=[
                EMAIL,
                parameter("points", Kind.INTEGER, "Points", "How many points to turn into a voucher."),
            ],
            answer=Answer_Value(AnswerValue(Kind.TEXT, en("Code of the voucher"), [], False)),
            # The back end knows the key of a call and makes one voucher for it, so the host may
            # repeat the request. Where yours does not, write `WRITES`.
            effect=Effect.WRITES_IDEMPOTENTLY,
        ),
    ],
)


# --- its functions


def load_points(call, email):
    card = ask("GET", f"members/{quote(email, safe='')}", false_on=[404])
    if card is None:
        return Outcome_False_()
    return Outcome_TrueWithFields([
        NamedValue("points", Value_Integer(whole(card, "points"))),
        NamedValue("value", Value_Decimal(decimal(card, "value"))),
        NamedValue("currency", Value_Text(text(card, "currency"))),
    ])


def redeem_points(call, email, points):
    if points < 1:
        raise Err(Failure_InvalidParameter(InvalidParameter("points", "is less than 1")))
    voucher = ask(
        "POST",
        f"members/{quote(email, safe='')}/vouchers",
        body={"points": points},
        headers=[("idempotency-key", call.key)],
        false_on=[404, 409],
    )
    if voucher is None:
        return Outcome_False_()
    return Outcome_TrueWithValue(Value_Text(text(voucher, "code")))


def probe():
    return text(ask("GET", "club"), "name")


FUNCTIONS = {"load-points": load_points, "redeem-points": redeem_points}


# --- the back end


def ask(method, path, body=None, headers=(), false_on=()):
    """The JSON that the back end answers; None for a status that proves a *false*.

    The path is below the connection's address. The host adds the credential, keeps the time and
    repeats what may be repeated; a request that gets no answer raises the failure by itself.
    """
    headers = list(headers)
    if body is not None:
        headers.append(("content-type", "application/json"))
        body = Body_Text(json.dumps(body))
    response = egress.send(egress.Request(method, path, headers, body))
    if response.status in false_on:
        return None
    if not 200 <= response.status < 300:
        raise Err(failure(method, response))
    if not isinstance(response.body, Body_Text):
        raise unexpected("the answer is no text")
    try:
        # A decimal keeps its digits: 24.00 stays 24.00.
        return json.loads(response.body.value, parse_float=Decimal)
    except ValueError:
        raise unexpected("the answer is no JSON")


def failure(method, response):
    """What a status means that no function knows. No parameter's value in the text."""
    detail = f"{method} was answered {response.status}"
    match response.status:
        case 401 | 403:
            return Failure_Unauthorised(detail)
        case 429:
            wait = dict(response.headers).get("retry-after", "")
            return Failure_RateLimited(RateLimit(int(wait) if wait.isdecimal() else None, detail))
        case 408 | 500 | 501 | 502 | 503 | 504:
            return Failure_Unavailable(detail)
        case _:
            return Failure_UnexpectedAnswer(detail)


def unexpected(detail):
    return Err(Failure_UnexpectedAnswer(detail))


def member(answer, name, kinds):
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise unexpected(f"the answer lacks `{name}`")
    return value


def whole(answer, name):
    return member(answer, name, int)


def text(answer, name):
    return member(answer, name, str)


def decimal(answer, name):
    """A number, or the text of one, digit by digit."""
    try:
        return f"{Decimal(member(answer, name, (int, str, Decimal))):f}"
    except ArithmeticError:
        raise unexpected(f"`{name}` is no number")


# --- what the host calls


class Integration(exports.Integration):
    def describe(self):
        return MANIFEST

    def run(self, call):
        parameters = {given.name: given.value.value for given in call.parameters}
        return caught(lambda: FUNCTIONS[call.function](call, **parameters))

    def choices(self, query):
        return []

    def probe(self, context):
        return caught(probe)


def caught(work):
    """A failure goes to the host as it is. Anything else is a mistake in this plugin: it would end
    as a trap, and so says its kind alone, for its words may hold a parameter's value."""
    try:
        return work()
    except Err:
        raise
    except Exception as error:
        raise unexpected(f"the plugin stumbled: {type(error).__name__}")
