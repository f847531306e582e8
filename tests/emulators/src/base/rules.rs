//! The rules of the Base emulator. Sources name the vendor's method pages
//! (api.base.com) by their methods, and independent clients where those are silent.

crate::rule::rules! {
    UNKNOWN_PATH = "unknown-path", true,
        "404 for any path but `/connector.php`, and for a query",
        "api.base.com, introduction: one endpoint";
    METHOD = "method", true,
        "405 for any method but POST",
        "api.base.com, introduction: requests are POSTs";
    NO_TOKEN = "no-token", true,
        "`ERROR_BAD_TOKEN` without the header `X-BLToken`",
        "api.base.com, introduction; two independent clients (the code)";
    BAD_TOKEN = "bad-token", false,
        "`ERROR_BAD_TOKEN` for a token other than the account's",
        "two independent clients (the code)";
    ACCOUNT_BLOCKED = "account-blocked", false,
        "`ERROR_USER_ACCOUNT_BLOCKED` while a setting blocks the account",
        "an independent client (a real case)";
    QUERY_LIMIT = "query-limit", false,
        "`ERROR_BLOCKED_TOKEN` for more than 100 requests in a minute: the token is blocked for some minutes, and the message ends with the Polish time at which the block ends; no header has it",
        "api.base.com, introduction (100 a minute); recorded answer of 2022, the same in clients up to 2026; the length of the block is not documented";
    FORM = "form", true,
        "an error for a body that is not announced as `application/x-www-form-urlencoded` in UTF-8",
        "api.base.com, introduction: the body is a form; refusing another is stricter than the vendor";
    FIELD = "field", true,
        "an error for any field but one `method` and at most one `parameters`",
        "api.base.com, introduction; the field `token` is obsolete; stricter than the vendor; two independent clients leave `parameters` out";
    UNKNOWN_METHOD = "unknown-method", true,
        "`ERROR_UNKNOWN_METHOD` for a method that the API does not have",
        "an independent client (the code)";
    NOT_EMULATED = "not-emulated", true,
        "an error for a part of the API that is not emulated, because no function of the product needs it",
        "the emulator's own; the API answers 200 to everything";
    JSON_PARAMETERS = "json-parameters", true,
        "`ERROR_PARSE_JSON_PARAMETERS` with an empty message for `parameters` that are not a JSON object; `[]` and `null` for a value are PHP's for nothing",
        "two independent clients (one from live tests); mnastalski/baselinker-php sends `[]`";
    UNKNOWN_PARAMETER = "unknown-parameter", true,
        "`ERROR_PARSE_JSON_PARAMETERS` for a parameter that the method does not document, such as `date_to`",
        "stricter than the vendor, who may ignore it and answer with all orders";
    PARAMETER_VALUE = "parameter-value", true,
        "`ERROR_PARSE_JSON_PARAMETERS` for a value of another type or length than documented, a required parameter that is missing, and `filter_order_source_id` without `filter_order_source`",
        "the methods' parameter lists; an independent client (the code for wrong types)";
    UNKNOWN_ORDER = "unknown-id", false,
        "an unknown order, return, status or invoice in a method that writes or gives a file: `ERROR_ORDER_NOT_FOUND` and similar codes, or by a setting a success without a change",
        "not documented; one client's test has the code";
    NO_LABEL = "no-label", false,
        "an error for a parcel without a label, such as one whose number was entered by hand",
        "not documented, nor is its code";
}
