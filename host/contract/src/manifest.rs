//! Manifests: what a plugin says about itself. The types mirror `krabice:boxes/manifest`;
//! the comments in `wit/manifest.wit` are the reference.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::kind::Kind;
use crate::name::primary_language;
use crate::value::Value;

/// A text by language tag. Not empty where the contract requires a text.
pub type Texts = IndexMap<String, String>;

/// Everything that a plugin says about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Manifest {
    /// The plugin's name.
    pub name: String,
    /// The plugin's own version.
    pub version: String,
    /// The name for people.
    pub label: Texts,
    /// The purpose of the plugin.
    pub help: Texts,
    /// The settings of a connection; empty for a plugin that needs no connection.
    pub settings: Vec<Setting>,
    /// The setting that holds the back end's address.
    pub address: Option<String>,
    /// The way in which the host authorises requests.
    pub authorisation: Authorisation,
    /// Hosts besides the connection's address.
    pub hosts: Vec<String>,
    /// The load that the back end can take.
    pub limits: Limits,
    /// The functions, by name.
    pub functions: IndexMap<String, Function>,
    /// The feeds, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub feeds: IndexMap<String, Feed>,
}

/// One setting of a connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Setting {
    /// The setting's name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Whether it is a credential.
    pub secret: bool,
    /// Whether a connection must have it.
    pub required: bool,
    /// The value if the operator gives none.
    pub default: Option<String>,
    /// The allowed values of a setting of kind `choice`.
    pub choices: Vec<Choice>,
    /// The name for people.
    pub label: Texts,
    /// Where to find the value and what it changes.
    pub help: Texts,
}

/// The way in which the host authorises a request to the connection's address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authorisation {
    /// Requests carry no credential.
    None,
    /// HTTP Basic from two settings.
    Basic {
        /// The header that carries it.
        header: String,
        /// The setting with the user name.
        username: String,
        /// The secret setting with the password.
        password: String,
    },
    /// A header from one secret setting.
    Header {
        /// The header's name.
        name: String,
        /// The text before the secret.
        prefix: String,
        /// The secret setting.
        setting: String,
    },
    /// A query parameter from one secret setting.
    Query {
        /// The query parameter's name.
        name: String,
        /// The secret setting.
        setting: String,
    },
    /// A signature of the request from one secret setting.
    Hmac(Hmac),
    /// A secret end of the connection's address.
    SecretPath {
        /// The text before the secret in the path.
        prefix: String,
        /// The secret setting.
        setting: String,
    },
    /// A token from a login request.
    Login(Login),
}

/// A login request that exchanges credentials for a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Login {
    /// The path of the login below the connection's address.
    pub path: String,
    /// The place of the credentials in the request.
    pub credentials: LoginCredentials,
    /// The setting with the user name.
    pub username: String,
    /// The secret setting with the password.
    pub password: String,
    /// The JSON Pointer of the token in the answer.
    pub token: String,
    /// The JSON Pointer of the token's lifetime in seconds.
    pub expires_in: Option<String>,
    /// The header that carries the token.
    pub header: String,
    /// The text before the token.
    pub prefix: String,
}

/// The place of the credentials in a login request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginCredentials {
    /// In an `Authorization` header, as HTTP Basic.
    Basic,
    /// In a form body.
    Form {
        /// The name of the user name's field.
        username: String,
        /// The name of the password's field.
        password: String,
    },
    /// In a JSON object.
    Json {
        /// The name of the user name's field.
        username: String,
        /// The name of the password's field.
        password: String,
    },
}

/// A signature of the request: HMAC over a time stamp, a separator and the body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Hmac {
    /// The header that carries the signature.
    pub header: String,
    /// The text before the signature.
    pub prefix: String,
    /// The hash function.
    pub algorithm: HmacAlgorithm,
    /// The form in which the signature is written.
    pub encoding: HmacEncoding,
    /// The secret setting with the key.
    pub setting: String,
    /// The time stamp; without one the signature is over the body alone.
    pub timestamp: Option<HmacTimestamp>,
}

