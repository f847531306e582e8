//! The marks of functions and the feeds of a plugin, checked while a definition is compiled.
//!
//! The rules are those of `wit/manifest.wit`. A constant can only panic with a whole text, so a
//! message does not repeat the name that is wrong; the compiler shows where it stands.

use crate::answer::{FieldOf, Part, count as count_parts, nth as nth_part};
use crate::contract::{self, Effect, Kind, Purpose, SubjectKind, Texts, texts};
use crate::name::{self, equal};
use crate::params::{Asked, Member, count, nth};

/// What the attribute of a function says of it, and what its types say.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Description {
    /// Its name.
    pub name: &'static str,
    /// Its label.
    pub label: Texts,
    /// Its help.
    pub help: Texts,
    /// Its effect.
    pub effect: Effect,
    /// Its marks.
    pub marks: Marks,
    /// The fields of its parameters.
    pub members: &'static [Member],
    /// The fields of its answer.
    pub parts: &'static [Part],
    /// The kind of the one value of its answer.
    pub value: Option<Kind>,
}

/// The marks of a function.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Marks {
    /// What it is good for.
    pub purposes: &'static [Purpose],
    /// What it is about.
    pub subject: Option<Subject>,
    /// The list of things in its answer.
    pub listing: Option<Listing>,
    /// Whether calls about the same subject wait for each other.
    pub exclusive: bool,
}

/// What a function is about, by names of the contract.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Subject {
    /// The kind of the thing.
    pub kind: SubjectKind,
    /// The parameter that names it.
    pub parameter: &'static str,
    /// The field of the answer with the back end's own spelling.
    pub field: Option<&'static str>,
}

/// A list of things in an answer, by names of the contract.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Listing {
    /// The field with the list.
    pub items: &'static str,
    /// The kind of the things.
    pub kind: SubjectKind,
    /// The part of an item that tells it from all others.
    pub key: &'static str,
    /// The part of an item by which other functions take it.
    pub subject: &'static str,
}

impl From<Subject> for contract::Subject {
    fn from(subject: Subject) -> Self {
        Self {
            kind: subject.kind,
            parameter: subject.parameter.to_owned(),
            field: subject.field.map(str::to_owned),
        }
    }
}

impl From<Listing> for contract::Listing {
    fn from(listing: Listing) -> Self {
        Self {
            items: listing.items.to_owned(),
            kind: listing.kind,
            key: listing.key.to_owned(),
            subject: listing.subject.to_owned(),
        }
    }
}

/// How a host can notice what changed at the back end: it calls a function again and again, and
/// compares the items with those that it knows. A round is the calls that follow at once while
/// `more` is true. Fields and parameters have their names of the contract, with hyphens.
///
/// ```
/// use krabice_plugin::{
///     Context, Cursor, Failure, Feed, Fields, Outcome, Params, Plugin, Timestamp, function, functions,
/// };
///
/// #[derive(Params)]
/// struct Since {
///     /// Since
///     since: Option<Timestamp>,
/// }
///
/// #[derive(Fields)]
/// struct Changes {
///     /// Orders
///     orders: Vec<Order>,
///     /// Next
///     next: Timestamp,
/// }
///
/// #[derive(Fields)]
/// struct Order {
///     /// Number
///     number: String,
///     /// Status
///     status: String,
/// }
///
/// /// List changed orders
/// #[function(reads, listing(order = orders, key = number))]
/// fn list_changed_orders(shop: &Context, asked: Since) -> Result<Outcome<Changes>, Failure> {
///     Ok(Outcome::False)
/// }
///
/// static SHOP: Plugin = Plugin::new("shop", "1.0.0", &[("en", "Shop")])
///     .functions(functions![list_changed_orders])
///     .feeds(&[Feed {
///         name: "orders",
///         label: &[("en", "Orders")],
///         help: &[("en", "New orders, and changes of their status.")],
///         function: "list-changed-orders",
///         since: Some("since"),
///         cursor: &[Cursor { field: "next", parameter: "since", overlap: 60 }],
///         more: None,
///         changes: &["status"],
///         reread: None,
///         every: 300,
///     }]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feed {
    /// The feed's name, unique among those of the plugin.
    pub name: &'static str,
    /// The name that a person sees.
    pub label: Texts,
    /// What it notices, and what it cannot notice.
    pub help: Texts,
    /// The function that is called. It reads, has a `listing`, and requires no parameter.
    pub function: &'static str,
    /// The parameter, a [`Timestamp`](crate::Timestamp), that says from when on the first call asks.
    pub since: Option<&'static str>,
    /// The fields of the answer that the next call takes.
    pub cursor: &'static [Cursor],
    /// The field, a `bool`, that says whether more items wait, to be asked for at once.
    pub more: Option<&'static str>,
    /// The parts of an item whose change is a change; at least one.
    pub changes: &'static [&'static str],
    /// The function that reads one item again, for back ends that do not tell all changes. It
    /// requires no parameter but its subject's, and its answer has the `changes` as fields.
    pub reread: Option<&'static str>,
    /// How long to wait between two rounds, in seconds, at least 60.
    pub every: u32,
}

