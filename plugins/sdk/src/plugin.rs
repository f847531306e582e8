//! The definition of a plugin: its manifest, and the Rust function behind each name.

use std::rc::Rc;

use crate::answer::{Answer, Outcome, Part};
use crate::context::Context;
use crate::contract::{
    self, Choice, Failure, HmacAlgorithm, HmacEncoding, Kind, NamedValue, Texts, texts,
};
use crate::marks::{Description, Feed};
use crate::name::{self, equal};
use crate::params::{Member, Params, Settings, by_name};
use crate::transport::Transport;

/// A plugin: a constant with its whole definition.
///
/// ```
/// use krabice_plugin::{Authorisation, Limits, Plugin};
///
/// static HELLO: Plugin = Plugin::new("hello", env!("CARGO_PKG_VERSION"), &[("en", "Hello")])
///     .help(&[("en", "Greets.")])
///     .hosts(&["https://greetings.example.com"])
///     .limits(Limits { requests_at_once: Some(3), ..Limits::NONE });
/// ```
///
/// `S` holds the settings of its connections. A broken definition does not compile:
///
/// ```compile_fail,E0080
/// use krabice_plugin::Plugin;
///
/// static HELLO: Plugin = Plugin::new("Hello World", "1.0.0", &[("en", "Hello")]);
/// ```
///
/// ```compile_fail,E0080
/// use krabice_plugin::Plugin;
///
/// static HELLO: Plugin = Plugin::new("hello", "1.0.0", &[]); // no label
/// ```
pub struct Plugin<S: 'static = ()> {
    name: &'static str,
    version: &'static str,
    label: Texts,
    help: Texts,
    authorisation: Authorisation,
    hosts: &'static [&'static str],
    limits: Limits,
    functions: &'static [Function<S>],
    feeds: &'static [Feed],
    probe: Option<Probe<S>>,
}

/// Tests a connection.
type Probe<S> = fn(&Context<S>) -> Result<String, Failure>;
/// Lists the choices of a parameter.
type Choices<S> = fn(&Context<S>) -> Result<Vec<Choice>, Failure>;

impl<S: Settings> Plugin<S> {
    /// A plugin with its name, its own version (semver.org), and the label that a person sees.
    ///
    /// # Panics
    /// At compile time, for a name that the contract forbids and for a label without any text.
    #[must_use]
    pub const fn new(name: &'static str, version: &'static str, label: Texts) -> Self {
        name::check(name);
        name::check_label(label);
        Self {
            name,
            version,
            label,
            help: &[],
            authorisation: Authorisation::None,
            hosts: &[],
            limits: Limits::NONE,
            functions: &[],
            feeds: &[],
            probe: None,
        }
    }

    /// The help: what the plugin is for. Default: none.
    #[must_use]
    pub const fn help(mut self, help: Texts) -> Self {
        self.help = help;
        self
    }

    /// How the host authorises requests. Default: requests carry no credential.
    #[must_use]
    pub const fn authorisation(mut self, authorisation: Authorisation) -> Self {
        self.authorisation = authorisation;
        self
    }

