//! `#[derive(Params)]`.

use darling::util::Flag;
use darling::{FromMeta, Result};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Expr};

use crate::members::{self, Own};

#[derive(FromMeta)]
struct Options {
    #[darling(default)]
    personal: bool,
    #[darling(default, with = default_expression, map = Some)]
    default: Option<Expr>,
    flatten: Flag,
}

impl members::Options for Options {
    const DERIVE: &'static str = "Params";
    const ATTRIBUTE: &'static str = "param";

    fn flatten(&self) -> Flag {
        self.flatten
    }
}

type Member<'a> = members::Member<'a, Options>;

/// Reads an expression; a string literal is a text, not code.
fn default_expression(meta: &syn::Meta) -> Result<Expr> {
    darling::util::parse_expr::preserve_str_literal(meta)
}

/// The default as an `Option` of the member's type.
fn default(member: &Member<'_>, own: &Own<Options>) -> TokenStream {
    let ty = member.ty;
    match &own.options.default {
        None => quote!(::core::option::Option::None),
        Some(default) => {
            let from = quote_spanned!(default.span()=> ::krabice_plugin::private::made::<#ty, _>(#default));
            quote!(::core::option::Option::Some(#from))
        }
    }
}

fn describe(member: &Member<'_>) -> TokenStream {
    let members::Member { ty, span, own, .. } = member;
    let Some(own) = own else {
        return quote_spanned! {*span=>
            <#ty as ::krabice_plugin::Params>::describe(prefix, parameters);
        };
    };
    let (name, label, help) = (&own.name, &own.texts.label, &own.texts.help);
    let personal = own.options.personal;
    let mut default = default(member, own);
    if own.options.default.is_some() {
        default = quote!(#default.and_then(::krabice_plugin::private::value::<#ty>));
    }
    quote_spanned! {*span=>
        ::krabice_plugin::private::parameter::<#ty>(
            prefix, #name, #label, #help, #personal, #default, parameters,
        );
    }
}

fn take(member: &Member<'_>) -> TokenStream {
    let members::Member {
        ident,
        ty,
        span,
        own,
    } = member;
    let Some(own) = own else {
        return quote_spanned! {*span=>
            #ident: <#ty as ::krabice_plugin::Params>::take(prefix, take)?
        };
    };
    let name = &own.name;
    let default = default(member, own);
    quote_spanned! {*span=>
        #ident: ::krabice_plugin::private::member::<#ty>(prefix, #name, take, || #default)?
    }
}

/// The member as the checks of a definition see it.
fn listed(member: &Member<'_>) -> TokenStream {
    let members::Member {
        ident,
        ty,
        span,
        own,
    } = member;
    match own {
        None => quote_spanned! {*span=>
            ::krabice_plugin::private::Member::Flat(<#ty as ::krabice_plugin::Params>::MEMBERS)
        },
        Some(Own { name, options, .. }) => {
            let field = ident.to_string();
            let (personal, has_default) = (options.personal, options.default.is_some());
            quote_spanned! {*span=>
                ::krabice_plugin::private::Member::One {
                    field: #field,
                    name: #name,
                    kind: <#ty as ::krabice_plugin::Kinded>::KIND,
                    required: !<#ty as ::krabice_plugin::Kinded>::OPTIONAL && !#has_default,
                    personal: #personal,
                    live: <#ty as ::krabice_plugin::Kinded>::LIVE,
                }
            }
        }
    }
}

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let members = match members::members(input) {
        Ok(members) => members,
        Err(error) => return error.write_errors(),
    };
    let ident = &input.ident;
    let text_items = members::text_items(&members);
    let describe = members.iter().map(describe);
    let take = members.iter().map(take);
    let listed = members.iter().map(listed);
    quote! {
        #text_items

        #[automatically_derived]
        #[allow(unused_variables, reason = "a struct without fields takes nothing")]
        impl ::krabice_plugin::Params for #ident {
            const MEMBERS: &'static [::krabice_plugin::private::Member] = &[#(#listed),*];

            fn describe(
                prefix: &str,
                parameters: &mut ::std::vec::Vec<::krabice_plugin::contract::Parameter>,
            ) {
                #(#describe)*
            }

            fn take(
                prefix: &str,
                take: &mut ::krabice_plugin::private::Take<'_>,
            ) -> ::core::result::Result<Self, ::krabice_plugin::Failure> {
                ::core::result::Result::Ok(Self { #(#take),* })
            }
        }

        #[automatically_derived]
        impl ::krabice_plugin::Kinded for #ident {
            const KIND: ::krabice_plugin::Kind = ::krabice_plugin::Kind::Record;
        }

        #[automatically_derived]
        impl ::krabice_plugin::Input for #ident {
            const PARTS: &'static [::krabice_plugin::private::Member] =
                ::krabice_plugin::private::without_files(<Self as ::krabice_plugin::Params>::MEMBERS);

            fn parts(
                path: &str,
                parameters: &mut ::std::vec::Vec<::krabice_plugin::contract::Parameter>,
            ) {
                <Self as ::krabice_plugin::Params>::describe(path, parameters);
            }

            fn read(
                given: ::krabice_plugin::private::Given,
                path: &str,
            ) -> ::core::result::Result<Self, ::krabice_plugin::Failure> {
                ::krabice_plugin::private::record::<Self>(given, path)
            }
        }
    }
}