/// A field of a feed's answer that the next call takes as a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The field.
    pub field: &'static str,
    /// The parameter, of the same kind.
    pub parameter: &'static str,
    /// How many seconds before the value the next round begins, for back ends that show things late.
    /// Only for a [`Timestamp`](crate::Timestamp), else 0.
    ///
    /// It is subtracted for the first call of a round alone. Within a round, while `more` is true,
    /// the next call takes the value as it is; so it has to lead past what was answered, or the
    /// round never ends.
    pub overlap: u32,
}

impl Feed {
    pub(crate) fn describe(&self) -> contract::Feed {
        contract::Feed {
            name: self.name.to_owned(),
            label: texts(self.label),
            help: texts(self.help),
            function: self.function.to_owned(),
            since: self.since.map(str::to_owned),
            cursor: self.cursor.iter().map(Cursor::describe).collect(),
            more: self.more.map(str::to_owned),
            changes: self.changes.iter().map(|part| (*part).to_owned()).collect(),
            reread: self.reread.map(str::to_owned),
            every: self.every,
        }
    }

    /// Refuses a feed that its functions do not fit.
    pub(crate) const fn check(&self, function: &Description, reread: Option<&Description>) {
        name::check(self.name);
        name::check_label(self.label);
        let Some(listing) = function.marks.listing else {
            panic!("the function of a feed needs a `listing`")
        };
        assert!(
            function.reads() && !function.requires_besides(None, None),
            "the function of a feed reads and requires no parameter"
        );
        if let Some(since) = self.since {
            assert!(
                matches!(function.parameter(since).kind, Kind::Timestamp),
                "`since` of a feed is a parameter of type `Timestamp`"
            );
        }
        if let Some(more) = self.more {
            assert!(
                matches!(function.field(more).kind, Kind::Boolean),
                "`more` of a feed is a field of type `bool`"
            );
        }
        let mut at = 0;
        while at < self.cursor.len() {
            let cursor = &self.cursor[at];
            let kind = function.field(cursor.field).kind;
            assert!(
                same(kind, function.parameter(cursor.parameter).kind),
                "a cursor's field and parameter are of the same kind"
            );
            assert!(
                cursor.overlap == 0 || matches!(kind, Kind::Timestamp),
                "only a cursor of type `Timestamp` can have an overlap"
            );
            at += 1;
        }
        assert!(
            !self.changes.is_empty(),
            "`changes` of a feed names at least one part of an item"
        );
        assert!(
            self.every >= 60,
            "a feed waits at least 60 seconds between two rounds"
        );
        let items = function.field(listing.items).parts;
        let mut at = 0;
        while at < self.changes.len() {
            let Some(change) = find(items, self.changes[at]) else {
                panic!("`changes` of a feed names what the items do not have")
            };
            if let Some(reread) = reread {
                reread.check_rereads(listing.kind, change);
            }
            at += 1;
        }
    }
}

impl Cursor {
    fn describe(&self) -> contract::Cursor {
        contract::Cursor {
            field: self.field.to_owned(),
            parameter: self.parameter.to_owned(),
            overlap: self.overlap,
        }
    }
}