/// The hash function of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HmacAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// The form in which a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HmacEncoding {
    /// Hexadecimal digits in lower case.
    Hex,
    /// Base64 with padding.
    Base64,
}

/// The time stamp of a signature: the seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct HmacTimestamp {
    /// The header that carries it.
    pub header: String,
    /// The text between the time stamp and the body.
    pub separator: String,
}

/// The load that a back end can take.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Limits {
    /// The most requests under way at once for one connection.
    pub requests_at_once: Option<u32>,
    /// The most requests in a minute for one connection.
    pub requests_per_minute: Option<u32>,
    /// The response headers that show the state of the back end's leaky bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<Bucket>,
}

/// The response headers of a leaky bucket. The value of each is a decimal number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Bucket {
    /// The header with the number of requests in the bucket.
    pub fill: String,
    /// The header with the most that the bucket holds.
    pub size: String,
    /// The header with the number of requests that leave the bucket in a second.
    pub drain: String,
}

/// One thing a plugin can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Function {
    /// The function's name.
    pub name: String,
    /// The name for people.
    pub label: Texts,
    /// What the function does, and when it answers *true* and *false*.
    pub help: Texts,
    /// Its parameters; a nested part is named by its path.
    pub parameters: Vec<Parameter>,
    /// The content of its *true* outcome.
    pub answer: Answer,
    /// Its effect on the back end.
    pub effect: Effect,
    /// What the function is good for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<Purpose>,
    /// The thing that the function is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// The list of things in its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<Listing>,
    /// Whether calls with one connection and one subject wait for each other.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exclusive: bool,
}

impl Function {
    /// Whether the function is good for a purpose. A function of a plugin that was made
    /// for version 0.1 of the contract is good for none.
    #[must_use]
    pub fn serves(&self, purpose: Purpose) -> bool {
        self.purposes.contains(&purpose)
    }

    /// The parameters at the top level, without the parts of lists and records.
    pub fn own_parameters(&self) -> impl Iterator<Item = &Parameter> {
        let parameters = self.parameters.iter();
        parameters.filter(|parameter| !parameter.name.contains('.'))
    }

    /// The fields of its answer; empty for an answer without fields.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        match &self.answer {
            Answer::Fields(fields) => fields,
            Answer::Nothing | Answer::Value { .. } => &[],
        }
    }
}

/// What a function is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// *True* proves that who gave the parameters is the customer of the subject.
    VerifiesIdentity,
    /// Lists the orders of a customer by e-mail.
    CustomerOrdersByEmail,
    /// Lists the orders of a customer by telephone number.
    CustomerOrdersByPhone,
    /// Changes the status of its subject.
    ChangeStatus,
    /// Loads the label of an order's parcel.
    OrderLabel,
    /// Loads the label of a parcel that comes back.
    ReturnLabel,
    /// Adds a text to the staff's note of its subject.
    AppendNote,
    /// Loads the invoice of an order.
    OrderInvoice,
}

impl Purpose {
    /// The purpose's word in documents: `verifies-identity`, ….
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Purpose::VerifiesIdentity => "verifies-identity",
            Purpose::CustomerOrdersByEmail => "customer-orders-by-email",
            Purpose::CustomerOrdersByPhone => "customer-orders-by-phone",
            Purpose::ChangeStatus => "change-status",
            Purpose::OrderLabel => "order-label",
            Purpose::ReturnLabel => "return-label",
            Purpose::AppendNote => "append-note",
            Purpose::OrderInvoice => "order-invoice",
        }
    }
}

/// The thing that a function is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Subject {
    /// The kind of the thing.
    pub kind: SubjectKind,
    /// The parameter that names it.
    pub parameter: String,
    /// The field of the answer with the back end's own spelling of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// The kind of thing that a function is about or lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// An order.
    Order,
    /// A return, a complaint or a case.
    Claim,
    /// A customer.
    Customer,
}

