//! Reads attributes.

use darling::ast::NestedMeta;
use darling::{Error, Result};
use proc_macro2::Span;
use syn::spanned::Spanned;

/// The items of all attributes called `name`, and where an error about them is shown: at the
/// attribute, else at the thing that could have one.
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

/// Refuses two members of one name.
pub(crate) fn distinct<'a>(names: impl Iterator<Item = (&'a str, Span)>) -> Result<()> {
    let mut errors = Error::accumulator();
    let mut seen: Vec<&str> = Vec::new();
    for (name, span) in names {
        if seen.contains(&name) {
            errors.push(Error::custom(format!("`{name}` is there twice")).with_span(&span));
        }
        seen.push(name);
    }
    errors.finish()
}
