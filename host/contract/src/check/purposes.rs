//! What a function says that it is good for: its form must keep what each word promises.

use super::Problems;
use crate::kind::Kind;
use crate::manifest::{
    Answer, Effect, Function, Listing, Parameter, Purpose, Subject, SubjectKind,
};

pub(super) fn check(at: &str, function: &Function, problems: &mut Problems) {
    if let Some(subject) = &function.subject {
        check_subject(&format!("{at}.subject"), function, subject, problems);
    }
    if let Some(listing) = &function.listing {
        check_listing(&format!("{at}.listing"), function, listing, problems);
    }
    if function.exclusive {
        let at = format!("{at}.exclusive");
        if function.subject.is_none() {
            problems.add(
                &*at,
                "is set, but there is no subject by which calls could wait for each other",
            );
        }
        if function.effect == Effect::Reads {
            problems.add(&*at, "is set, but the effect is reads, which needs no turn");
        }
    }
    problems.unique(
        &format!("{at}.purposes"),
        function.purposes.iter().map(|purpose| purpose.word()),
    );
    for purpose in &function.purposes {
        for missing in missing_for(*purpose, function) {
            problems.add(format!("{at}.purposes.{}", purpose.word()), missing);
        }
    }
}

fn check_subject(at: &str, function: &Function, subject: &Subject, problems: &mut Problems) {
    let name = &subject.parameter;
    let parameter = function
        .own_parameters()
        .find(|parameter| parameter.name == *name);
    let fault = match parameter {
        None => Some("is not a parameter of the function"),
        Some(parameter) if !parameter.required => Some("is not required"),
        Some(parameter) if !is_name_like(parameter.kind) => Some("is neither a text nor a number"),
        Some(_) => None,
    };
    if let Some(fault) = fault {
        problems.add(
            format!("{at}.parameter"),
            format!("names `{name}`, which {fault}"),
        );
    }
    if let Some(name) = &subject.field {
        let mut fields = function.fields().iter();
        let fault = match fields.find(|field| field.path == *name) {
            None => Some("is not a field of the answer"),
            Some(field) if !is_name_like(field.kind) => Some("is neither a text nor a number"),
            Some(_) if name.contains('.') => Some("is a part of another field"),
            Some(_) => None,
        };
        if let Some(fault) = fault {
            problems.add(
                format!("{at}.field"),
                format!("names `{name}`, which {fault}"),
            );
        }
    }
}

fn check_listing(at: &str, function: &Function, listing: &Listing, problems: &mut Problems) {
    let name = &listing.items;
    let fields = function.fields();
    let list = fields.iter().find(|field| field.path == *name);
    let fault = match list {
        None => Some("is not a field of the answer"),
        Some(_) if name.contains('.') => Some("is a part of another field"),
        Some(field) if field.kind != Kind::List || field.items.is_some() => {
            Some("is not a list of records")
        }
        Some(_) => None,
    };
    if let Some(fault) = fault {
        problems.add(
            format!("{at}.items"),
            format!("names `{name}`, which {fault}"),
        );
        return;
    }
    for (part, what) in [(&listing.key, "key"), (&listing.subject, "subject")] {
        let path = format!("{name}.{part}");
        let fault = match fields.iter().find(|field| field.path == path) {
            None => Some("is not a field of the answer"),
            Some(_) if part.contains('.') => Some("is a part of a part"),
            Some(field) if !is_name_like(field.kind) => Some("is neither a text nor a number"),
            Some(field) if field.optional && what == "key" => Some("may be absent"),
            Some(_) => None,
        };
        if let Some(fault) = fault {
            problems.add(
                format!("{at}.{what}"),
                format!("names `{part}`: `{path}` {fault}"),
            );
        }
    }
}

/// Whether a value of this kind can name a thing.
fn is_name_like(kind: Kind) -> bool {
    kind.is_textual() || kind == Kind::Integer
}

