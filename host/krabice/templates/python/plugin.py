"""A plugin of Krabice: the loyalty points of a shop's customers.

`load-points` reads from the back end, `redeem-points` writes to it, `verify-card` proves whose a card
is, and `append-note` reads before it writes. Replace them with your own functions. The modules of `wit_world` are made from the files in `wit`, which explain every type.

The build captures the interpreter after its imports: import everything here, at the top.
"""

import json
import re
from decimal import Decimal
from urllib.parse import quote

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import compare, egress, manifest, values

VERSION = "0.1.0"
# The deepest nesting of brackets in an answer that is read.
DEEPEST = 100


# --- the manifest: what the plugin is


def en(text):
    """A text in English. Add a `Text` for each further language."""
    return [manifest.Text("en", text)]


def setting(name, kind, label, help, secret=False):
    return manifest.Setting(name, kind, secret, True, None, [], en(label), en(help))


def parameter(name, kind, label, help, personal=False):
    no_choices = manifest.ChoicesSource_None_()
    return manifest.Parameter(name, kind, None, en(label), en(help), True, None, no_choices, personal)


def field(path, kind, label):
    return manifest.Field(path, kind, None, False, False, [], en(label), [])


def function(name, label, help, parameters, answer, effect, purposes=(), exclusive=False):
    """A function about a customer. In your own plugin, the subject may be an order or a claim, and a
    function that lists some has a `Listing`."""
    subject = manifest.Subject(manifest.SubjectKind.CUSTOMER, "email", None)
    return manifest.Function(
        name, en(label), en(help), parameters, answer, effect, list(purposes), subject, None, exclusive
    )


EMAIL = parameter("email", values.Kind.EMAIL, "E-mail", "The e-mail of the loyalty card.", personal=True)

MANIFEST = manifest.Manifest(
    name="my-plugin",
    version=VERSION,
    label=en("My plugin"),
    help=en("Loyalty points of a shop's customers."),
    settings=[
        setting("address", values.Kind.URL, "Address", "Such as https://club.example.com/v1."),
        setting("key", values.Kind.TEXT, "Key", "From the club's settings. The plugin never sees it.", secret=True),
    ],
    address="address",
    authorisation=manifest.Authorisation_Header(manifest.Header("X-Api-Key", "", "key")),
    hosts=[],
    limits=manifest.Limits(None, None, None),
    functions=[
        function(
            name="load-points",
            label="Load points",
            help="True with the points of a loyalty card; false when there is no such card.",
            parameters=[EMAIL],
            answer=manifest.Answer_Fields([
                field("points", values.Kind.INTEGER, "Points"),
                field("value", values.Kind.DECIMAL, "Value of the points"),
                field("currency", values.Kind.TEXT, "Currency"),
            ]),
            effect=manifest.Effect.READS,
        ),
        function(
            name="verify-card",
            label="Verify a card",
            help="True when the e-mail and the number belong to one card; false when they do not, or there is no such card.",
            parameters=[
                EMAIL,
                parameter("number", values.Kind.TEXT, "Card number", "As it is printed on the card.", personal=True),
            ],
            answer=manifest.Answer_Nothing(),
            effect=manifest.Effect.READS,
            # Who knows the number of the card is its holder: a host may let them see what is theirs.
            purposes=[manifest.Purpose.VERIFIES_IDENTITY],
        ),
        function(
            name="redeem-points",
            label="Redeem points",
            help="True with a voucher for the points; false when there are too few, or no such card.",
            parameters=[
                EMAIL,
                parameter("points", values.Kind.INTEGER, "Points", "How many points to turn into a voucher."),
            ],
            answer=manifest.Answer_Value(
                manifest.AnswerValue(values.Kind.TEXT, en("Code of the voucher"), [], False)
            ),
            # The back end makes only one voucher for the key of a call, so the host may repeat the
            # request. If your back end does not know such keys, write `WRITES`.
            effect=manifest.Effect.WRITES_IDEMPOTENTLY,
        ),
        function(
            name="append-note",
            label="Add to the note",
            help="True when the text stands at the end of the staff's note; false when there is no such card.",
            parameters=[
                EMAIL,
                parameter("text", values.Kind.TEXT, "Text", "What the staff is to read.", personal=True),
            ],
            answer=manifest.Answer_Nothing(),
            effect=manifest.Effect.WRITES,
            purposes=[manifest.Purpose.APPEND_NOTE],
            # The club can only replace the whole note. Calls about one customer wait for each other:
            # two at once would lose what one of them wrote.
            exclusive=True,
        ),
    ],
    feeds=[],
)


# --- the functions


def find(parameters):
    """Finds the card of a member; None when there is none. The request says that it reads: in a
    function that writes, the host may then repeat it."""
    email = segment("email", parameters["email"])
    return ask("GET", f"members/{email}", reads=True, false_on=[404])


def load_points(call, parameters):
    card = find(parameters)
    if card is None:
        return values.Outcome_False_()
    return values.Outcome_TrueWithFields([
        values.NamedValue("points", values.Value_Integer(whole(card, "points"))),
        values.NamedValue("value", values.Value_Decimal(decimal(card, "value"))),
        values.NamedValue("currency", values.Value_Text(text(card, "currency"))),
    ])


