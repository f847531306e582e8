//! The rules of the Upgates emulator. Sources name the sections of the
//! vendor's API blueprint ("Upgates API", version 2, states of 2025) by their
//! titles.

use crate::rule::rules;

rules! {
    UNKNOWN_PATH = "unknown-path", true,
        "404 for a path that the API does not have",
        "Upgates API v2, blueprint: Stavové kódy";
    MOVED = "moved", false,
        "301 while the shop is on another server: the new address in the body, by a setting also in `Location`",
        "Upgates API v2, blueprint: Stavové kódy (2025-05: body alone; 2025-09: `Location`)";
    WRONG_LOGINS = "wrong-logins", false,
        "403 after 5 wrong logins within an hour from one IP address, also for right ones; the window slides",
        "Upgates API v2, blueprint: Rate Limiting, Omezení přihlášení";
    NO_LOGIN = "no-login", true,
        "401 without an `Authorization` header",
        "Upgates API v2, blueprint: Autentizace; Stavové kódy";
    WRONG_LOGIN = "wrong-login", false,
        "401 for a login or key other than the API user's, or a scheme other than Basic",
        "Upgates API v2, blueprint: Autentizace; Stavové kódy";
    INACTIVE = "inactive", false,
        "403 for an API user who is not active",
        "Upgates API v2, blueprint: Stavové kódy";
    PARALLEL = "parallel", true,
        "429 for more than 3 requests at once",
        "Upgates API v2, blueprint: Rate Limiting, Souběžné požadavky";
    QUOTA = "quota", false,
        "429 when the quotas of the hour and of the day are used up, with `Retry-After` as a date in GMT",
        "Upgates API v2, blueprint: Rate Limiting, Uplatnění limitu";
    METHOD = "method", true,
        "405 for a method that the endpoint does not have; `X-HTTP-Method-Override` counts",
        "Upgates API v2, blueprint: HTTP metody; Stavové kódy";
    NOT_EMULATED = "not-emulated", true,
        "501 for a part of the API that is not emulated, because no function of the product needs it",
        "Upgates API v2, blueprint: Stavové kódy (501: not implemented)";
    RIGHTS = "rights", false,
        "403 if the API user's right for the endpoint is `deny`, or `readonly` and the method is not GET; `GET /status` is always allowed",
        "Upgates API v2, blueprint: Stav API; Stavové kódy";
    UNKNOWN_PARAMETER = "unknown-parameter", true,
        "400 for a query parameter that the endpoint does not document, or one given twice",
        "stricter than the vendor, who may ignore it and answer with the whole list";
    PARAMETER_VALUE = "parameter-value", true,
        "400 for an empty value (except `status`), or a value of another type than documented",
        "Upgates API v2, blueprint: Datové typy, and the parameters of each endpoint; refusing it is stricter than the vendor";
    CONTENT_TYPE = "content-type", true,
        "400 for a body that is not announced as `application/json` in UTF-8",
        "Upgates API v2, blueprint: Základní informace; refusing it is stricter than the vendor";
    JSON_BODY = "json-body", true,
        "400 for a body that is not JSON, or not an object",
        "Upgates API v2, blueprint: Stavové kódy";
    UNKNOWN_KEY = "unknown-key", true,
        "400 for a key in a body that the endpoint does not document",
        "stricter than the vendor, who may ignore it";
    BODY_VALUE = "body-value", true,
        "400 for a value of another type than documented, or a required key that is missing; a bool may be true, 1 or \"1\"",
        "Upgates API v2, blueprint: Datové typy; Postman collection, PUT /orders (flags as \"0\")";
    TOO_MANY_ITEMS = "too-many-items", true,
        "413 for more than 100 items in a PUT; none is processed",
        "Upgates API v2, blueprint: Rate Limiting, Omezení velikosti požadavku";
    NOT_FOUND = "not-found", false,
        "an unknown number in the path: 200 with an empty list, or by a setting 404; a PDF is always 404",
        "not documented; public clients expect either";
}
