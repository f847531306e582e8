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
    let reads = (function.effect == Effect::Reads, "needs the effect reads");
    let writes = (
        function.effect != Effect::Reads,
        "needs an effect that writes",
    );
    let subject = function.subject.as_ref();
    let about =
        |kinds: &[SubjectKind]| subject.is_some_and(|subject| kinds.contains(&subject.kind));
    let has_subject = (subject.is_some(), "needs a subject");
    let lists_orders = (
        function
            .listing
            .as_ref()
            .is_some_and(|listing| listing.kind == SubjectKind::Order),
        "needs a listing of orders",
    );
    let is_subject =
        |parameter: &Parameter| subject.is_some_and(|it| it.parameter == parameter.name);
    let others = || function.own_parameters().filter(|it| !is_subject(it));
    // What a host can give that knows no more than the purpose: the subject and one value.
    let takes = |parameters: &[&Parameter], kind: Kind| {
        parameters.iter().filter(|it| it.kind == kind).count() == 1
            && parameters.iter().all(|it| !it.required || it.kind == kind)
    };
    let takes_one_more = |kind, what| (takes(&others().collect::<Vec<_>>(), kind), what);
    let takes_one = |kind, what| {
        let all = function.own_parameters().collect::<Vec<_>>();
        (takes(&all, kind), what)
    };
    let only_subject = (
        others().all(|it| !it.required),
        "must require no parameter but the subject's",
    );
    let answers_with = |kinds: &[Kind]| match &function.answer {
        Answer::Nothing => false,
        Answer::Value { kind, .. } => kinds.contains(kind),
        Answer::Fields(fields) => fields.iter().any(|field| kinds.contains(&field.kind)),
    };
    let needs = match purpose {
        Purpose::VerifiesIdentity => vec![
            reads,
            has_subject,
            (
                others().any(|it| it.required && it.personal),
                "needs a required parameter with personal data besides the subject's",
            ),
        ],
        Purpose::CustomerOrdersByEmail => vec![
            reads,
            lists_orders,
            takes_one(
                Kind::Email,
                "needs one parameter of the kind email, and must require no other",
            ),
        ],
        Purpose::CustomerOrdersByPhone => vec![
            reads,
            lists_orders,
            takes_one(
                Kind::Phone,
                "needs one parameter of the kind phone, and must require no other",
            ),
        ],
        Purpose::ChangeStatus => vec![
            writes,
            has_subject,
            takes_one_more(
                Kind::Choice,
                "needs one parameter of the kind choice besides the subject's, and must require no other",
            ),
        ],
        Purpose::OrderLabel => vec![
            (
                about(&[SubjectKind::Order]),
                "needs an order as its subject",
            ),
            (answers_with(&[Kind::File]), "needs a file in its answer"),
            only_subject,
        ],
        Purpose::ReturnLabel => vec![
            (
                about(&[SubjectKind::Order, SubjectKind::Claim]),
                "needs an order or a claim as its subject",
            ),
            (answers_with(&[Kind::File]), "needs a file in its answer"),
            only_subject,
        ],
        Purpose::AppendNote => vec![
            writes,
            has_subject,
            takes_one_more(
                Kind::Text,
                "needs one parameter of the kind text besides the subject's, and must require no other",
            ),
        ],
        Purpose::OrderInvoice => vec![
            reads,
            (
                about(&[SubjectKind::Order]),
                "needs an order as its subject",
            ),
            (
                answers_with(&[Kind::File, Kind::Url]),
                "needs a file or an address in its answer",
            ),
            only_subject,
        ],
    };
    let missing = needs.into_iter().filter(|(fulfilled, _)| !fulfilled);
    missing.map(|(_, what)| what).collect()
}
