//! `#[derive(Params)]`.

use darling::util::Flag;
use darling::{Error, FromMeta, Result};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Expr, Ident, Type};

use crate::attribute::{self, Texts};
use crate::name;

#[derive(FromMeta)]
struct Attribute {
    name: Option<String>,
    label: Option<Texts>,
    #[darling(default)]
    help: Texts,
    #[darling(default)]
    personal: bool,
    #[darling(default, with = default_expression, map = Some)]
    default: Option<Expr>,
    flatten: Flag,
}

/// An expression as it stands; a string literal is a text, not code.
fn default_expression(meta: &syn::Meta) -> Result<Expr> {
    darling::util::parse_expr::preserve_str_literal(meta)
}

struct Member<'a> {
    ident: &'a Ident,
    ty: &'a Type,
    span: Span,
    /// None: its parameters stand among the others.
    own: Option<Own>,
}

/// What a parameter of its own has.
struct Own {
    name: String,
    label: Texts,
    help: Texts,
    personal: bool,
    default: Option<Expr>,
}

impl<'a> Member<'a> {
    fn read(field: &'a syn::Field) -> Result<Self> {
        let ident = field
            .ident
            .as_ref()
            .ok_or_else(|| Error::custom("a field without a name"))?;
        let (items, span) = attribute::list(&field.attrs, "param", field)?;
        let read = Attribute::from_list(&items).map_err(|error| error.with_span(&span))?;
        if read.flatten.is_present() {
            attribute::alone(&items, &read.flatten)?;
            return Ok(Self {
                ident,
                ty: &field.ty,
                span,
                own: None,
            });
        }
        let name = read.name.unwrap_or_else(|| name::of_field(ident));
        let mut errors = Error::accumulator();
        errors.handle(name::check(&name, span));
        let label = errors
            .handle(attribute::label(read.label, span))
            .unwrap_or_default();
        let own = Own {
            name,
            label,
            help: read.help,
            personal: read.personal,
            default: read.default,
        };
        errors.finish_with(Self {
            ident,
            ty: &field.ty,
            span,
            own: Some(own),
        })
    }

    /// The default as a value of the member's type.
    fn default(&self, own: &Own) -> TokenStream {
        let ty = self.ty;
        match &own.default {
            None => quote!(::core::option::Option::None),
            Some(default) => {
                let from = quote_spanned!(default.span()=> ::krabice_plugin::private::made::<#ty, _>(#default));
                quote!(::core::option::Option::Some(#from))
            }
        }
    }

    fn describe(&self) -> TokenStream {
        let Self { ty, span, .. } = self;
        let Some(own) = &self.own else {
            return quote_spanned! {*span=>
                <#ty as ::krabice_plugin::Params>::describe(prefix, parameters);
            };
        };
        let Own {
            name,
            label,
            help,
            personal,
            default,
        } = own;
        let default = match default {
            None => quote!(::core::option::Option::None),
            Some(_) => {
                let default = self.default(own);
                quote!(#default.and_then(::krabice_plugin::private::value::<#ty>))
            }
        };
        quote_spanned! {*span=>
            ::krabice_plugin::private::parameter::<#ty>(
                prefix, #name, #label, #help, #personal, #default, parameters,
            );
        }
    }

    fn take(&self) -> TokenStream {
        let Self {
            ident, ty, span, ..
        } = self;
        let Some(own) = &self.own else {
            return quote_spanned! {*span=>
                #ident: <#ty as ::krabice_plugin::Params>::take(prefix, take)?
            };
        };
        let name = &own.name;
        let default = self.default(own);
        quote_spanned! {*span=>
            #ident: ::krabice_plugin::private::member::<#ty>(prefix, #name, take, || #default)?
        }
    }

    fn member(&self) -> TokenStream {
        let Self {
            ident,
            ty,
            span,
            own,
        } = self;
        match own {
            None => quote_spanned! {*span=>
                ::krabice_plugin::private::Member::Flat(<#ty as ::krabice_plugin::Params>::MEMBERS)
            },
            Some(Own { name, .. }) => {
                let field = ident.to_string();
                quote_spanned! {*span=>
                    ::krabice_plugin::private::Member::One {
                        field: #field,
                        name: #name,
                        live: <#ty as ::krabice_plugin::Kinded>::LIVE,
                    }
                }
            }
        }
    }
}

fn members(input: &DeriveInput) -> Result<Vec<Member<'_>>> {
    let fields = attribute::named_fields(input, "Params")?;
    let mut errors = Error::accumulator();
    let members: Vec<_> = fields
        .into_iter()
        .filter_map(|field| errors.handle(Member::read(field)))
        .collect();
    errors.handle(attribute::distinct(members.iter().filter_map(|member| {
        Some((member.own.as_ref()?.name.as_str(), member.span))
    })));
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
    let listed = members.iter().map(Member::member);
    quote! {
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
            fn parts(
                path: &str,
                parameters: &mut ::std::vec::Vec<::krabice_plugin::contract::Parameter>,
            ) {
                <Self as ::krabice_plugin::Params>::describe(path, parameters);
            }

            fn read(
                json: ::krabice_plugin::private::Json,
                path: &str,
            ) -> ::core::result::Result<Self, ::krabice_plugin::Failure> {
                ::krabice_plugin::private::record::<Self>(json, path)
            }
        }
    }
}
