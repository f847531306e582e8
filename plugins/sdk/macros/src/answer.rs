//! `#[derive(Answer)]`.

use darling::{Error, FromMeta, Result};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataStruct, DeriveInput, Fields, Type};

use crate::attribute;
use crate::name;
use crate::texts::{ByLanguage, Texts};

#[derive(FromMeta)]
struct Attribute {
    label: Option<ByLanguage>,
    help: Option<ByLanguage>,
    #[darling(default)]
    personal: bool,
}

/// The type of the value, its texts, and whether it is personal data.
fn read(input: &DeriveInput) -> Result<(&Type, Texts, bool)> {
    let ty = match &input.data {
        Data::Struct(DataStruct {
            fields: Fields::Unnamed(fields),
            ..
        }) if fields.unnamed.len() == 1 && input.generics.params.is_empty() => {
            &fields.unnamed[0].ty
        }
        Data::Struct(_) | Data::Enum(_) | Data::Union(_) => {
            return Err(Error::custom(
                "`Answer` is derived for a struct around one value, such as `struct Address(Email)`; \
                 derive `Fields` for a struct with fields",
            )
            .with_span(&input.ident));
        }
    };
    let (items, span) = attribute::list(&input.attrs, "answer", &input.ident)?;
    let read = Attribute::from_list(&items).map_err(|error| error.with_span(&span))?;
    let key = name::of_type(&input.ident);
    let texts = Texts::read(read.label, read.help, &input.attrs, &key, span)?;
    Ok((ty, texts, read.personal))
}

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let (ty, texts, personal) = match read(input) {
        Ok(read) => read,
        Err(error) => return error.write_errors(),
    };
    let ident = &input.ident;
    let text_items = texts.items();
    let Texts { label, help } = texts;
    quote! {
        #text_items

        #[automatically_derived]
        impl ::krabice_plugin::Answer for #ident {
            const VALUE: ::core::option::Option<::krabice_plugin::Kind> =
                ::core::option::Option::Some(<#ty as ::krabice_plugin::Kinded>::KIND);

            fn describe() -> ::krabice_plugin::contract::Answer {
                ::krabice_plugin::private::answer_value::<#ty>(#label, #help, #personal)
            }

            fn outcome(self) -> ::krabice_plugin::contract::Outcome {
                ::krabice_plugin::private::true_with_value(self.0)
            }
        }
    }
}
