//! `#[derive(Settings)]`.

use darling::util::Flag;
use darling::{Error, FromMeta, Result};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::DeriveInput;

use crate::members::{self, Own};

#[derive(FromMeta)]
struct Options {
    address: Flag,
    default: Option<String>,
}

impl members::Options for Options {
    const DERIVE: &'static str = "Settings";
    const ATTRIBUTE: &'static str = "setting";
}

type Member<'a> = members::Member<'a, Options>;

/// The members with what each has: a setting is never flattened.
fn settings<'a>(
    members: &'a [Member<'a>],
) -> impl Iterator<Item = (&'a Member<'a>, &'a Own<Options>)> {
    members
        .iter()
        .filter_map(|member| Some((member, member.own.as_ref()?)))
}

fn describe((member, own): (&Member<'_>, &Own<Options>)) -> TokenStream {
    let members::Member { ty, span, .. } = member;
    let (name, label, help) = (&own.name, &own.texts.label, &own.texts.help);
    let default = match &own.options.default {
        None => quote!(::core::option::Option::None),
        Some(default) => quote!(::core::option::Option::Some(#default)),
    };
    quote_spanned! {*span=>
        ::krabice_plugin::private::setting::<#ty>(#name, #label, #help, #default)
    }
}

fn take((member, own): (&Member<'_>, &Own<Options>)) -> TokenStream {
    let members::Member {
        ident, ty, span, ..
    } = member;
    let name = &own.name;
    quote_spanned! {*span=>
        #ident: ::krabice_plugin::private::member::<#ty>(
            "", #name, take, || ::core::option::Option::None,
        )?
    }
}

/// The setting that holds the address of the back end.
fn address(members: &[Member<'_>]) -> Result<TokenStream> {
    let mut addresses = settings(members).filter(|(_, own)| own.options.address.is_present());
    let Some((members::Member { ty, span, .. }, Own { name, .. })) = addresses.next() else {
        return Ok(quote!(::core::option::Option::None));
    };
    if let Some((_, second)) = addresses.next() {
        return Err(Error::custom("a second address").with_span(&second.options.address.span()));
    }
    Ok(quote_spanned! {*span=>
        ::core::option::Option::Some(::krabice_plugin::private::address::<#ty>(#name))
    })
}

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let read = members::members(input).and_then(|members| Ok((address(&members)?, members)));
    let (address, members) = match read {
        Ok(read) => read,
        Err(error) => return error.write_errors(),
    };
    let ident = &input.ident;
    let text_items = members::text_items(&members);
    let describe = settings(&members).map(describe);
    let take = settings(&members).map(take);
    let fields = members.iter().map(|member| member.ident);
    quote! {
        #text_items

        // A setting that only the host uses is not dead code.
        const _: fn(&#ident) = |settings| {
            #(let _ = &settings.#fields;)*
        };

        #[automatically_derived]
        #[allow(unused_variables, reason = "a struct without fields takes nothing")]
        impl ::krabice_plugin::Settings for #ident {
            const ADDRESS: ::core::option::Option<&'static str> = #address;

            fn describe() -> ::std::vec::Vec<::krabice_plugin::contract::Setting> {
                ::std::vec![#(#describe),*]
            }

            fn take(
                take: &mut ::krabice_plugin::private::Take<'_>,
            ) -> ::core::result::Result<Self, ::krabice_plugin::Failure> {
                ::core::result::Result::Ok(Self { #(#take),* })
            }
        }
    }
}