/// What a function lacks for a purpose, as `wit/manifest.wit` describes it.
fn missing_for(purpose: Purpose, function: &Function) -> Vec<&'static str> {
    let form = Form(function);
    let needs = match purpose {
        Purpose::VerifiesIdentity => vec![form.reads(), form.subject(), form.proof()],
        Purpose::CustomerOrdersByEmail => vec![
            form.reads(),
            form.lists_orders(),
            form.takes(
                Kind::Email,
                "needs one parameter of the kind email, and must require no other",
            ),
        ],
        Purpose::CustomerOrdersByPhone => vec![
            form.reads(),
            form.lists_orders(),
            form.takes(
                Kind::Phone,
                "needs one parameter of the kind phone, and must require no other",
            ),
        ],
        Purpose::ChangeStatus => vec![
            form.writes(),
            form.subject(),
            form.takes_besides_subject(
                Kind::Choice,
                "needs one parameter of the kind choice besides the subject's, and must require no other",
            ),
        ],
        Purpose::AppendNote => vec![
            form.writes(),
            form.subject(),
            form.takes_besides_subject(
                Kind::Text,
                "needs one parameter of the kind text besides the subject's, and must require no other",
            ),
        ],
        Purpose::OrderLabel => vec![form.order(), form.file(), form.only_subject()],
        Purpose::ReturnLabel => vec![form.order_or_claim(), form.file(), form.only_subject()],
        Purpose::OrderInvoice => vec![
            form.reads(),
            form.order(),
            form.file_or_address(),
            form.only_subject(),
        ],
    };
    let missing = needs.into_iter().filter(|(fulfilled, _)| !fulfilled);
    missing.map(|(_, what)| what).collect()
}

/// The form of a function: each method gives a demand, whether it is fulfilled, and its
/// words.
struct Form<'a>(&'a Function);

type Demand = (bool, &'static str);

impl Form<'_> {
    fn reads(&self) -> Demand {
        (self.0.effect == Effect::Reads, "needs the effect reads")
    }

    fn writes(&self) -> Demand {
        (
            self.0.effect != Effect::Reads,
            "needs an effect that writes",
        )
    }

    fn subject(&self) -> Demand {
        (self.0.subject.is_some(), "needs a subject")
    }

    fn order(&self) -> Demand {
        let is_order = self.is_about(&[SubjectKind::Order]);
        (is_order, "needs an order as its subject")
    }

    fn order_or_claim(&self) -> Demand {
        let fits = self.is_about(&[SubjectKind::Order, SubjectKind::Claim]);
        (fits, "needs an order or a claim as its subject")
    }

    fn is_about(&self, kinds: &[SubjectKind]) -> bool {
        let subject = self.0.subject.as_ref();
        subject.is_some_and(|subject| kinds.contains(&subject.kind))
    }

    fn lists_orders(&self) -> Demand {
        let listing = self.0.listing.as_ref();
        let lists = listing.is_some_and(|listing| listing.kind == SubjectKind::Order);
        (lists, "needs a listing of orders")
    }

    fn proof(&self) -> Demand {
        let proves = self.besides_subject().any(|it| it.required && it.personal);
        (
            proves,
            "needs a required parameter with personal data besides the subject's",
        )
    }

    fn only_subject(&self) -> Demand {
        let only = self.besides_subject().all(|it| !it.required);
        (only, "must require no parameter but the subject's")
    }

    fn file(&self) -> Demand {
        let answers = self.answers_with(&[Kind::File]);
        (answers, "needs a file in its answer")
    }

    fn file_or_address(&self) -> Demand {
        let answers = self.answers_with(&[Kind::File, Kind::Url]);
        (answers, "needs a file or an address in its answer")
    }

    /// One parameter of a kind, and no other that a host with no more knowledge would have to
    /// give.
    fn takes(&self, kind: Kind, what: &'static str) -> Demand {
        (is_all_to_give(self.0.own_parameters(), kind), what)
    }

    fn takes_besides_subject(&self, kind: Kind, what: &'static str) -> Demand {
        (is_all_to_give(self.besides_subject(), kind), what)
    }

    fn besides_subject(&self) -> impl Iterator<Item = &Parameter> {
        let subject = self.0.subject.as_ref().map(|it| it.parameter.as_str());
        let parameters = self.0.own_parameters();
        parameters.filter(move |it| Some(it.name.as_str()) != subject)
    }

    fn answers_with(&self, kinds: &[Kind]) -> bool {
        match &self.0.answer {
            Answer::Nothing => false,
            Answer::Value { kind, .. } => kinds.contains(kind),
            Answer::Fields(fields) => fields
                .iter()
                .any(|field| kinds.contains(&field.kind) && !field.path.contains('.')),
        }
    }
}

/// Whether one of the parameters has a kind, and no other is required.
fn is_all_to_give<'a>(parameters: impl Iterator<Item = &'a Parameter>, kind: Kind) -> bool {
    let (of_kind, others): (Vec<_>, Vec<_>) = parameters.partition(|it| it.kind == kind);
    of_kind.len() == 1 && others.iter().all(|it| !it.required)
}
