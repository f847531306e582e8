//! The rules of the Retino emulator. Sources name the vendor's help articles
//! (docs.retino.com) by their titles. The API reference is not public; what is
//! inferred says so.

use crate::rule::rules;

rules! {
    UNKNOWN_PATH = "unknown-path", true,
        "404 for a path that the API does not have; a path with a slash at its end is another path",
        "Tickets API: the list of endpoints; public clients write no slash";
    NO_TOKEN = "no-token", true,
        "401 without an `Authorization` header; a header `Authentication` does not count",
        "Tracking API: the sample request, although the text says otherwise; two public clients";
    WRONG_TOKEN = "wrong-token", false,
        "401 for a token other than the account's, or without `Token` before it",
        "Tickets API: the form of the value; the body is inferred from the framework's default";
    NO_EXTENSION = "no-extension", false,
        "403 for an account without the extension \"API & Webhooks\"",
        "Webhooks: the extension; that the API belongs to it, and the body, are inferred";
    THROTTLED = "throttled", false,
        "429 with `Retry-After` in seconds for more requests in a minute than a setting allows",
        "limits are not documented; the answer is inferred from the framework's default";
    METHOD = "method", true,
        "405 for a method that the endpoint does not have",
        "Tickets API: the list of endpoints; the status is inferred";
    NOT_EMULATED = "not-emulated", true,
        "501 for a part of the API that is not emulated, because no function of the product needs it",
        "Tickets API: the list of endpoints";
    UNKNOWN_PARAMETER = "unknown-parameter", true,
        "400 for a query parameter that the endpoint is not known to have, or one given twice",
        "stricter than the vendor, who may ignore it and answer with the whole list";
    PARAMETER_VALUE = "parameter-value", true,
        "400 for a value of another type than known, and for an empty search",
        "public client (moments in UTC, numbers of pages); refusing it is stricter than the vendor";
    PAGE = "page", true,
        "404 for a page after the last one",
        "inferred from the framework's default answer";
    CONTENT_TYPE = "content-type", true,
        "415 for a body that is not announced as `application/json`",
        "Tickets API: JSON in both directions; the status is inferred";
    JSON_BODY = "json-body", true,
        "400 for a body that is not JSON, or not an object",
        "Tickets API: JSON in both directions; the status is inferred";
    UNKNOWN_KEY = "unknown-key", true,
        "400 for a change of anything but `state`, which is all that known clients change",
        "public client, PATCH of a ticket; refusing the rest is stricter than the vendor";
    STATE_FORM = "state-form", true,
        "400 for a state that is not a UUID as a text",
        "public client, PATCH of a ticket; the body is inferred";
    UNKNOWN_STATE = "unknown-state", false,
        "400 for a state that the account does not have",
        "inferred from the framework's default answer to an unknown reference";
    FOREIGN_STATE = "foreign-state", false,
        "400 for a state of another type's process; a setting allows it",
        "Ticket states and processes: each type has its own; whether the API refuses is not known";
    NOT_FOUND = "not-found", false,
        "404 for a ticket that the account does not have",
        "inferred from the framework's default answer";
}
