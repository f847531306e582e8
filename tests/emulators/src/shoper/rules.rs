//! The rules of the Shoper emulator. Sources: "developers.shoper.pl" is the
//! vendor's documentation, "shoper-sdk-php" and "shop-appstore-lib" are the
//! vendor's libraries, "recorded" are published answers of real shops of
//! versions 5.26.35 and 5.26.54.

use crate::rule::rules;

rules! {
    UNKNOWN_PATH = "unknown-path", true,
        "404 for a path that the API does not have",
        "shoper-sdk-php: the table of resources; an order's number is made of digits (recorded)";
    BUCKET = "bucket", true,
        "429 with `Retry-After` in whole seconds when the leaky bucket is full; every answer has its fill, size and drain",
        "developers.shoper.pl, rate limit: `X-Shop-Api-Calls`, `-Limit` (10), `-Bandwidth` (2 a second); counting it as a mistake, because the headers warn, is stricter than the vendor";
    BLOCKED = "blocked", false,
        "402 `access_denied` while the shop is not paid for",
        "pyshoper 0.1.2, table of errors";
    LOCKED = "locked", false,
        "503 `temporarily_unavailable` while the shop is locked",
        "developers.shoper.pl, response codes";
    LOGIN = "login", false,
        "401 `auth_failure` for another login or password, in the `Authorization` header as Basic or in the query",
        "shoper-sdk-php and shop-appstore-lib (the two forms); developers.shoper.pl (the code)";
    LOGIN_REFUSED = "login-refused", false,
        "401 with a code of its own for an administrator who may not log in, even with the right password",
        "shoper-sdk-php: `auth_ip_not_allowed`, `auth_admin_access_denied`, `auth_webapi_access_denied`";
    NO_TOKEN = "no-token", true,
        "401 `unauthorized_client` without an `Authorization` header",
        "recorded";
    WRONG_TOKEN = "wrong-token", false,
        "401 `unauthorized_client` for a token that was never issued or has expired",
        "recorded; developers.shoper.pl (30 days)";
    METHOD = "method", true,
        "405 for a method that the resource does not have",
        "pyshoper 0.1.2, table of errors";
    RESERVED = "reserved", true,
        "403 `insufficient_scope` for a resource reserved for selected applications",
        "shoper-sdk-php: refunds and transactions; recorded";
    NOT_EMULATED = "not-emulated", true,
        "501 for a part of the API that is not emulated, because no function of the product needs it",
        "recorded (501 for what is not implemented)";
    RIGHTS = "rights", false,
        "403 `insufficient_scope` if the administrator's group has no right to the area, or only to read it",
        "developers.shoper.pl, response codes; recorded";
    UNKNOWN_PARAMETER = "unknown-parameter", true,
        "400 for a query parameter that lists do not have, or one given twice",
        "shop-appstore-lib: `limit`, `page`, `order`, `filters`; refusing another is stricter than the vendor";
    LIMIT = "limit", true,
        "400 for a `limit` that is not 1 to 50; the default is 10",
        "shop-appstore-lib refuses it before it is sent; recorded (10)";
    PAGE = "page", true,
        "400 for a `page` that is not a number from 1; a page after the last one is an empty list",
        "shop-appstore-lib; recorded";
    ORDER = "order", true,
        "400 for an `order` that is not a column and `asc` or `desc`",
        "shop-appstore-lib: the pattern of `order`; allowing only known columns is stricter than the vendor";
    FILTERS = "filters", true,
        "400 for `filters` that are not a JSON object of known columns, operators (`=`, `!=`, `>`, `>=`, `<`, `<=`, `IN`, `NOT IN`) and fitting values; empty `filters` filter nothing",
        "recorded (equality); two independent clients (operators); refusing the rest is stricter than the vendor";
    CONTENT_TYPE = "content-type", true,
        "400 for a body that is not announced as `application/json`",
        "shoper-sdk-php; refusing it is stricter than the vendor";
    JSON_BODY = "json-body", true,
        "400 for a body that is not a JSON object",
        "developers.shoper.pl, response codes";
    UNKNOWN_KEY = "unknown-key", true,
        "400 for a key that cannot be written",
        "shoper-sdk-php, the order's writable fields; refusing another is stricter than the vendor";
    BODY_VALUE = "body-value", true,
        "400 for a value of another type than documented; a number may be a text",
        "shoper-sdk-php, types of an order's fields";
    NOT_FOUND = "not-found", false,
        "404 for an unknown number, with `invalid_request` or by a setting `server_error`",
        "recorded (5.26.54); pyshoper 0.1.2 (older servers)";
    UNKNOWN_STATUS = "unknown-status", false,
        "400 `invalid_request` for an order's status that the shop does not have",
        "recorded for another number of an order, inferred for the status";
    HELD = "held", false,
        "409 for a change of an order that another administrator holds open",
        "shoper-sdk-php: object locked; pyshoper 0.1.2 (the code `server_error`)";
}
