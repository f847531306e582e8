//! What a plugin gives, as `wit/` types it and before any check: plain Rust types, the same
//! for every binding generator and every version of the contract.
//!
//! [`raw_from_bindings!`](crate::raw_from_bindings) converts generated bindings into them;
//! [`check_manifest`](crate::check_manifest) and [`Shape::read`](crate::Shape::read) make
//! checked values out of them.

use crate::kind::Kind;
use crate::manifest::{Authorisation, Cursor, Effect, Limits, Listing, Purpose, Subject};

/// A text with its language.
pub type Text = (String, String);

/// A value as it crosses to or from a plugin.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of kind `boolean`.
    Boolean(bool),
    /// Of kind `integer`.
    Integer(i64),
    /// Of kind `decimal`: its digits.
    Decimal(String),
    /// Of a textual kind.
    Text(String),
    /// Of kind `timestamp`: RFC 3339.
    Timestamp(String),
    /// Of kind `list` or `record`: JSON.
    Json(String),
    /// Of kind `file`.
    File(File),
}

impl Value {
    /// The value of a setting, whose kind the connection has checked.
    ///
    /// # Panics
    /// The kind is one that no setting has, which the check of manifests refuses.
    #[must_use]
    pub fn of_setting(value: &crate::Value) -> Value {
        match value {
            crate::Value::Boolean(value) => Value::Boolean(*value),
            crate::Value::Integer(value) => Value::Integer(*value),
            crate::Value::Decimal(value) => Value::Decimal(value.to_string()),
            crate::Value::Text(value) => Value::Text(value.clone()),
            crate::Value::Timestamp(_)
            | crate::Value::List(_)
            | crate::Value::Record(_)
            | crate::Value::File(_) => {
                unreachable!("no setting is of this kind: the check of manifests refuses it")
            }
        }
    }

    /// The case's name in the contract, for messages.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Value::Boolean(_) => "boolean",
            Value::Integer(_) => "integer",
            Value::Decimal(_) => "decimal",
            Value::Text(_) => "text",
            Value::Timestamp(_) => "timestamp",
            Value::Json(_) => "json",
            Value::File(_) => "file",
        }
    }
}

/// A file as it crosses.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// The name.
    pub name: String,
    /// The media type.
    pub media_type: String,
    /// The bytes.
    pub content: Vec<u8>,
}

/// A value with its name.
pub type NamedValue = (String, Value);

/// The answer of a function.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// *False*.
    False,
    /// *True*.
    True,
    /// *True* with one value.
    TrueWithValue(Value),
    /// *True* with fields.
    TrueWithFields(Vec<NamedValue>),
}

/// The answer of `describe`. [`Manifest`](crate::Manifest) documents the fields; for the
/// types below, the type of the same name in [`manifest`](crate::manifest) does.
#[expect(missing_docs, reason = "each field is documented in `manifest`")]
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    pub name: String,
    pub version: String,
    pub label: Vec<Text>,
    pub help: Vec<Text>,
    pub settings: Vec<Setting>,
    pub address: Option<String>,
    pub authorisation: Authorisation,
    pub hosts: Vec<String>,
    pub limits: Limits,
    pub functions: Vec<Function>,
    pub feeds: Vec<Feed>,
}

/// A setting of a connection.
#[expect(missing_docs, reason = "each field is documented in `manifest`")]
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    pub name: String,
    pub kind: Kind,
    pub secret: bool,
    pub required: bool,
    pub default: Option<String>,
    pub choices: Vec<Choice>,
    pub label: Vec<Text>,
    pub help: Vec<Text>,
}

/// A function.
#[expect(missing_docs, reason = "each field is documented in `manifest`")]
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    pub name: String,
    pub label: Vec<Text>,
    pub help: Vec<Text>,
    pub parameters: Vec<Parameter>,
    pub answer: Answer,
    pub effect: Effect,
    pub purposes: Vec<Purpose>,
    pub subject: Option<Subject>,
    pub listing: Option<Listing>,
    pub exclusive: bool,
}