impl SubjectKind {
    /// The kind's word in documents.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            SubjectKind::Order => "order",
            SubjectKind::Claim => "claim",
            SubjectKind::Customer => "customer",
        }
    }
}

/// The list of things in a function's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Listing {
    /// The field whose items are the things.
    pub items: String,
    /// The kind of the things.
    pub kind: SubjectKind,
    /// The part of an item that tells it from all others.
    pub key: String,
    /// The part of an item by which other functions take the thing as their subject.
    pub subject: String,
}

/// The way in which a host notices what changed at the back end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Feed {
    /// The feed's name.
    pub name: String,
    /// The name for people.
    pub label: Texts,
    /// What the feed notices and what it cannot notice.
    pub help: Texts,
    /// The function that is called.
    pub function: String,
    /// The parameter that says from when on the first call asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The fields of the answer that the next call takes.
    pub cursor: Vec<Cursor>,
    /// The field that says whether more items wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<String>,
    /// The parts of an item whose change is a change.
    pub changes: Vec<String>,
    /// The function that reads one item again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reread: Option<String>,
    /// The seconds between two rounds.
    pub every: u32,
}

/// A field of a feed's answer that the next call takes as a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cursor {
    /// The field.
    pub field: String,
    /// The parameter.
    pub parameter: String,
    /// The seconds before the value from which on the next call asks.
    pub overlap: u32,
}

/// The effect of a function on the back end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The function changes nothing.
    Reads,
    /// Each call changes something.
    Writes,
    /// A repeated call changes nothing more than the first one.
    WritesIdempotently,
}

/// A typed input of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Parameter {
    /// The parameter's name, or the path of a nested part.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// The kind of the items, for a list of single values.
    pub items: Option<Kind>,
    /// The name for people.
    pub label: Texts,
    /// The meaning and the form of its values.
    pub help: Texts,
    /// Whether a call must give it.
    pub required: bool,
    /// The value if a call gives none.
    pub default: Option<Value>,
    /// The source of its choices.
    pub choices: ChoicesSource,
    /// Whether it is personal data.
    pub personal: bool,
}

/// The source of a parameter's choices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChoicesSource {
    /// The parameter has no choices.
    None,
    /// The manifest lists them.
    Fixed(Vec<Choice>),
    /// The back end is asked for them.
    Live,
}

/// One of the allowed values of a parameter, a setting or a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Choice {
    /// The value that the plugin receives or gives.
    pub value: String,
    /// The name for people.
    pub label: Texts,
}

/// The content of a function's *true* outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Nothing.
    Nothing,
    /// One value.
    Value {
        /// Its kind.
        kind: Kind,
        /// The name for people.
        label: Texts,
        /// Its meaning.
        help: Texts,
        /// Whether it is personal data.
        personal: bool,
    },
    /// Fields; a nested one is named by its path.
    Fields(Vec<Field>),
}

/// A field of a *true* outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Field {
    /// The field's path: names joined by dots.
    pub path: String,
    /// Its kind.
    pub kind: Kind,
    /// The kind of the items, for a list of single values.
    pub items: Option<Kind>,
    /// Whether the field may be absent.
    pub optional: bool,
    /// Whether it is personal data.
    pub personal: bool,
    /// The possible values of a field of kind `choice`.
    pub choices: Vec<Choice>,
    /// The name for people.
    pub label: Texts,
    /// Its meaning.
    pub help: Texts,
}

/// The text in a language, else in its primary language (`cs` for `cs-cz`), else in
/// English, else the first.
#[must_use]
pub fn text_in<'a>(texts: &'a Texts, language: &str) -> Option<&'a str> {
    [language, primary_language(language), "en"]
        .iter()
        .find_map(|tag| texts.get(*tag))
        .or_else(|| texts.values().next())
        .map(String::as_str)
}
