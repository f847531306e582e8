//! `#[derive(Settings)]`.

use darling::util::Flag;
use darling::{Error, FromMeta, Result};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Ident, Type};

use crate::attribute::{self, Texts};
use crate::name;

#[derive(FromMeta)]
struct Attribute {
    name: Option<String>,
    label: Option<Texts>,
    #[darling(default)]
    help: Texts,
    address: Flag,
    default: Option<String>,
}

struct Member<'a> {
    ident: &'a Ident,
    ty: &'a Type,
    span: Span,
    name: String,
    label: Texts,
    help: Texts,
    address: Flag,
    default: Option<String>,
}

impl<'a> Member<'a> {
    fn read(field: &'a syn::Field) -> Result<Self> {
        let ident = field
            .ident
            .as_ref()
            .ok_or_else(|| Error::custom("a field without a name"))?;
        let (items, span) = attribute::list(&field.attrs, "setting", field)?;
        let read = Attribute::from_list(&items).map_err(|error| error.with_span(&span))?;
        let name = read.name.unwrap_or_else(|| name::of_field(ident));
        let mut errors = Error::accumulator();
        errors.handle(name::check(&name, span));
        let label = errors
            .handle(attribute::label(read.label, span))
            .unwrap_or_default();
        errors.finish_with(Self {
            ident,
            ty: &field.ty,
            span,
            name,
            label,
            help: read.help,
            address: read.address,
            default: read.default,
        })
    }

    fn default(&self) -> TokenStream {
        match &self.default {
            None => quote!(::core::option::Option::None),
            Some(default) => quote!(::core::option::Option::Some(#default)),
        }
    }

    fn describe(&self) -> TokenStream {
        let Self {
            ty,
            span,
            name,
            label,
            help,
            ..
        } = self;
        let default = self.default();
        quote_spanned! {*span=>
            ::krabice_plugin::private::setting::<#ty>(#name, #label, #help, #default)
        }
    }

    fn take(&self) -> TokenStream {
        let Self {
            ident,
            ty,
            span,
            name,
            ..
        } = self;
        quote_spanned! {*span=>
            #ident: ::krabice_plugin::private::member::<#ty>(
                "", #name, take, || ::core::option::Option::None,
            )?
        }
    }
}

fn members(input: &DeriveInput) -> Result<Vec<Member<'_>>> {
    let fields = attribute::named_fields(input, "Settings")?;
    let mut errors = Error::accumulator();
    let members: Vec<_> = fields
        .into_iter()
        .filter_map(|field| errors.handle(Member::read(field)))
        .collect();
    errors.handle(attribute::distinct(
        members
            .iter()
            .map(|member| (member.name.as_str(), member.span)),
    ));
    for second in members
        .iter()
        .filter(|member| member.address.is_present())
        .skip(1)
    {
        errors.push(Error::custom("a second address").with_span(&second.address.span()));
    }
    errors.finish_with(members)
}

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let members = match members(input) {
        Ok(members) => members,
        Err(error) => return error.write_errors(),
    };
    let ident = &input.ident;
    let describe = members.iter().map(Member::describe);
    let take = members.iter().map(Member::take);
    let address = match members.iter().find(|member| member.address.is_present()) {
        None => quote!(::core::option::Option::None),
        Some(Member { name, ty, span, .. }) => quote_spanned! {*span=>
            ::core::option::Option::Some(::krabice_plugin::private::address::<#ty>(#name))
        },
    };
    let fields = members.iter().map(|member| member.ident);
    quote! {
        // A setting that the host alone uses is still no dead code.
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
