//! The marks of a function: `purposes(...)`, `subject(...)`, `listing(...)` and `exclusive`.
//!
//! Parameters and fields are named by their Rust names, which `krabice-plugin` looks up where it has
//! the types.

use darling::ast::NestedMeta;
use darling::{Error, FromMeta, Result};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident, Meta};

/// The purposes, by the word of the attribute and the variant of the contract's type.
const PURPOSES: [(&str, &str); 8] = [
    ("verifies_identity", "VerifiesIdentity"),
    ("customer_orders_by_email", "CustomerOrdersByEmail"),
    ("customer_orders_by_phone", "CustomerOrdersByPhone"),
    ("change_status", "ChangeStatus"),
    ("order_label", "OrderLabel"),
    ("return_label", "ReturnLabel"),
    ("append_note", "AppendNote"),
    ("order_invoice", "OrderInvoice"),
];

/// The kinds of things, in the same way.
const KINDS: [(&str, &str); 3] = [
    ("order", "Order"),
    ("claim", "Claim"),
    ("customer", "Customer"),
];

/// The marks of a function.
pub(crate) struct Marks {
    pub(crate) purposes: Purposes,
    pub(crate) subject: Option<Subject>,
    pub(crate) listing: Option<Listing>,
    pub(crate) exclusive: bool,
}

/// `purposes(verifies_identity)`: variants of the contract's type.
#[derive(Default)]
pub(crate) struct Purposes(Vec<Ident>);

/// `subject(order = number, field = order_id)`.
pub(crate) struct Subject {
    kind: Ident,
    parameter: Ident,
    field: Option<Ident>,
}

/// `listing(order = orders, key = order_id, subject = number)`.
pub(crate) struct Listing {
    kind: Ident,
    items: Ident,
    key: Ident,
    subject: Ident,
}

impl FromMeta for Purposes {
    fn from_list(items: &[NestedMeta]) -> Result<Self> {
        let mut errors = Error::accumulator();
        let read = |item: &NestedMeta| {
            let NestedMeta::Meta(Meta::Path(path)) = item else {
                let what = "expected the name of a purpose, such as `verifies_identity`";
                return Err(Error::custom(what).with_span(item));
            };
            let word = path.require_ident()?;
            variant(&PURPOSES, word).ok_or_else(|| {
                let known: Vec<_> = PURPOSES.iter().map(|(word, _)| *word).collect();
                Error::custom(format!(
                    "`{word}` is not a purpose; the purposes are {}",
                    known.join(", ")
                ))
                .with_span(word)
            })
        };
        let purposes = items
            .iter()
            .filter_map(|item| errors.handle(read(item)))
            .collect();
        errors.finish_with(Self(purposes))
    }
}

impl FromMeta for Subject {
    fn from_list(items: &[NestedMeta]) -> Result<Self> {
        let mut names = Names::read(
            items,
            &["field"],
            "`subject` says what the function is about, and which parameter names it: \
             `subject(order = number)`, or with the field of the answer that has the back end's own \
             spelling: `subject(order = number, field = order_id)`",
        )?;
        let (kind, parameter) = names.kind()?;
        Ok(Self {
            kind,
            parameter,
            field: names.take("field"),
        })
    }
}

impl FromMeta for Listing {
    fn from_list(items: &[NestedMeta]) -> Result<Self> {
        let mut names = Names::read(
            items,
            &["key", "subject"],
            "`listing` says what the answer lists, in which field, and which part of an item tells \
             it from all others: `listing(order = orders, key = order_id)`; where other functions \
             take it by another part: `listing(order = orders, key = id, subject = number)`",
        )?;
        let (kind, items) = names.kind()?;
        let key = names.take("key").ok_or_else(|| names.wrong())?;
        let subject = names.take("subject").unwrap_or_else(|| key.clone());
        Ok(Self {
            kind,
            items,
            key,
            subject,
        })
    }
}

/// The items `name = field` of a mark.
struct Names {
    named: Vec<(Ident, Ident)>,
    /// What the mark looks like, for errors.
    form: &'static str,
}

