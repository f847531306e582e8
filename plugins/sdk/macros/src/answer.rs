//! `#[derive(Answer)]`.

use darling::{Error, FromMeta, Result};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataStruct, DeriveInput, Fields, Type};

use crate::attribute::{self, Texts};

#[derive(FromMeta)]
struct Attribute {
    label: Option<Texts>,
    #[darling(default)]
    help: Texts,
    #[darling(default)]
    personal: bool,
}

struct Wrapper<'a> {
    ty: &'a Type,
    label: Texts,
    help: Texts,
    personal: bool,
}

fn wrapper(input: &DeriveInput) -> Result<Wrapper<'_>> {
    let ty = match &input.data {
        Data::Struct(DataStruct {
            fields: Fields::Unnamed(fields),
            ..
        }) if fields.unnamed.len() == 1 && input.generics.params.is_empty() => {
            &fields.unnamed[0].ty
        }
        _ => {
            return Err(Error::custom(
                "`Answer` is derived for a struct around one value, such as `struct Address(Email)`; \
                 derive `Fields` for a struct with fields",
            )
            .with_span(&input.ident));
        }
    };
    let (items, span) = attribute::list(&input.attrs, "answer", &input.ident)?;
    let read = Attribute::from_list(&items).map_err(|error| error.with_span(&span))?;
    Ok(Wrapper {
        ty,
        label: attribute::label(read.label, span)?,
        help: read.help,
        personal: read.personal,
    })
}

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let Wrapper {
        ty,
        label,
        help,
        personal,
    } = match wrapper(input) {
        Ok(wrapper) => wrapper,
        Err(error) => return error.write_errors(),
    };
    let ident = &input.ident;
    quote! {
        #[automatically_derived]
        impl ::krabice_plugin::Answer for #ident {
            fn describe() -> ::krabice_plugin::contract::Answer {
                ::krabice_plugin::private::answer_value::<#ty>(#label, #help, #personal)
            }

            fn outcome(self) -> ::krabice_plugin::contract::Outcome {
                ::krabice_plugin::private::true_with_value(self.0)
            }
        }
    }
}