/// A parameter of a function.
#[expect(missing_docs, reason = "each field is documented in `manifest`")]
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    pub name: String,
    pub kind: Kind,
    pub items: Option<Kind>,
    pub label: Vec<Text>,
    pub help: Vec<Text>,
    pub required: bool,
    pub default: Option<Value>,
    pub choices: ChoicesSource,
    pub personal: bool,
}

/// The source of a parameter's choices.
#[derive(Debug, Clone, PartialEq)]
pub enum ChoicesSource {
    /// The parameter has no choices.
    None,
    /// The manifest lists them.
    Fixed(Vec<Choice>),
    /// The back end is asked for them.
    Live,
}

/// One of the allowed values.
#[expect(missing_docs, reason = "each field is documented in `manifest`")]
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub value: String,
    pub label: Vec<Text>,
}

/// The content of a function's *true* outcome.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Nothing.
    Nothing,
    /// One value.
    Value(AnswerValue),
    /// Fields.
    Fields(Vec<Field>),
}

/// The one value of a function's *true* outcome.
#[expect(missing_docs, reason = "each field is documented in `manifest`")]
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerValue {
    pub kind: Kind,
    pub label: Vec<Text>,
    pub help: Vec<Text>,
    pub personal: bool,
}

/// A field of a *true* outcome.
#[expect(missing_docs, reason = "each field is documented in `manifest`")]
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub path: String,
    pub kind: Kind,
    pub items: Option<Kind>,
    pub optional: bool,
    pub personal: bool,
    pub choices: Vec<Choice>,
    pub label: Vec<Text>,
    pub help: Vec<Text>,
}

/// A feed.
#[expect(missing_docs, reason = "each field is documented in `manifest`")]
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    pub name: String,
    pub label: Vec<Text>,
    pub help: Vec<Text>,
    pub function: String,
    pub since: Option<String>,
    pub cursor: Vec<Cursor>,
    pub more: Option<String>,
    pub changes: Vec<String>,
    pub reread: Option<String>,
    pub every: u32,
}

