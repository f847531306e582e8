//! `texts!` and `localised!`: texts of a plugin's own code.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, LitStr, Token};

use crate::texts::ByLanguage;

/// A key and its English text.
pub(crate) struct Keyed {
    key: LitStr,
    english: LitStr,
}

impl Parse for Keyed {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.parse()?;
        input.parse::<Token![,]>()?;
        let english = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Self { key, english })
    }
}

impl Keyed {
    fn translated(&self) -> ByLanguage {
        ByLanguage::translated(self.english.value(), &self.key.value(), self.key.span())
    }
}

pub(crate) fn texts(keyed: &Keyed) -> TokenStream {
    let texts = keyed.translated();
    let items = texts.items();
    quote! {{
        #items
        const TEXTS: ::krabice_plugin::Texts = #texts;
        TEXTS
    }}
}

/// A language, a key and its English text.
pub(crate) struct Localised {
    language: Expr,
    keyed: Keyed,
}

impl Parse for Localised {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let language = input.parse()?;
        input.parse::<Token![,]>()?;
        let keyed = input.parse()?;
        Ok(Self { language, keyed })
    }
}

pub(crate) fn localised(Localised { language, keyed }: &Localised) -> TokenStream {
    let translated = keyed.translated();
    let items = translated.items();
    let languages = translated.texts().iter().map(|(language, _)| language);
    let cases = translated.texts().iter().skip(1).map(|(language, text)| {
        // The names in braces are found where the English text is.
        let text = LitStr::new(text, keyed.english.span());
        quote!(#language => ::std::format!(#text))
    });
    let english = &keyed.english;
    quote! {{
        #items
        match ::krabice_plugin::private::nearest(#language, &[#(#languages),*]) {
            #(#cases,)*
            _ => ::std::format!(#english),
        }
    }}
}
