//! Reads a struct with named fields: what `Params`, `Fields` and `Settings` have in common.

use darling::util::Flag;
use darling::{Error, FromMeta, Result};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Data, DataStruct, DeriveInput, Field, Fields, Ident, Type};

use crate::attribute;
use crate::name;
use crate::texts::{ByLanguage, Texts};

/// The options of one derive, beside those that all of them have.
pub(crate) trait Options: FromMeta {
    /// The derive's name.
    const DERIVE: &'static str;
    /// The attribute that carries the options.
    const ATTRIBUTE: &'static str;

    /// Whether the members of the field's type take the place of the field.
    fn flatten(&self) -> Flag {
        Flag::default()
    }
}

#[derive(FromMeta)]
struct Attribute<O> {
    name: Option<String>,
    label: Option<ByLanguage>,
    help: Option<ByLanguage>,
    #[darling(flatten)]
    options: O,
}

/// One field of the struct.
pub(crate) struct Member<'a, O> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) span: Span,
    /// `None` for a flattened field.
    pub(crate) own: Option<Own<O>>,
}

/// A member of its own.
pub(crate) struct Own<O> {
    pub(crate) name: String,
    pub(crate) texts: Texts,
    pub(crate) options: O,
}

impl<'a, O: Options> Member<'a, O> {
    fn read(field: &'a Field, section: &str) -> Result<Self> {
        let ident = field
            .ident
            .as_ref()
            .ok_or_else(|| Error::custom("a field without a name"))?;
        let (items, span) = attribute::list(&field.attrs, O::ATTRIBUTE, field)?;
        let read = Attribute::<O>::from_list(&items).map_err(|error| error.with_span(&span))?;
        let mut member = Self {
            ident,
            ty: &field.ty,
            span,
            own: None,
        };
        let flatten = read.options.flatten();
        if flatten.is_present() {
            if items.len() > 1 {
                return Err(Error::custom(
                    "`flatten` takes no other option, for the members of the \
                                          type have their own",
                )
                .with_span(&flatten.span()));
            }
            return Ok(member);
        }
        let name = read.name.unwrap_or_else(|| name::of_field(ident));
        let key = format!("{section}.{name}");
        let mut errors = Error::accumulator();
        errors.handle(name::check(&name, span));
        let texts = errors.handle(Texts::read(read.label, read.help, &field.attrs, &key, span));
        member.own = Some(Own {
            name,
            texts: texts.unwrap_or_default(),
            options: read.options,
        });
        errors.finish_with(member)
    }
}

/// The members of a struct without generics.
pub(crate) fn members<O: Options>(input: &DeriveInput) -> Result<Vec<Member<'_, O>>> {
    let section = name::of_type(&input.ident);
    let mut errors = Error::accumulator();
    let members: Vec<_> = named_fields(input, O::DERIVE)?
        .into_iter()
        .filter_map(|field| errors.handle(Member::read(field, &section)))
        .collect();
    errors.handle(attribute::distinct(members.iter().filter_map(
        |member: &Member<'_, O>| Some((member.own.as_ref()?.name.as_str(), member.span)),
    )));
    errors.finish_with(members)
}

/// Items that the texts of the members add to the expansion.
pub(crate) fn text_items<O>(members: &[Member<'_, O>]) -> TokenStream {
    let own = members.iter().filter_map(|member| member.own.as_ref());
    let items = own.map(|own| own.texts.items());
    quote!(#(#items)*)
}

fn named_fields<'a>(input: &'a DeriveInput, derive: &str) -> Result<Vec<&'a Field>> {
    let refuse = |what: &str| {
        Err(Error::custom(format!("`{derive}` is derived for {what}")).with_span(&input.ident))
    };
    if !input.generics.params.is_empty() {
        return refuse("structs without generics");
    }
    match &input.data {
        Data::Struct(DataStruct {
            fields: Fields::Named(fields),
            ..
        }) => Ok(fields.named.iter().collect()),
        Data::Struct(DataStruct {
            fields: Fields::Unit,
            ..
        }) => Ok(Vec::new()),
        Data::Struct(_) | Data::Enum(_) | Data::Union(_) => refuse("structs with named fields"),
    }
}
