//! `#[derive(Fields)]`.

use darling::FromMeta;
use darling::util::Flag;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::DeriveInput;

use crate::members::{self, Own};

#[derive(FromMeta)]
struct Options {
    #[darling(default)]
    personal: bool,
    flatten: Flag,
}

impl members::Options for Options {
    const DERIVE: &'static str = "Fields";
    const ATTRIBUTE: &'static str = "field";

    fn flatten(&self) -> Flag {
        self.flatten
    }
}

type Member<'a> = members::Member<'a, Options>;

fn describe(member: &Member<'_>) -> TokenStream {
    let members::Member { ty, span, own, .. } = member;
    let Some(own) = own else {
        return quote_spanned! {*span=>
            <#ty as ::krabice_plugin::Fields>::describe(prefix, fields);
        };
    };
    let (name, label, help) = (&own.name, &own.texts.label, &own.texts.help);
    let personal = own.options.personal;
    quote_spanned! {*span=>
        ::krabice_plugin::private::field::<#ty>(
            prefix, #name, #label, #help, #personal, fields,
        );
    }
}

fn give(member: &Member<'_>) -> TokenStream {
    let members::Member {
        ident,
        ty,
        span,
        own,
    } = member;
    match own {
        None => quote_spanned! {*span=>
            <#ty as ::krabice_plugin::Fields>::give(self.#ident, give);
        },
        Some(Own { name, .. }) => quote_spanned! {*span=>
            ::krabice_plugin::private::give::<#ty>(#name, self.#ident, give);
        },
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
            ::krabice_plugin::private::Part::Flat(<#ty as ::krabice_plugin::Fields>::PARTS)
        },
        Some(Own { name, .. }) => {
            let field = ident.to_string();
            quote_spanned! {*span=>
                ::krabice_plugin::private::Part::One {
                    field: #field,
                    name: #name,
                    kind: <#ty as ::krabice_plugin::Kinded>::KIND,
                    optional: <#ty as ::krabice_plugin::Kinded>::OPTIONAL,
                    parts: <#ty as ::krabice_plugin::Output>::PARTS,
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
    let give = members.iter().map(give);
    let listed = members.iter().map(listed);
    quote! {
        #text_items

        #[automatically_derived]
        impl ::krabice_plugin::Fields for #ident {
            const PARTS: &'static [::krabice_plugin::private::Part] = &[#(#listed),*];

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
            const PARTS: &'static [::krabice_plugin::private::Part] =
                <Self as ::krabice_plugin::Fields>::PARTS;

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
            const PARTS: &'static [::krabice_plugin::private::Part] =
                ::krabice_plugin::private::parts_without_files(
                    <Self as ::krabice_plugin::Fields>::PARTS,
                );

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