impl Description {
    /// Refuses marks that the function does not fit.
    #[must_use]
    pub const fn checked(self) -> Self {
        let Marks {
            purposes,
            subject,
            listing,
            exclusive,
        } = self.marks;
        if let Some(subject) = subject {
            let parameter = self.parameter(subject.parameter);
            assert!(
                parameter.required,
                "the parameter of the `subject` is required: it is no `Option` and has no default"
            );
            assert!(
                names(parameter.kind),
                "the parameter of the `subject` is a text or an integer"
            );
            if let Some(field) = subject.field {
                assert!(
                    names(self.field(field).kind),
                    "the `field` of the `subject` is a text or an integer"
                );
            }
        }
        if let Some(listing) = listing {
            let items = self.field(listing.items).parts;
            let (Some(key), Some(subject)) =
                (find(items, listing.key), find(items, listing.subject))
            else {
                panic!("`listing` names what an item does not have")
            };
            assert!(
                names(key.kind) && names(subject.kind),
                "`key` and `subject` of `listing` are texts or integers"
            );
            assert!(
                !key.optional,
                "the `key` of `listing` is always there: it is no `Option`"
            );
        }
        if exclusive {
            assert!(
                !self.reads(),
                "`exclusive` is for functions that write: two calls that read lose nothing"
            );
            assert!(
                subject.is_some(),
                "`exclusive` needs a `subject`, for only calls about the same thing wait for each other"
            );
        }
        let mut at = 0;
        while at < purposes.len() {
            let mut before = 0;
            while before < at {
                assert!(
                    purposes[before] as u8 != purposes[at] as u8,
                    "the same purpose is given twice"
                );
                before += 1;
            }
            self.check_purpose(purposes[at]);
            at += 1;
        }
        self
    }

    /// Refuses a purpose whose form the function does not have: see `enum purpose`.
    const fn check_purpose(&self, purpose: Purpose) {
        match purpose {
            Purpose::VerifiesIdentity => {
                assert!(self.reads(), "`verifies_identity` is for functions that read");
                let subject = self.needs_subject("`verifies_identity` needs a `subject`");
                assert!(
                    self.compares_personal_data(subject.parameter),
                    "`verifies_identity` needs a required parameter that is `personal`, besides \
                     that of the `subject`"
                );
            }
            Purpose::CustomerOrdersByEmail => self.check_customer_orders(
                Kind::Email,
                "`customer_orders_by_email` needs one parameter of type `Email`, and requires no other",
            ),
            Purpose::CustomerOrdersByPhone => self.check_customer_orders(
                Kind::Phone,
                "`customer_orders_by_phone` needs one parameter of type `Phone`, and requires no other",
            ),
            Purpose::ChangeStatus => {
                assert!(!self.reads(), "`change_status` is for functions that write");
                let subject = self.needs_subject("`change_status` needs a `subject`");
                let Some(status) = self.only(Kind::Choice, subject.parameter) else {
                    panic!("`change_status` needs one parameter that is a choice: the new status")
                };
                assert!(
                    !self.requires_besides(Some(subject.parameter), Some(status)),
                    "`change_status` requires no parameters but those of the `subject` and of the status"
                );
            }
            Purpose::OrderLabel => self.check_file(
                "`order_label` needs an order as its `subject`, and requires no other parameter",
                false,
            ),
            Purpose::ReturnLabel => self.check_file(
                "`return_label` needs an order or a claim as its `subject`, and requires no other \
                 parameter",
                true,
            ),
            Purpose::AppendNote => {
                assert!(!self.reads(), "`append_note` is for functions that write");
                let subject = self.needs_subject("`append_note` needs a `subject`");
                let Some(text) = self.only(Kind::Text, subject.parameter) else {
                    panic!("`append_note` needs one parameter of type `String`: the text to add")
                };
                assert!(
                    !self.requires_besides(Some(subject.parameter), Some(text)),
                    "`append_note` requires no parameters but those of the `subject` and of the text"
                );
            }
            Purpose::OrderInvoice => {
                assert!(self.reads(), "`order_invoice` is for functions that read");
                self.check_alone(
                    "`order_invoice` needs an order as its `subject`, and requires no other parameter",
                    false,
                );
                assert!(
                    self.answers_with(Kind::File) || self.answers_with(Kind::Url),
                    "`order_invoice` answers with a `File` or a `Url`"
                );
            }
        }
    }

    const fn check_customer_orders(&self, kind: Kind, rule: &'static str) {
        assert!(
            self.reads(),
            "a function that lists the orders of a customer reads"
        );
        assert!(
            matches!(
                self.marks.listing,
                Some(Listing {
                    kind: SubjectKind::Order,
                    ..
                })
            ),
            "a function that lists the orders of a customer needs a `listing` of orders"
        );
        let only = self.only(kind, "");
        assert!(
            only.is_some() && !self.requires_besides(only, None),
            "{}",
            rule
        );
    }

    const fn check_file(&self, rule: &'static str, claims: bool) {
        self.check_alone(rule, claims);
        assert!(
            self.answers_with(Kind::File),
            "a function that loads a label answers with a `File`"
        );
    }

