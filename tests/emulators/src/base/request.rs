//! Requests, read strictly: a form of two fields, and only documented parameters.

use http::{Method, StatusCode};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::account::number;
use super::answer::{bad_parameters, refusal, server_error};
use super::rules;
use crate::back_end::Call;
use crate::refusal::Refusal;

/// The only path.
const PATH: &str = "/connector.php";

/// The type of a parameter.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A whole number from 0.
    Int,
    Bool,
    /// A text of at most so many characters.
    Text(usize),
}

/// The parameters of a method: name, type, whether required.
pub(super) type Shape = &'static [(&'static str, Kind, bool)];

use Kind::{Bool, Int, Text};

/// The length limit of texts for which the vendor documents none.
const LONG: usize = 65_535;

/// The emulated methods, with their parameters as the methods' pages name them.
pub(super) const METHODS: &[(&str, Shape)] = &[
    (
        "getOrders",
        &[
            ("order_id", Int, false),
            ("date_confirmed_from", Int, false),
            ("date_from", Int, false),
            ("id_from", Int, false),
            ("get_unconfirmed_orders", Bool, false),
            ("status_id", Int, false),
            ("filter_email", Text(50), false),
            ("filter_order_source", Text(20), false),
            ("filter_order_source_id", Int, false),
            ("filter_shop_order_id", Int, false),
            ("include_custom_extra_fields", Bool, false),
            ("include_commission_data", Bool, false),
            ("include_connect_data", Bool, false),
        ],
    ),
    ("getOrdersByEmail", &[("email", Text(LONG), true)]),
    ("getOrdersByPhone", &[("phone", Text(LONG), true)]),
    ("getOrderStatusList", &[]),
    (
        "setOrderStatus",
        &[("order_id", Int, true), ("status_id", Int, true)],
    ),
    (
        "setOrderFields",
        &[
            ("order_id", Int, true),
            ("admin_comments", Text(200), false),
            ("user_comments", Text(LONG), false),
            ("email", Text(LONG), false),
            ("phone", Text(LONG), false),
            ("extra_field_1", Text(LONG), false),
            ("extra_field_2", Text(LONG), false),
            ("pick_state", Int, false),
            ("pack_state", Int, false),
        ],
    ),
    ("getOrderPackages", &[("order_id", Int, true)]),
    (
        "getLabel",
        &[
            ("courier_code", Text(20), true),
            ("package_id", Int, false),
            ("package_number", Text(40), false),
        ],
    ),
    (
        "getOrderReturns",
        &[
            ("order_id", Int, false),
            ("return_id", Int, false),
            ("date_from", Int, false),
            ("id_from", Int, false),
            ("status_id", Int, false),
            ("filter_order_return_source", Text(20), false),
            ("filter_order_return_source_id", Int, false),
            ("include_custom_extra_fields", Bool, false),
            ("include_connect_data", Bool, false),
        ],
    ),
    ("getOrderReturnStatusList", &[]),
    ("getOrderReturnReasonsList", &[]),
    ("getOrderReturnProductStatuses", &[]),
    (
        "setOrderReturnStatus",
        &[("return_id", Int, true), ("status_id", Int, true)],
    ),
    (
        "getInvoices",
        &[
            ("order_id", Int, false),
            ("invoice_id", Int, false),
            ("date_from", Int, false),
            ("id_from", Int, false),
            ("series_id", Int, false),
            ("get_external_invoices", Bool, false),
        ],
    ),
    (
        "getInvoiceFile",
        &[("invoice_id", Int, true), ("get_external", Bool, false)],
    ),
];

/// Methods of the API that are not emulated, because no function needs them.
const NOT_EMULATED: &[&str] = &[
    "setOrderStatuses",
    "setOrderReturnStatuses",
    "setOrderReturnFields",
    "setOrderReturnRefund",
    "addOrderReturnStatus",
    "runOrderMacroTrigger",
    "runOrderReturnMacroTrigger",
    "getJournalList",
    "getOrderReturnJournalList",
    "getOrderTransactionData",
    "getOrderPaymentsHistory",
    "getOrderPickPackHistory",
    "getOrderExtraFields",
    "getOrderSources",
    "getSeries",
    "setOrderPayment",
    "getCouriersList",
    "getCourierPackagesStatusHistory",
    "createPackageManual",
    "addOrder",
    "addInvoice",
];

/// A request of the API.
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) parameters: Map<String, Value>,
}

impl Request {
    /// A parameter that is a number.
    pub(super) fn int(&self, name: &str) -> Option<i64> {
        self.parameters.get(name)?.as_i64()
    }