/// Makes functions that convert generated bindings into the types of [`raw`](crate::raw).
///
/// `raw_from_bindings!(values = path::to::values)` makes `kind`, `value`, `from_value`,
/// `outcome` for the interface `values`;
/// `raw_from_bindings!(manifest = path::to::manifest, since 0.2)` makes `manifest` and
/// `choice` for the interface `manifest` of version 0.2, and `since 0.1` for that of 0.1:
/// what 0.1 does not have is absent, as `docs/versioning.md` says. Both are called in one
/// module; the second uses the functions of the first.
#[macro_export]
macro_rules! raw_from_bindings {
    (values = $($path:ident)::+) => {
        use $($path)::+ as values;

        /// Converts a kind.
        pub(crate) fn kind(kind: values::Kind) -> $crate::Kind {
            match kind {
                values::Kind::Boolean => $crate::Kind::Boolean,
                values::Kind::Integer => $crate::Kind::Integer,
                values::Kind::Decimal => $crate::Kind::Decimal,
                values::Kind::Text => $crate::Kind::Text,
                values::Kind::Email => $crate::Kind::Email,
                values::Kind::Phone => $crate::Kind::Phone,
                values::Kind::Url => $crate::Kind::Url,
                values::Kind::Timestamp => $crate::Kind::Timestamp,
                values::Kind::Choice => $crate::Kind::Choice,
                values::Kind::List => $crate::Kind::List,
                values::Kind::Record => $crate::Kind::Record,
                values::Kind::File => $crate::Kind::File,
            }
        }

        /// Converts a value that a plugin gave.
        pub(crate) fn value(value: values::Value) -> $crate::raw::Value {
            match value {
                values::Value::Boolean(value) => $crate::raw::Value::Boolean(value),
                values::Value::Integer(value) => $crate::raw::Value::Integer(value),
                values::Value::Decimal(text) => $crate::raw::Value::Decimal(text),
                values::Value::Text(text) => $crate::raw::Value::Text(text),
                values::Value::Timestamp(text) => $crate::raw::Value::Timestamp(text),
                values::Value::Json(text) => $crate::raw::Value::Json(text),
                values::Value::File(file) => $crate::raw::Value::File($crate::raw::File {
                    name: file.name,
                    media_type: file.media_type,
                    content: file.content,
                }),
            }
        }

        /// Converts a value for a plugin.
        pub(crate) fn to_value(value: $crate::raw::Value) -> values::Value {
            match value {
                $crate::raw::Value::Boolean(value) => values::Value::Boolean(value),
                $crate::raw::Value::Integer(value) => values::Value::Integer(value),
                $crate::raw::Value::Decimal(text) => values::Value::Decimal(text),
                $crate::raw::Value::Text(text) => values::Value::Text(text),
                $crate::raw::Value::Timestamp(text) => values::Value::Timestamp(text),
                $crate::raw::Value::Json(text) => values::Value::Json(text),
                $crate::raw::Value::File(file) => values::Value::File(values::File {
                    name: file.name,
                    media_type: file.media_type,
                    content: file.content,
                }),
            }
        }

        /// Converts named values for a plugin.
        pub(crate) fn to_named_values(
            given: impl IntoIterator<Item = $crate::raw::NamedValue>,
        ) -> Vec<values::NamedValue> {
            let named = |(name, value)| values::NamedValue { name, value: to_value(value) };
            given.into_iter().map(named).collect()
        }

        /// Converts an outcome.
        pub(crate) fn outcome(outcome: values::Outcome) -> $crate::raw::Outcome {
            match outcome {
                values::Outcome::False => $crate::raw::Outcome::False,
                values::Outcome::True => $crate::raw::Outcome::True,
                values::Outcome::TrueWithValue(given) => {
                    $crate::raw::Outcome::TrueWithValue(value(given))
                }
                values::Outcome::TrueWithFields(fields) => {
                    let named = |field: values::NamedValue| (field.name, value(field.value));
                    $crate::raw::Outcome::TrueWithFields(fields.into_iter().map(named).collect())
                }
            }
        }
    };
    (manifest = $($path:ident)::+, since $version:tt) => {
        use $($path)::+ as wit;

        /// Converts a manifest.
        pub(crate) fn manifest(given: wit::Manifest) -> $crate::raw::Manifest {
            $crate::raw::Manifest {
                name: given.name,
                version: given.version,
                label: texts(given.label),
                help: texts(given.help),
                settings: given.settings.into_iter().map(setting).collect(),
                address: given.address,
                authorisation: authorisation(given.authorisation),
                hosts: given.hosts,
                limits: $crate::manifest::Limits {
                    requests_at_once: given.limits.requests_at_once,
                    requests_per_minute: given.limits.requests_per_minute,
                    bucket: given.limits.bucket.map(|bucket| $crate::manifest::Bucket {
                        fill: bucket.fill,
                        size: bucket.size,
                        drain: bucket.drain,
                    }),
                },
                functions: given.functions.into_iter().map(function).collect(),
                feeds: $crate::raw_from_bindings!(@feeds $version given),
            }
        }

        fn texts(given: Vec<wit::Text>) -> Vec<$crate::raw::Text> {
            given.into_iter().map(|text| (text.language, text.text)).collect()
        }

        fn setting(given: wit::Setting) -> $crate::raw::Setting {
            $crate::raw::Setting {
                name: given.name,
                kind: kind(given.kind),
                secret: given.secret,
                required: given.required,
                default: given.default,
                choices: choices(given.choices),
                label: texts(given.label),
                help: texts(given.help),
            }
        }

        /// Converts choices.
        pub(crate) fn choices(given: Vec<wit::Choice>) -> Vec<$crate::raw::Choice> {
            let choice = |given: wit::Choice| $crate::raw::Choice {
                value: given.value,
                label: texts(given.label),
            };
            given.into_iter().map(choice).collect()
        }

        fn login(given: wit::Login) -> $crate::manifest::Login {
            use $crate::manifest::LoginCredentials;
            $crate::manifest::Login {
                path: given.path,
                credentials: match given.credentials {
                    wit::LoginCredentials::Basic => LoginCredentials::Basic,
                    wit::LoginCredentials::Form(fields) => LoginCredentials::Form {
                        username: fields.username,
                        password: fields.password,
                    },
                    wit::LoginCredentials::Json(fields) => LoginCredentials::Json {
                        username: fields.username,
                        password: fields.password,
                    },
                },
                username: given.username,
                password: given.password,
                token: given.token,
                expires_in: given.expires_in,
                header: given.header,
                prefix: given.prefix,
            }
        }

        $crate::raw_from_bindings!(@authorisation $version);

        /// Converts a function.
        pub(crate) fn function(given: wit::Function) -> $crate::raw::Function {
            $crate::raw::Function {
                purposes: $crate::raw_from_bindings!(@purposes $version given),
                subject: $crate::raw_from_bindings!(@subject $version given),
                listing: $crate::raw_from_bindings!(@listing $version given),
                exclusive: $crate::raw_from_bindings!(@exclusive $version given),
                name: given.name,
                label: texts(given.label),
                help: texts(given.help),
                parameters: given.parameters.into_iter().map(parameter).collect(),
                answer: match given.answer {
                    wit::Answer::Nothing => $crate::raw::Answer::Nothing,
                    wit::Answer::Value(value) => {
                        $crate::raw::Answer::Value($crate::raw::AnswerValue {
                            kind: kind(value.kind),
                            label: texts(value.label),
                            help: texts(value.help),
                            personal: value.personal,
                        })
                    }
                    wit::Answer::Fields(fields) => {
                        $crate::raw::Answer::Fields(fields.into_iter().map(field).collect())
                    }
                },
                effect: match given.effect {
                    wit::Effect::Reads => $crate::manifest::Effect::Reads,
                    wit::Effect::Writes => $crate::manifest::Effect::Writes,
                    wit::Effect::WritesIdempotently => {
                        $crate::manifest::Effect::WritesIdempotently
                    }
                },
            }
        }

        fn parameter(given: wit::Parameter) -> $crate::raw::Parameter {
            $crate::raw::Parameter {
                name: given.name,
                kind: kind(given.kind),
                items: given.items.map(kind),
                label: texts(given.label),
                help: texts(given.help),
                required: given.required,
                default: given.default.map(value),
                choices: match given.choices {
                    wit::ChoicesSource::None => $crate::raw::ChoicesSource::None,
                    wit::ChoicesSource::Fixed(given) => {
                        $crate::raw::ChoicesSource::Fixed(choices(given))
                    }
                    wit::ChoicesSource::Live => $crate::raw::ChoicesSource::Live,
                },
                personal: given.personal,
            }
        }

        fn field(given: wit::Field) -> $crate::raw::Field {
            $crate::raw::Field {
                path: given.path,
                kind: kind(given.kind),
                items: given.items.map(kind),
                optional: given.optional,
                personal: given.personal,
                choices: choices(given.choices),
                label: texts(given.label),
                help: texts(given.help),
            }
        }
    };

    // The authorisations that both versions have.
    (@authorisation_of $given:ident { $($more:tt)* }) => {
        match $given {
            wit::Authorisation::None => $crate::manifest::Authorisation::None,
            wit::Authorisation::Basic(basic) => $crate::manifest::Authorisation::Basic {
                header: basic.header,
                username: basic.username,
                password: basic.password,
            },
            wit::Authorisation::Header(header) => $crate::manifest::Authorisation::Header {
                name: header.name,
                prefix: header.prefix,
                setting: header.setting,
            },
            wit::Authorisation::Query(query) => $crate::manifest::Authorisation::Query {
                name: query.name,
                setting: query.setting,
            },
            wit::Authorisation::Login(given) => {
                $crate::manifest::Authorisation::Login(login(given))
            }
            $($more)*
        }
    };
    (@authorisation 0.1) => {
        fn authorisation(given: wit::Authorisation) -> $crate::manifest::Authorisation {
            $crate::raw_from_bindings!(@authorisation_of given {})
        }
    };
    (@authorisation 0.2) => {
        fn authorisation(given: wit::Authorisation) -> $crate::manifest::Authorisation {
            $crate::raw_from_bindings!(@authorisation_of given {
                wit::Authorisation::Hmac(hmac) => {
                    $crate::manifest::Authorisation::Hmac($crate::manifest::Hmac {
                        header: hmac.header,
                        prefix: hmac.prefix,
                        algorithm: match hmac.algorithm {
                            wit::HmacAlgorithm::Sha256 => $crate::manifest::HmacAlgorithm::Sha256,
                            wit::HmacAlgorithm::Sha512 => $crate::manifest::HmacAlgorithm::Sha512,
                        },
                        encoding: match hmac.encoding {
                            wit::HmacEncoding::Hex => $crate::manifest::HmacEncoding::Hex,
                            wit::HmacEncoding::Base64 => $crate::manifest::HmacEncoding::Base64,
                        },
                        setting: hmac.setting,
                        timestamp: hmac.timestamp.map(|it| $crate::manifest::HmacTimestamp {
                            header: it.header,
                            separator: it.separator,
                        }),
                    })
                }
                wit::Authorisation::SecretPath(path) => {
                    $crate::manifest::Authorisation::SecretPath {
                        prefix: path.prefix,
                        setting: path.setting,
                    }
                }
            })
        }

        fn purpose(purpose: wit::Purpose) -> $crate::manifest::Purpose {
            use $crate::manifest::Purpose;
            match purpose {
                wit::Purpose::VerifiesIdentity => Purpose::VerifiesIdentity,
                wit::Purpose::CustomerOrdersByEmail => Purpose::CustomerOrdersByEmail,
                wit::Purpose::CustomerOrdersByPhone => Purpose::CustomerOrdersByPhone,
                wit::Purpose::ChangeStatus => Purpose::ChangeStatus,
                wit::Purpose::OrderLabel => Purpose::OrderLabel,
                wit::Purpose::ReturnLabel => Purpose::ReturnLabel,
                wit::Purpose::AppendNote => Purpose::AppendNote,
                wit::Purpose::OrderInvoice => Purpose::OrderInvoice,
            }
        }

        fn subject_kind(kind: wit::SubjectKind) -> $crate::manifest::SubjectKind {
            match kind {
                wit::SubjectKind::Order => $crate::manifest::SubjectKind::Order,
                wit::SubjectKind::Claim => $crate::manifest::SubjectKind::Claim,
                wit::SubjectKind::Customer => $crate::manifest::SubjectKind::Customer,
            }
        }

        fn feed(given: wit::Feed) -> $crate::raw::Feed {
            let cursor = |given: wit::Cursor| $crate::manifest::Cursor {
                field: given.field,
                parameter: given.parameter,
                overlap: given.overlap,
            };
            $crate::raw::Feed {
                name: given.name,
                label: texts(given.label),
                help: texts(given.help),
                function: given.function,
                since: given.since,
                cursor: given.cursor.into_iter().map(cursor).collect(),
                more: given.more,
                changes: given.changes,
                reread: given.reread,
                every: given.every,
            }
        }
    };
    (@feeds 0.1 $given:ident) => { Vec::new() };
    (@feeds 0.2 $given:ident) => { $given.feeds.into_iter().map(feed).collect() };
    (@purposes 0.1 $given:ident) => { Vec::new() };
    (@purposes 0.2 $given:ident) => { $given.purposes.into_iter().map(purpose).collect() };
    (@subject 0.1 $given:ident) => { None };
    (@subject 0.2 $given:ident) => {
        $given.subject.map(|it| $crate::manifest::Subject {
            kind: subject_kind(it.kind),
            parameter: it.parameter,
            field: it.field,
        })
    };
    (@listing 0.1 $given:ident) => { None };
    (@listing 0.2 $given:ident) => {
        $given.listing.map(|it| $crate::manifest::Listing {
            items: it.items,
            kind: subject_kind(it.kind),
            key: it.key,
            subject: it.subject,
        })
    };
    (@exclusive 0.1 $given:ident) => { false };
    (@exclusive 0.2 $given:ident) => { $given.exclusive };
}