    /// Whether its subject is an order, or also a claim, and it requires no other parameter.
    const fn check_alone(&self, rule: &'static str, claims: bool) {
        let subject = self.needs_subject(rule);
        let kind = match subject.kind {
            SubjectKind::Order => true,
            SubjectKind::Claim => claims,
            SubjectKind::Customer => false,
        };
        assert!(
            kind && !self.requires_besides(Some(subject.parameter), None),
            "{}",
            rule
        );
    }

    const fn reads(&self) -> bool {
        matches!(self.effect, Effect::Reads)
    }

    const fn needs_subject(&self, rule: &'static str) -> Subject {
        match self.marks.subject {
            Some(subject) => subject,
            None => panic!("{}", rule),
        }
    }

    /// Whether it requires a parameter with personal data besides that of the subject.
    const fn compares_personal_data(&self, subject: &str) -> bool {
        let mut at = 0;
        while at < count(self.members) {
            let asked = nth(self.members, at);
            if asked.required && asked.personal && !equal(asked.name, subject) {
                return true;
            }
            at += 1;
        }
        false
    }

    /// The name of its only parameter of this kind besides one.
    const fn only(&self, kind: Kind, besides: &str) -> Option<&'static str> {
        let mut found = None;
        let mut at = 0;
        while at < count(self.members) {
            let asked = nth(self.members, at);
            if same(asked.kind, kind) && !equal(asked.name, besides) {
                if found.is_some() {
                    return None;
                }
                found = Some(asked.name);
            }
            at += 1;
        }
        found
    }

    /// Whether it requires another parameter than these.
    const fn requires_besides(&self, one: Option<&str>, other: Option<&str>) -> bool {
        let mut at = 0;
        while at < count(self.members) {
            let asked = nth(self.members, at);
            if asked.required && !is(one, asked.name) && !is(other, asked.name) {
                return true;
            }
            at += 1;
        }
        false
    }

    /// Whether its answer is, or has, a value of this kind.
    const fn answers_with(&self, kind: Kind) -> bool {
        if let Some(value) = self.value {
            return same(value, kind);
        }
        let mut at = 0;
        while at < count_parts(self.parts) {
            if same(nth_part(self.parts, at).kind, kind) {
                return true;
            }
            at += 1;
        }
        false
    }

    const fn parameter(&self, name: &str) -> Asked {
        let mut at = 0;
        while at < count(self.members) {
            let asked = nth(self.members, at);
            if equal(asked.name, name) {
                return asked;
            }
            at += 1;
        }
        panic!("a feed names a parameter that its function does not have")
    }

    const fn field(&self, name: &str) -> FieldOf {
        match find(self.parts, name) {
            Some(field) => field,
            None => panic!("a feed names a field that the answer of its function does not have"),
        }
    }

    /// Refuses a function that cannot read an item again for what changes of it.
    const fn check_rereads(&self, kind: SubjectKind, change: FieldOf) {
        assert!(
            self.reads(),
            "`reread` of a feed names a function that reads"
        );
        let subject = self.needs_subject("`reread` of a feed names a function with a `subject`");
        assert!(
            subject.kind as u8 == kind as u8,
            "the subject of `reread` of a feed is of the kind that the feed lists"
        );
        assert!(
            !self.requires_besides(Some(subject.parameter), None),
            "`reread` of a feed requires no parameter but that of its subject"
        );
        let Some(own) = find(self.parts, change.name) else {
            panic!("`reread` of a feed answers without one of the `changes`")
        };
        assert!(
            same(own.kind, change.kind),
            "`reread` of a feed answers with one of the `changes` in another kind"
        );
    }
}

const fn find(parts: &'static [Part], name: &str) -> Option<FieldOf> {
    let mut at = 0;
    while at < count_parts(parts) {
        let part = nth_part(parts, at);
        if equal(part.name, name) {
            return Some(part);
        }
        at += 1;
    }
    None
}

/// Whether a value of this kind can name a thing.
const fn names(kind: Kind) -> bool {
    match kind {
        Kind::Integer | Kind::Text | Kind::Email | Kind::Phone | Kind::Url | Kind::Choice => true,
        Kind::Boolean
        | Kind::Decimal
        | Kind::Timestamp
        | Kind::List
        | Kind::Record
        | Kind::File => false,
    }
}

const fn same(one: Kind, other: Kind) -> bool {
    one as u8 == other as u8
}

const fn is(one: Option<&str>, other: &str) -> bool {
    match one {
        Some(one) => equal(one, other),
        None => false,
    }
}
