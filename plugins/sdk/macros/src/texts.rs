//! Labels and helps by language.
//!
//! An author writes all languages in the attribute, `label(en = "Order", cs = "Objednávka")`, or
//! English alone as a doc comment; the other languages then come from `locales/`.

use darling::ast::NestedMeta;
use darling::{Error, FromMeta, Result};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use crate::locales::{self, Locales};
use crate::name;

/// One text by language, in the order in which the manifest has the languages.
#[derive(Default)]
pub(crate) struct ByLanguage {
    texts: Vec<(String, String)>,
    /// Items that the expansion adds: the mark that a key of `locales/` is used, and errors.
    items: TokenStream,
}

impl ByLanguage {
    /// An English text, with the other languages from `locales/` under `key`.
    pub(crate) fn translated(english: String, key: &str, at: Span) -> Self {
        let Locales { read, faults } = locales::of_this_crate();
        let mut items = locales::mark_used(key, &read);
        let missing = locales::faults_of(key, &english, &read);
        for fault in faults.into_iter().chain(missing) {
            items.extend(Error::custom(fault).with_span(&at).write_errors());
        }
        let others = read.iter().filter_map(|locale| {
            let text = locale.texts.get(key)?;
            Some((locale.language.clone(), text.clone()))
        });
        let texts = std::iter::once(("en".to_owned(), english)).chain(others);
        Self {
            texts: texts.collect(),
            items,
        }
    }

    pub(crate) fn texts(&self) -> &[(String, String)] {
        &self.texts
    }

    pub(crate) fn items(&self) -> &TokenStream {
        &self.items
    }
}

impl FromMeta for ByLanguage {
    fn from_list(items: &[NestedMeta]) -> Result<Self> {
        let mut errors = Error::accumulator();
        let mut texts: Vec<(String, String)> = Vec::new();
        for item in items {
            let text = errors.handle_in(|| {
                let NestedMeta::Meta(Meta::NameValue(pair)) = item else {
                    let what = "expected a text by language, such as `en = \"Order\"`";
                    return Err(Error::custom(what).with_span(item));
                };
                let language = pair.path.require_ident()?;
                Ok((
                    language.to_string().replace('_', "-"),
                    String::from_expr(&pair.value)?,
                ))
            });
            let Some((language, text)) = text else {
                continue;
            };
            if text.trim().is_empty() {
                errors.push(Error::custom("an empty text").with_span(item));
            }
            if !name::is_language(&language) {
                let what = format!(
                    "`{language}` is not a language in lower case, such as `cs` or `pt_br`"
                );
                errors.push(Error::custom(what).with_span(item));
            }
            if texts.iter().any(|(other, _)| *other == language) {
                errors.push(Error::custom(format!("`{language}` is given twice")).with_span(item));
            }
            texts.push((language, text));
        }
        errors.finish_with(Self {
            texts,
            items: TokenStream::new(),
        })
    }
}

