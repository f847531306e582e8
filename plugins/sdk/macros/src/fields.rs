//! `#[derive(Fields)]`.

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
    #[darling(default)]
    personal: bool,
    flatten: Flag,
}

struct Member<'a> {
    ident: &'a Ident,
    ty: &'a Type,
    span: Span,
    /// None: its fields stand among the others.
    own: Option<Own>,
}

/// What a field of its own has.
struct Own {
    name: String,
    label: Texts,
    help: Texts,
    personal: bool,
}

impl<'a> Member<'a> {
    fn read(field: &'a syn::Field) -> Result<Self> {
        let ident = field
            .ident
            .as_ref()
            .ok_or_else(|| Error::custom("a field without a name"))?;
        let (items, span) = attribute::list(&field.attrs, "field", field)?;
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
        };
        errors.finish_with(Self {
            ident,
            ty: &field.ty,
            span,
            own: Some(own),
        })
    }

    fn describe(&self) -> TokenStream {
        let Self { ty, span, own, .. } = self;
        match own {
            None => quote_spanned! {*span=>
                <#ty as ::krabice_plugin::Fields>::describe(prefix, fields);
            },
            Some(Own {
                name,
                label,
                help,
                personal,
            }) => quote_spanned! {*span=>
                ::krabice_plugin::private::field::<#ty>(
                    prefix, #name, #label, #help, #personal, fields,
                );
            },
        }
    }

    fn give(&self) -> TokenStream {
        let Self {
            ident,
            ty,
            span,
            own,
        } = self;
        match own {
            None => quote_spanned! {*span=>
                <#ty as ::krabice_plugin::Fields>::give(self.#ident, give);
            },
            Some(Own { name, .. }) => quote_spanned! {*span=>
                ::krabice_plugin::private::give::<#ty>(#name, self.#ident, give);
            },
        }
    }
}

fn members(input: &DeriveInput) -> Result<Vec<Member<'_>>> {
    let fields = attribute::named_fields(input, "Fields")?;
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
    let give = members.iter().map(Member::give);
    quote! {
        #[automatically_derived]
        impl ::krabice_plugin::Fields for #ident {
            fn describe(
                prefix: &str,
                fields: &mut ::std::vec::Vec<::krabice_plugin::contract::Field>,
            ) {
                #(#describe)*
            }

            fn give(self, give: &mut ::krabice_plugin::private::Give<'_>) {
                #(#give)*
            }
        }

        #[automatically_derived]
        impl ::krabice_plugin::Answer for #ident {
            fn describe() -> ::krabice_plugin::contract::Answer {
                ::krabice_plugin::private::answer_fields::<Self>()
            }

            fn outcome(self) -> ::krabice_plugin::contract::Outcome {
                ::krabice_plugin::private::true_with_fields(self)
            }
        }

        #[automatically_derived]
        impl ::krabice_plugin::Kinded for #ident {
            const KIND: ::krabice_plugin::Kind = ::krabice_plugin::Kind::Record;
        }

        #[automatically_derived]
        impl ::krabice_plugin::Output for #ident {
            fn parts(
                path: &str,
                fields: &mut ::std::vec::Vec<::krabice_plugin::contract::Field>,
            ) {
                <Self as ::krabice_plugin::Fields>::describe(path, fields);
            }

            fn write(self) -> ::core::option::Option<::krabice_plugin::private::Written> {
                ::core::option::Option::Some(::krabice_plugin::private::object(self))
            }
        }
    }
}