    /// A parameter that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name)?.as_str()
    }

    /// A parameter that is a flag; false if it was not given.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.parameters.get(name).and_then(Value::as_bool) == Some(true)
    }

    /// Whether a number of an item equals the parameter; true if it was not given.
    pub(super) fn equals(&self, name: &str, item: &Value, key: &str) -> bool {
        self.int(name)
            .is_none_or(|wanted| number(&item[key]) == Some(wanted))
    }

    /// Whether a number of an item is at least the parameter; true if it was not given.
    pub(super) fn at_least(&self, name: &str, item: &Value, key: &str) -> bool {
        self.int(name)
            .is_none_or(|from| number(&item[key]).unwrap_or_default() >= from)
    }
}

/// Checks path and method, which comes before the credential.
pub(super) fn check_place(call: &Call) -> Result<(), Refusal> {
    if call.path != PATH || call.query.is_some() {
        let message = format!("there is nothing but `{PATH}`");
        let status = StatusCode::NOT_FOUND;
        return Err(server_error(&rules::UNKNOWN_PATH, status, message));
    }
    if call.method != Method::POST {
        let message = format!("{} instead of POST", call.method);
        let status = StatusCode::METHOD_NOT_ALLOWED;
        return Err(server_error(&rules::METHOD, status, message));
    }
    Ok(())
}

/// Reads a request.
pub(super) fn read(call: &Call) -> Result<Request, Refusal> {
    let announced = call.header("content-type").unwrap_or_default();
    let (kind, parameter) = announced.split_once(';').unwrap_or((announced, ""));
    let utf8 = matches!(
        parameter.trim().to_ascii_lowercase().as_str(),
        "" | "charset=utf-8"
    );
    let form = kind
        .trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded");
    if !form || !utf8 {
        let message = format!("the body is announced as `{announced}`");
        return Err(bad_parameters(&rules::FORM, message));
    }
    let (mut method, mut parameters) = (None, None);
    for (name, value) in form_urlencoded::parse(&call.body) {
        let place = match &*name {
            "method" => &mut method,
            "parameters" => &mut parameters,
            _ => {
                let message = format!("the form has a field `{name}`");
                return Err(bad_parameters(&rules::FIELD, message));
            }
        };
        if place.replace(value.into_owned()).is_some() {
            let message = format!("the form has `{name}` twice");
            return Err(bad_parameters(&rules::FIELD, message));
        }
    }
    let Some(method) = method else {
        return Err(bad_parameters(&rules::FIELD, "the form lacks `method`"));
    };
    let parameters = parameters.unwrap_or_default();
    let Some((method, shape)) = METHODS.iter().find(|(name, _)| *name == method) else {
        return Err(if NOT_EMULATED.contains(&method.as_str()) {
            let message = format!("`{method}` is not emulated");
            server_error(&rules::NOT_EMULATED, StatusCode::OK, message)
        } else {
            let message = format!("Unknown method {method}");
            refusal(&rules::UNKNOWN_METHOD, "ERROR_UNKNOWN_METHOD", message)
        });
    };
    let mut parameters = match serde_json::from_str(&parameters) {
        Ok(Value::Object(parameters)) => parameters,
        // To PHP, whose empty array is written so, and where nothing is given, it is the same.
        Ok(Value::Array(none)) if none.is_empty() => Map::new(),
        Err(_) if parameters.trim().is_empty() => Map::new(),
        Ok(_) | Err(_) => {
            let message = "`parameters` are no JSON object";
            return Err(bad_parameters(&rules::JSON_PARAMETERS, message));
        }
    };
    parameters.retain(|_, value| !value.is_null());
    check(&parameters, shape)?;
    Ok(Request { method, parameters })
}

fn check(parameters: &Map<String, Value>, shape: Shape) -> Result<(), Refusal> {
    for (name, value) in parameters {
        let Some((_, kind, _)) = shape.iter().find(|(known, ..)| known == name) else {
            let message = format!("unknown parameter `{name}`");
            return Err(bad_parameters(&rules::UNKNOWN_PARAMETER, message));
        };
        let fits = match kind {
            Int => value.as_i64().is_some_and(|number| number >= 0),
            Bool => value.is_boolean(),
            Text(most) => value
                .as_str()
                .is_some_and(|text| text.chars().count() <= *most),
        };
        if !fits {
            return Err(bad_value(format!("`{name}` is not as documented")));
        }
    }
    for (name, _, required) in shape {
        if *required && !parameters.contains_key(*name) {
            return Err(bad_value(format!("`{name}` is required")));
        }
    }
    let needs = [
        ("filter_order_source_id", "filter_order_source"),
        (
            "filter_order_return_source_id",
            "filter_order_return_source",
        ),
    ];
    for (name, needed) in needs {
        if parameters.contains_key(name) && !parameters.contains_key(needed) {
            return Err(bad_value(format!("`{name}` needs `{needed}`")));
        }
    }
    Ok(())
}

/// The refusal of a value that the method does not take.
pub(super) fn bad_value(message: String) -> Refusal {
    bad_parameters(&rules::PARAMETER_VALUE, message)
}