    /// Hosts that the plugin wants to reach besides the address of its
    /// connection: `scheme://host`, `scheme://host:port` or
    /// `scheme://*.suffix`. Default: none.
    #[must_use]
    pub const fn hosts(mut self, hosts: &'static [&'static str]) -> Self {
        self.hosts = hosts;
        self
    }

    /// The limits of the back end. Default: the host's own limits.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The functions: [`functions!`](crate::functions).
    #[must_use]
    pub const fn functions(mut self, functions: &'static [Function<S>]) -> Self {
        self.functions = functions;
        self
    }

    /// How a host can notice what changed at the back end. Their functions are given before,
    /// by [`Plugin::functions`]. Default: none.
    ///
    /// # Panics
    /// At compile time, for a feed that its functions do not fit.
    ///
    /// ```compile_fail,E0080
    /// use krabice_plugin::{Feed, Plugin};
    ///
    /// static SHOP: Plugin = Plugin::new("shop", "1.0.0", &[("en", "Shop")]).feeds(&[Feed {
    ///     name: "orders",
    ///     label: &[("en", "Orders")],
    ///     help: &[],
    ///     function: "list-orders", // there is no such function
    ///     since: None,
    ///     cursor: &[],
    ///     more: None,
    ///     changes: &["status"],
    ///     reread: None,
    ///     every: 300,
    /// }]);
    /// ```
    #[must_use]
    pub const fn feeds(mut self, feeds: &'static [Feed]) -> Self {
        let mut at = 0;
        while at < feeds.len() {
            let feed = &feeds[at];
            let reread = match feed.reread {
                Some(name) => Some(self.described(name)),
                None => None,
            };
            feed.check(self.described(feed.function), reread);
            let mut before = 0;
            while before < at {
                assert!(
                    !equal(feeds[before].name, feed.name),
                    "two feeds of one name"
                );
                before += 1;
            }
            at += 1;
        }
        self.feeds = feeds;
        self
    }

    const fn described(&self, name: &str) -> &'static Description {
        let functions = self.functions;
        let mut at = 0;
        while at < functions.len() {
            if equal(functions[at].description.name, name) {
                return &functions[at].description;
            }
            at += 1;
        }
        panic!("a feed names a function that is not among those given by `functions`")
    }

    /// The test of a connection: the fewest requests that prove address and credentials, and one
    /// line for the operator. Default: an empty line without a request.
    #[must_use]
    pub const fn probe(mut self, probe: Probe<S>) -> Self {
        self.probe = Some(probe);
        self
    }

    /// The manifest, which is always the same.
    #[must_use]
    pub fn manifest(&self) -> contract::Manifest {
        contract::Manifest {
            name: self.name.to_owned(),
            version: self.version.to_owned(),
            label: texts(self.label),
            help: texts(self.help),
            settings: S::describe(),
            address: S::ADDRESS.map(str::to_owned),
            authorisation: self.authorisation.into(),
            hosts: self.hosts.iter().map(|host| (*host).to_owned()).collect(),
            limits: contract::Limits {
                requests_at_once: self.limits.requests_at_once,
                requests_per_minute: self.limits.requests_per_minute,
                bucket: self.limits.bucket.map(Into::into),
            },
            functions: self.functions.iter().map(Function::describe).collect(),
            feeds: self.feeds.iter().map(Feed::describe).collect(),
        }
    }

    /// Runs a function.
    #[doc(hidden)]
    pub fn run(
        &self,
        call: contract::Call,
        transport: Rc<dyn Transport>,
    ) -> Result<contract::Outcome, Failure> {
        let function = self.function(&call.function)?;
        let context = Context::new(call.context, call.key, transport)?;
        (function.run)(&context, call.parameters)
    }

    /// Lists the choices of a parameter.
    #[doc(hidden)]
    pub fn choices(
        &self,
        query: contract::ChoicesQuery,
        transport: Rc<dyn Transport>,
    ) -> Result<Vec<Choice>, Failure> {
        let source = self.function(&query.function)?.source(&query.parameter);
        let Some(source) = source else {
            return Ok(Vec::new());
        };
        source(&Context::new(query.context, String::new(), transport)?)
    }

    /// Tests a connection.
    #[doc(hidden)]
    pub fn test(
        &self,
        context: contract::Context,
        transport: Rc<dyn Transport>,
    ) -> Result<String, Failure> {
        let Some(probe) = self.probe else {
            return Ok(String::new());
        };
        probe(&Context::new(context, String::new(), transport)?)
    }

    /// The function of a name. A host that keeps to the manifest asks for no other; for one that
    /// does not, a failure is the only answer that a call has.
    fn function(&self, name: &str) -> Result<&'static Function<S>, Failure> {
        let function = self
            .functions
            .iter()
            .find(|function| function.description.name == name);
        function.ok_or_else(|| {
            Failure::invalid_parameter("function", "the plugin has no function of this name")
        })
    }
}

/// A function of a plugin, made by the attribute [`function`](macro@crate::function).
pub struct Function<S: 'static = ()> {
    description: Description,
    parameters: fn() -> Vec<contract::Parameter>,
    answer: fn() -> contract::Answer,
    run: fn(&Context<S>, Vec<NamedValue>) -> Result<contract::Outcome, Failure>,
    sources: &'static [Source<S>],
}

/// The name of a parameter, and the function that lists its choices.
#[doc(hidden)]
pub type Source<S> = (
    &'static str,
    fn(&Context<S>) -> Result<Vec<Choice>, Failure>,
);

impl<S> Function<S> {
    /// A function, as the attribute makes it.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        description: Description,
        parameters: fn() -> Vec<contract::Parameter>,
        answer: fn() -> contract::Answer,
        run: fn(&Context<S>, Vec<NamedValue>) -> Result<contract::Outcome, Failure>,
        sources: &'static [Source<S>],
    ) -> Self {
        Self {
            description: description.checked(),
            parameters,
            answer,
            run,
            sources,
        }
    }

    fn describe(&self) -> contract::Function {
        let Description {
            name,
            label,
            help,
            effect,
            marks,
            ..
        } = self.description;
        contract::Function {
            name: name.to_owned(),
            label: texts(label),
            help: texts(help),
            parameters: (self.parameters)(),
            answer: (self.answer)(),
            effect,
            purposes: marks.purposes.to_vec(),
            subject: marks.subject.map(Into::into),
            listing: marks.listing.map(Into::into),
            exclusive: marks.exclusive,
        }
    }

    fn source(&self, parameter: &str) -> Option<Choices<S>> {
        self.sources
            .iter()
            .find(|(name, _)| *name == parameter)
            .map(|(_, source)| *source)
    }
}