impl Names {
    /// Reads items whose names are a kind of thing or one of `others`, each once.
    fn read(items: &[NestedMeta], others: &[&str], form: &'static str) -> Result<Self> {
        let mut named: Vec<(Ident, Ident)> = Vec::new();
        for item in items {
            let wrong = |at: Span| Error::custom(form).with_span(&at);
            let NestedMeta::Meta(Meta::NameValue(pair)) = item else {
                return Err(wrong(item.span()));
            };
            let name = pair.path.require_ident()?;
            let known = variant(&KINDS, name).is_some() || others.iter().any(|it| name == it);
            let Expr::Path(path) = &pair.value else {
                return Err(wrong(pair.value.span()));
            };
            let value = path.path.require_ident()?;
            if !known || named.iter().any(|(other, _)| other == name) {
                return Err(wrong(name.span()));
            }
            named.push((name.clone(), value.clone()));
        }
        Ok(Self { named, form })
    }

    /// The kind of thing, as a variant, and the field that is named for it.
    fn kind(&mut self) -> Result<(Ident, Ident)> {
        let mut kinds = self
            .named
            .iter()
            .filter_map(|(name, value)| Some((variant(&KINDS, name)?, value.clone())));
        match (kinds.next(), kinds.next()) {
            (Some(kind), None) => Ok(kind),
            _ => Err(self.wrong()),
        }
    }

    fn take(&mut self, wanted: &str) -> Option<Ident> {
        let found = self.named.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.clone())
    }

    fn wrong(&self) -> Error {
        let at = self.named.first().map(|(name, _)| name.span());
        Error::custom(self.form).with_span(&at.unwrap_or_else(Span::call_site))
    }
}

/// The variant of a word, at the word's place.
fn variant(table: &[(&str, &str)], word: &Ident) -> Option<Ident> {
    let (_, variant) = table.iter().find(|(known, _)| word == known)?;
    Some(Ident::new(variant, word.span()))
}

impl Marks {
    /// The marks as an expression, where `MEMBERS` and `PARTS` are those of the function.
    pub(crate) fn expression(&self) -> TokenStream {
        let purposes = &self.purposes.0;
        let subject = optional(self.subject.as_ref().map(Subject::expression));
        let listing = optional(self.listing.as_ref().map(Listing::expression));
        let exclusive = self.exclusive;
        quote! {
            ::krabice_plugin::private::Marks {
                purposes: &[#(::krabice_plugin::contract::Purpose::#purposes),*],
                subject: #subject,
                listing: #listing,
                exclusive: #exclusive,
            }
        }
    }
}

fn optional(expression: Option<TokenStream>) -> TokenStream {
    match expression {
        Some(expression) => quote!(::core::option::Option::Some(#expression)),
        None => quote!(::core::option::Option::None),
    }
}

impl Subject {
    fn expression(&self) -> TokenStream {
        let Self {
            kind,
            parameter,
            field,
        } = self;
        let field = optional(field.as_ref().map(|field| {
            part(
                "`field` of `subject` names what the answer does not have",
                &quote!(PARTS),
                field,
            )
        }));
        let parameter = quote_spanned! {parameter.span()=>
            ::krabice_plugin::private::name_of(
                "`subject` names a field that the parameters do not have",
                MEMBERS,
                stringify!(#parameter),
            )
        };
        quote! {
            ::krabice_plugin::private::Subject {
                kind: ::krabice_plugin::contract::SubjectKind::#kind,
                parameter: #parameter,
                field: #field,
            }
        }
    }
}

impl Listing {
    fn expression(&self) -> TokenStream {
        let Self {
            kind,
            items,
            key,
            subject,
        } = self;
        let list = quote_spanned! {items.span()=>
            ::krabice_plugin::private::items_of(PARTS, stringify!(#items))
        };
        let key = part(
            "`key` of `listing` names what an item does not have",
            &list,
            key,
        );
        let subject = part(
            "`subject` of `listing` names what an item does not have",
            &list,
            subject,
        );
        let items = part(
            "`listing` names what the answer does not have",
            &quote!(PARTS),
            items,
        );
        quote! {
            ::krabice_plugin::private::Listing {
                items: #items,
                kind: ::krabice_plugin::contract::SubjectKind::#kind,
                key: #key,
                subject: #subject,
            }
        }
    }
}

/// The contract's name of a field among `parts`; `rule` is the error for one that is not there.
fn part(rule: &str, parts: &TokenStream, field: &Ident) -> TokenStream {
    quote_spanned! {field.span()=>
        ::krabice_plugin::private::part_of(#rule, #parts, stringify!(#field))
    }
}
