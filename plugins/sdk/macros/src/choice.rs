//! `#[derive(Choice)]`.

use darling::{Error, FromMeta, Result};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Ident, Variant};

use crate::attribute;
use crate::name;
use crate::texts::{ByLanguage, Texts};

#[derive(FromMeta)]
struct Attribute {
    value: Option<String>,
    label: Option<ByLanguage>,
}

struct Case<'a> {
    ident: &'a Ident,
    span: Span,
    value: String,
    label: ByLanguage,
}

impl<'a> Case<'a> {
    fn read(variant: &'a Variant, section: &str) -> Result<Self> {
        let (items, span) = attribute::list(&variant.attrs, "choice", variant)?;
        let read = Attribute::from_list(&items).map_err(|error| error.with_span(&span))?;
        let mut errors = Error::accumulator();
        if !variant.fields.is_empty() {
            errors.push(Error::custom("a choice holds nothing").with_span(&variant.fields));
        }
        let value = read.value.unwrap_or_else(|| name::of_type(&variant.ident));
        if value.is_empty() {
            errors.push(Error::custom("an empty value").with_span(&span));
        }
        let key = format!("{section}.{value}");
        let label = errors
            .handle(Texts::read_label(read.label, &variant.attrs, &key, span))
            .unwrap_or_default();
        errors.finish_with(Self {
            ident: &variant.ident,
            span,
            value,
            label,
        })
    }
}

fn cases(input: &DeriveInput) -> Result<Vec<Case<'_>>> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::custom("`Choice` is derived for enums").with_span(&input.ident));
    };
    let section = name::of_type(&input.ident);
    let mut errors = Error::accumulator();
    if data.variants.is_empty() || !input.generics.params.is_empty() {
        errors.push(
            Error::custom("`Choice` is derived for enums with variants and without generics")
                .with_span(&input.ident),
        );
    }
    let cases: Vec<_> = data
        .variants
        .iter()
        .filter_map(|variant| errors.handle(Case::read(variant, &section)))
        .collect();
    errors.handle(attribute::distinct(
        cases.iter().map(|case| (case.value.as_str(), case.span)),
    ));
    errors.finish_with(cases)
}

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let cases = match cases(input) {
        Ok(cases) => cases,
        Err(error) => return error.write_errors(),
    };
    let ident = &input.ident;
    let variants: Vec<_> = cases.iter().map(|case| case.ident).collect();
    let values: Vec<_> = cases.iter().map(|case| &case.value).collect();
    let labels = cases.iter().map(|case| &case.label);
    let text_items = cases.iter().map(|case| case.label.items());
    quote! {
        #(#text_items)*

        #[automatically_derived]
        impl ::krabice_plugin::Kinded for #ident {
            const KIND: ::krabice_plugin::Kind = ::krabice_plugin::Kind::Choice;

            fn choices() -> ::std::vec::Vec<::krabice_plugin::contract::Choice> {
                ::std::vec![#(::krabice_plugin::private::choice(#values, #labels)),*]
            }
        }

        #[automatically_derived]
        impl ::krabice_plugin::Input for #ident {
            fn read(
                given: ::krabice_plugin::private::Given,
                path: &str,
            ) -> ::core::result::Result<Self, ::krabice_plugin::Failure> {
                match ::krabice_plugin::private::choice_value(&given) {
                    #(::core::option::Option::Some(#values) => ::core::result::Result::Ok(Self::#variants),)*
                    _ => ::core::result::Result::Err(
                        ::krabice_plugin::Failure::invalid_parameter(path, "is not one of its choices"),
                    ),
                }
            }
        }

        #[automatically_derived]
        impl ::krabice_plugin::Output for #ident {
            fn write(self) -> ::core::option::Option<::krabice_plugin::private::Written> {
                ::core::option::Option::Some(::core::convert::Into::into(match self {
                    #(Self::#variants => #values,)*
                }))
            }
        }
    }
}