/// A function as its author writes it, without parameters as `(): ()`.
type Typed<S, P, A> = fn(&Context<S>, P) -> Result<Outcome<A>, Failure>;

/// Describes a function's parameters.
#[doc(hidden)]
pub fn parameters<S, P: Params, A>(_: Typed<S, P, A>) -> Vec<contract::Parameter> {
    let mut parameters = Vec::new();
    P::describe("", &mut parameters);
    parameters
}

/// Describes a function's answer.
#[doc(hidden)]
pub fn answer<S, P, A: Answer>(_: Typed<S, P, A>) -> contract::Answer {
    A::describe()
}

/// Calls a function with the parameters of a call.
#[doc(hidden)]
pub fn call<S, P: Params, A: Answer>(
    function: Typed<S, P, A>,
    context: &Context<S>,
    parameters: Vec<NamedValue>,
) -> Result<contract::Outcome, Failure> {
    let parameters = P::take("", &mut by_name(parameters))?;
    function(context, parameters).map(Outcome::into_contract)
}

/// The fields of a function's parameters.
#[doc(hidden)]
#[must_use]
pub const fn members<S, P: Params, A>(_: Typed<S, P, A>) -> &'static [Member] {
    P::MEMBERS
}

/// The fields of a function's answer.
#[doc(hidden)]
#[must_use]
pub const fn parts<S, P, A: Answer>(_: Typed<S, P, A>) -> &'static [Part] {
    A::PARTS
}

/// The kind of the one value of a function's answer.
#[doc(hidden)]
#[must_use]
pub const fn value_kind<S, P, A: Answer>(_: Typed<S, P, A>) -> Option<Kind> {
    A::VALUE
}

/// Gives the type of a plugin's settings by the type of its context.
#[doc(hidden)]
pub trait HasSettings {
    /// The settings.
    type Settings: 'static;
}

impl<S: 'static> HasSettings for Context<S> {
    type Settings = S;
}

/// The limits that the back end of a plugin is known to have, for each connection. The operator may
/// lower or raise them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// The most requests under way at once, at least 1. `None`: the host's default.
    pub requests_at_once: Option<u32>,
    /// The most requests in a minute, at least 1. `None`: no such limit.
    pub requests_per_minute: Option<u32>,
    /// The headers with the state of the back end's leaky bucket, by which the host waits before
    /// the bucket is full. `None`: there are no such headers.
    pub bucket: Option<Bucket>,
}

impl Limits {
    /// No limit is known.
    pub const NONE: Limits = Limits {
        requests_at_once: None,
        requests_per_minute: None,
        bucket: None,
    };
}

/// The response headers of a leaky bucket, each with a decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// The header with the requests in the bucket now.
    pub fill: &'static str,
    /// The header with the most that the bucket holds.
    pub size: &'static str,
    /// The header with the requests that leave it in a second.
    pub drain: &'static str,
}

impl From<Bucket> for contract::Bucket {
    fn from(bucket: Bucket) -> Self {
        Self {
            fill: bucket.fill.to_owned(),
            size: bucket.size.to_owned(),
            drain: bucket.drain.to_owned(),
        }
    }
}

/// How the host authorises a request to the connection's address. All names are names of settings,
/// unless the documentation of a field says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorisation {
    /// Requests carry no credential.
    None,
    /// HTTP Basic (RFC 7617).
    Basic {
        /// The header that carries it, such as `Authorization`.
        header: &'static str,
        /// The user name.
        username: &'static str,
        /// The secret with the password.
        password: &'static str,
    },
    /// A header made from one secret.
    Header {
        /// The header's name.
        name: &'static str,
        /// The text before the secret, such as `Bearer `; may be empty.
        prefix: &'static str,
        /// The secret.
        setting: &'static str,
    },
    /// A query parameter made from one secret.
    Query {
        /// The query parameter's name.
        name: &'static str,
        /// The secret.
        setting: &'static str,
    },
    /// A signature of the request, made with one secret.
    Hmac(Hmac),
    /// A secret end of the connection's address, as webhooks of Slack and Make have it. With the
    /// address `https://hooks.example.com/services` and the secret `T01/x9`, a request to an empty
    /// path goes to `https://hooks.example.com/services/T01/x9`.
    SecretPath {
        /// The text before the secret in the path, such as `bot`; may be empty.
        prefix: &'static str,
        /// The secret: one or more segments of a path.
        setting: &'static str,
    },
    /// A token from a login request. The host keeps and renews it.
    Login(Login),
}