def verify_card(call, parameters):
    card = find(parameters)
    if card is None or not compare.same_number(text(card, "number"), parameters["number"]):
        return values.Outcome_False_()
    return values.Outcome_True_()


def append_note(call, parameters):
    card = find(parameters)
    if card is None:
        return values.Outcome_False_()
    # A note that the answer does not have would be lost.
    note = text(card, "note")
    note = f"{note}\n{parameters['text']}" if note else parameters["text"]
    email = segment("email", parameters["email"])
    ask("PUT", f"members/{email}/note", body={"note": note})
    return values.Outcome_True_()


def redeem_points(call, parameters):
    email = segment("email", parameters["email"])
    points = parameters["points"]
    if points < 1:
        raise Err(values.Failure_InvalidParameter(values.InvalidParameter("points", "is less than 1")))
    voucher = ask(
        "POST",
        f"members/{email}/vouchers",
        body={"points": points},
        headers=[("idempotency-key", call.key)],
        false_on=[404, 409],
    )
    if voucher is None:
        return values.Outcome_False_()
    return values.Outcome_TrueWithValue(values.Value_Text(text(voucher, "code")))


def probe():
    return text(ask("GET", "club"), "name")


FUNCTIONS = {
    "load-points": load_points,
    "verify-card": verify_card,
    "redeem-points": redeem_points,
    "append-note": append_note,
}


# --- the back end

# A string in JSON, with its quotation marks.
TEXT = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
BRACKET = re.compile(r"[][{}]")


def segment(name, value):
    """Encodes the value of a parameter as one segment of a path. Refuses values that would lead to
    another path."""
    if value in ("", ".", ".."):
        detail = "cannot be part of a path"
        raise Err(values.Failure_InvalidParameter(values.InvalidParameter(name, detail)))
    return quote(value, safe="")


def ask(method, path, body=None, headers=(), reads=False, false_on=()):
    """Sends a request and returns the JSON of the answer; None for a status that means *false*.

    The path is below the connection's address. The host adds the credential, limits the time and
    repeats requests that may be repeated. `send` raises the failure if there is no answer.
    """
    headers = list(headers)
    if body is not None:
        headers.append(("content-type", "application/json"))
        body = egress.Body_Text(json.dumps(body))
    response = egress.send(egress.Request(method, path, headers, body, reads))
    if response.status in false_on:
        return None
    if not 200 <= response.status < 300:
        raise Err(failure(method, response))
    if not isinstance(response.body, egress.Body_Text):
        raise unexpected("the answer is not text")
    if is_too_deep(response.body.value):
        raise unexpected("the answer is nested too deep")
    try:
        # A decimal keeps its digits: 24.00 stays 24.00.
        answer = json.loads(response.body.value, parse_float=Decimal)
    except ValueError:
        raise unexpected("the answer is not JSON")
    if not isinstance(answer, dict):
        raise unexpected("the answer is not an object")
    return answer


def is_too_deep(answer):
    """Whether brackets are nested deeper than `DEEPEST`. `json` calls itself for each level, and a
    stack overflow ends the plugin without reaching any `except`."""
    depth = 0
    for bracket in BRACKET.finditer(TEXT.sub("", answer)):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > DEEPEST:
            return True
    return False


def failure(method, response):
    """The failure for a status that no function handles. Its text has no value of a parameter."""
    detail = f"{method} was answered {response.status}"
    match response.status:
        case 401 | 403:
            return values.Failure_Unauthorised(detail)
        case 429:
            wait = dict(response.headers).get("retry-after", "")
            seconds = int(wait) if re.fullmatch("[0-9]{1,9}", wait) else None
            return values.Failure_RateLimited(values.RateLimit(seconds, detail))
        case 408 | 500 | 501 | 502 | 503 | 504:
            return values.Failure_Unavailable(detail)
        case _:
            return values.Failure_UnexpectedAnswer(detail)


def unexpected(detail):
    return Err(values.Failure_UnexpectedAnswer(detail))


def member(answer, name, fits):
    value = answer.get(name)
    if not fits(value):
        raise unexpected(f"the answer lacks `{name}`")
    return value


def whole(answer, name):
    return member(answer, name, lambda value: type(value) is int and -(2**63) <= value < 2**63)


def text(answer, name):
    return member(answer, name, lambda value: isinstance(value, str))


def decimal(answer, name):
    """A number, or a number as text, with all its digits."""
    return str(member(answer, name, lambda value: re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", str(value))))


# --- what the host calls


class Integration(exports.Integration):
    def describe(self):
        return MANIFEST

    def run(self, call):
        # A parameter that the scenario leaves out is missing here: read it with `parameters.get(...)`.
        parameters = {given.name: given.value.value for given in call.parameters}
        return caught(lambda: FUNCTIONS[call.function](call, parameters))

    def choices(self, query):
        return []

    def probe(self, context):
        return caught(probe)


def caught(work):
    """Passes a failure to the host. Any other exception is a bug in this plugin: instead of a trap, it
    becomes a failure with its type and line. Its text may hold a parameter's value, so it is left out."""
    try:
        return work()
    except Err:
        raise
    except Exception as error:
        place = error.__traceback__
        while place.tb_next:
            place = place.tb_next
        file = place.tb_frame.f_code.co_filename.rpartition("/")[2]
        raise unexpected(f"the plugin has a bug: {type(error).__name__} at {file}:{place.tb_lineno}")
