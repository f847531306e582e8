//! What the attributes have in common: texts by language, and the pieces of a
//! struct.

use darling::ast::NestedMeta;
use darling::{Error, FromMeta, Result};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Data, DataStruct, DeriveInput, Field, Fields};

/// Texts by language, in the order in which they were written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts(Vec<(String, String)>);

impl FromMeta for Texts {
    fn from_list(items: &[NestedMeta]) -> Result<Self> {
        let mut errors = Error::accumulator();
        let mut texts: Vec<(String, String)> = Vec::new();
        for item in items {
            let text = match item {
                NestedMeta::Meta(syn::Meta::NameValue(pair)) => errors.handle_in(|| {
                    let language = pair.path.require_ident()?;
                    Ok((
                        language.to_string().replace('_', "-"),
                        String::from_expr(&pair.value)?,
                    ))
                }),
                other => errors.handle_in(|| {
                    Err(
                        Error::custom("expected a text by language, such as `en = \"Order\"`")
                            .with_span(other),
                    )
                }),
            };
            let Some((language, text)) = text else {
                continue;
            };
            if text.trim().is_empty() {
                errors.push(Error::custom("an empty text").with_span(item));
            }
            if language != language.to_lowercase() {
                errors.push(Error::custom("languages are in lower case").with_span(item));
            }
            if texts.iter().any(|(other, _)| *other == language) {
                errors.push(Error::custom(format!("`{language}` stands twice")).with_span(item));
            }
            texts.push((language, text));
        }
        errors.finish_with(Self(texts))
    }
}

impl ToTokens for Texts {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let pairs = self
            .0
            .iter()
            .map(|(language, text)| quote!((#language, #text)));
        tokens.extend(quote!(&[#(#pairs),*]));
    }
}

/// The label, which the contract asks for. `at` is where the error stands.
pub(crate) fn label(label: Option<Texts>, at: Span) -> Result<Texts> {
    match label {
        Some(label) if !label.0.is_empty() => Ok(label),
        _ => Err(Error::custom(
            "no label: say how a person sees it, in one language at least, such as \
             `label(en = \"Order number\")`",
        )
        .with_span(&at)),
    }
}

/// The attributes called `name` of a thing as one list, and where to put an error
/// about it: at the attribute, else at the thing.
pub(crate) fn list(
    attributes: &[syn::Attribute],
    name: &str,
    thing: &impl Spanned,
) -> Result<(Vec<NestedMeta>, Span)> {
    let mut items = Vec::new();
    let mut span = None;
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident(name))
    {
        let list = attribute.meta.require_list()?;
        items.extend(NestedMeta::parse_meta_list(list.tokens.clone())?);
        span.get_or_insert_with(|| attribute.path().span());
    }
    Ok((items, span.unwrap_or_else(|| thing.span())))
}

/// Refuses what stands beside `flatten`: the parts have labels of their own.
pub(crate) fn alone(items: &[NestedMeta], flatten: &darling::util::Flag) -> Result<()> {
    if items.len() == 1 {
        return Ok(());
    }
    Err(Error::custom("`flatten` stands alone").with_span(&flatten.span()))
}

/// The named fields of a struct without generics.
pub(crate) fn named_fields<'a>(input: &'a DeriveInput, derive: &str) -> Result<Vec<&'a Field>> {
    let refuse = |what: &str| {
        Err(Error::custom(format!("`{derive}` is derived for {what}")).with_span(&input.ident))
    };
    if !input.generics.params.is_empty() {
        return refuse("structs without generics");
    }
    match &input.data {
        Data::Struct(DataStruct {
            fields: Fields::Named(fields),
            ..
        }) => Ok(fields.named.iter().collect()),
        Data::Struct(DataStruct {
            fields: Fields::Unit,
            ..
        }) => Ok(Vec::new()),
        _ => refuse("structs with named fields"),
    }
}

/// Refuses two members of one name.
pub(crate) fn distinct<'a>(names: impl Iterator<Item = (&'a str, Span)>) -> Result<()> {
    let mut errors = Error::accumulator();
    let mut seen: Vec<&str> = Vec::new();
    for (name, span) in names {
        if seen.contains(&name) {
            errors.push(Error::custom(format!("`{name}` stands twice")).with_span(&span));
        }
        seen.push(name);
    }
    errors.finish()
}