/// A signature of the request: HMAC (RFC 2104) over its body, with a time stamp before it if the
/// back end wants one. A request without a body signs an empty one.
///
/// ```
/// use krabice_plugin::{Authorisation, Hmac, HmacAlgorithm, HmacEncoding, HmacTimestamp};
///
/// let signed = Authorisation::Hmac(Hmac {
///     header: "X-Signature",
///     prefix: "sha256=",
///     algorithm: HmacAlgorithm::Sha256,
///     encoding: HmacEncoding::Hex,
///     setting: "key",
///     timestamp: Some(HmacTimestamp { header: "X-Timestamp", separator: "." }),
/// });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hmac {
    /// The header that carries the signature.
    pub header: &'static str,
    /// The text before the signature, such as `sha256=`; may be empty.
    pub prefix: &'static str,
    /// The hash function.
    pub algorithm: HmacAlgorithm,
    /// How the signature is written.
    pub encoding: HmacEncoding,
    /// The secret whose UTF-8 bytes are the key.
    pub setting: &'static str,
    /// The time stamp. `None`: the signature is over the body alone.
    pub timestamp: Option<HmacTimestamp>,
}

/// The time stamp of a signature: the seconds since 1970, signed before the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HmacTimestamp {
    /// The header that carries it.
    pub header: &'static str,
    /// The text between the time stamp and the body, such as `.`; may be empty.
    pub separator: &'static str,
}

/// A login request that exchanges credentials for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Login {
    /// The path of the login below the connection's address. The request is a
    /// POST.
    pub path: &'static str,
    /// How the credentials are sent.
    pub credentials: Credentials,
    /// The setting with the user name.
    pub username: &'static str,
    /// The secret with the password.
    pub password: &'static str,
    /// The JSON Pointer (RFC 6901) of the token in the answer.
    pub token: &'static str,
    /// The JSON Pointer of the token's lifetime in seconds.
    pub expires_in: Option<&'static str>,
    /// The header that carries the token on other requests.
    pub header: &'static str,
    /// The text before the token, such as `Bearer `.
    pub prefix: &'static str,
}

/// How the credentials of a login request are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// In an `Authorization` header, as HTTP Basic.
    Basic,
    /// In a form body, by the names of its fields.
    Form {
        /// The name of the user name's field.
        username: &'static str,
        /// The name of the password's field.
        password: &'static str,
    },
    /// In a JSON object, by the names of its members.
    Json {
        /// The name of the user name's member.
        username: &'static str,
        /// The name of the password's member.
        password: &'static str,
    },
}

impl From<Authorisation> for contract::Authorisation {
    fn from(authorisation: Authorisation) -> Self {
        match authorisation {
            Authorisation::None => Self::None,
            Authorisation::Basic {
                header,
                username,
                password,
            } => Self::Basic(contract::Basic {
                header: header.into(),
                username: username.into(),
                password: password.into(),
            }),
            Authorisation::Header {
                name,
                prefix,
                setting,
            } => Self::Header(contract::Header {
                name: name.into(),
                prefix: prefix.into(),
                setting: setting.into(),
            }),
            Authorisation::Query { name, setting } => Self::Query(contract::Query {
                name: name.into(),
                setting: setting.into(),
            }),
            Authorisation::Hmac(hmac) => Self::Hmac(contract::Hmac {
                header: hmac.header.into(),
                prefix: hmac.prefix.into(),
                algorithm: hmac.algorithm,
                encoding: hmac.encoding,
                setting: hmac.setting.into(),
                timestamp: hmac.timestamp.map(|timestamp| contract::HmacTimestamp {
                    header: timestamp.header.into(),
                    separator: timestamp.separator.into(),
                }),
            }),
            Authorisation::SecretPath { prefix, setting } => {
                Self::SecretPath(contract::SecretPath {
                    prefix: prefix.into(),
                    setting: setting.into(),
                })
            }
            Authorisation::Login(login) => Self::Login(contract::Login {
                path: login.path.into(),
                credentials: login.credentials.into(),
                username: login.username.into(),
                password: login.password.into(),
                token: login.token.into(),
                expires_in: login.expires_in.map(Into::into),
                header: login.header.into(),
                prefix: login.prefix.into(),
            }),
        }
    }
}

impl From<Credentials> for contract::LoginCredentials {
    fn from(credentials: Credentials) -> Self {
        let fields = |username: &str, password: &str| contract::LoginFields {
            username: username.into(),
            password: password.into(),
        };
        match credentials {
            Credentials::Basic => Self::Basic,
            Credentials::Form { username, password } => Self::Form(fields(username, password)),
            Credentials::Json { username, password } => Self::Json(fields(username, password)),
        }
    }
}