impl ToTokens for ByLanguage {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let pairs = self
            .texts
            .iter()
            .map(|(language, text)| quote!((#language, #text)));
        tokens.extend(quote!(&[#(#pairs),*]));
    }
}

/// The label of something, and its help where it has one.
#[derive(Default)]
pub(crate) struct Texts {
    pub(crate) label: ByLanguage,
    pub(crate) help: ByLanguage,
}

impl Texts {
    /// The texts of the attribute, else those of the doc comment, translated under `key.label`
    /// and `key.help`. `at` is where an error is shown.
    pub(crate) fn read(
        label: Option<ByLanguage>,
        help: Option<ByLanguage>,
        attributes: &[Attribute],
        key: &str,
        at: Span,
    ) -> Result<Self> {
        if label.is_some() || help.is_some() {
            return Ok(Self {
                label: label
                    .filter(|label| !label.texts.is_empty())
                    .ok_or_else(|| no_label(at))?,
                help: help.unwrap_or_default(),
            });
        }
        let (label, help) = documentation(attributes).ok_or_else(|| no_label(at))?;
        Ok(Self {
            label: ByLanguage::translated(label, &format!("{key}.label"), at),
            help: help.map_or_else(ByLanguage::default, |help| {
                ByLanguage::translated(help, &format!("{key}.help"), at)
            }),
        })
    }

    /// The label alone, for what has no help; its key is `key` itself.
    pub(crate) fn read_label(
        label: Option<ByLanguage>,
        attributes: &[Attribute],
        key: &str,
        at: Span,
    ) -> Result<ByLanguage> {
        match (label, documentation(attributes)) {
            (Some(label), _) if !label.texts.is_empty() => Ok(label),
            (None, Some((label, None))) => Ok(ByLanguage::translated(label, key, at)),
            (None, Some((_, Some(_)))) => {
                Err(Error::custom("a choice has a label of one paragraph").with_span(&at))
            }
            _ => Err(no_label(at)),
        }
    }

    /// Items that the expansion adds.
    pub(crate) fn items(&self) -> TokenStream {
        let (label, help) = (self.label.items(), self.help.items());
        quote!(#label #help)
    }
}

fn no_label(at: Span) -> Error {
    Error::custom(
        "no label: write what a person reads as a doc comment, or by language, such as \
         `label(en = \"Order number\")`",
    )
    .with_span(&at)
}

/// The first paragraph of the doc comment, and the others.
fn documentation(attributes: &[Attribute]) -> Option<(String, Option<String>)> {
    let mut paragraphs = vec![String::new()];
    for attribute in attributes {
        let Meta::NameValue(pair) = &attribute.meta else {
            continue;
        };
        let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = &pair.value
        else {
            continue;
        };
        if !pair.path.is_ident("doc") {
            continue;
        }
        for line in text.value().split('\n').map(str::trim) {
            match paragraphs.last_mut() {
                Some(last) if !line.is_empty() => {
                    if !last.is_empty() {
                        last.push(' ');
                    }
                    last.push_str(line);
                }
                _ => paragraphs.push(String::new()),
            }
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    let mut paragraphs = paragraphs.into_iter();
    let label = paragraphs.next()?;
    let help: Vec<_> = paragraphs.collect();
    Some((label, (!help.is_empty()).then(|| help.join("\n\n"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn the_first_paragraph_of_a_doc_comment_is_the_label_and_the_rest_is_the_help() {
        let read = |attributes: &[Attribute]| documentation(attributes);
        assert_eq!(read(&[]), None);
        let mut attributes: Vec<Attribute> = vec![parse_quote!(#[doc = " Order"])];
        attributes.push(parse_quote!(#[doc = " number"]));
        assert_eq!(read(&attributes), Some(("Order number".to_owned(), None)));
        for line in ["", " As printed,", " with its prefix.", "", " Or not."] {
            attributes.push(parse_quote!(#[doc = #line]));
        }
        let help = "As printed, with its prefix.\n\nOr not.".to_owned();
        assert_eq!(
            read(&attributes),
            Some(("Order number".to_owned(), Some(help)))
        );
    }

    #[test]
    fn languages_in_an_attribute_win_over_the_doc_comment() {
        let attributes: Vec<Attribute> = vec![parse_quote!(#[doc = " For developers."])];
        let at = Span::call_site();
        let label = || {
            let items = NestedMeta::parse_meta_list(quote!(en = "Order", pt_br = "Pedido"));
            ByLanguage::from_list(&items.unwrap()).unwrap()
        };
        let read = Texts::read(Some(label()), None, &attributes, "a.b", at).unwrap();
        assert_eq!(
            read.label.texts(),
            [("en", "Order"), ("pt-br", "Pedido")].map(|(of, text)| (of.into(), text.into()))
        );
        assert!(read.help.texts().is_empty());
        assert!(Texts::read(None, Some(label()), &attributes, "a.b", at).is_err());
    }
}
