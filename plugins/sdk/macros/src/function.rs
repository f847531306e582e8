//! `#[function(...)]`.

use darling::ast::NestedMeta;
use darling::util::Flag;
use darling::{Error, FromMeta, Result};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, FnArg, Ident, ItemFn, Type};

use crate::marks::{Listing, Marks, Purposes, Subject};
use crate::name;
use crate::texts::{ByLanguage, Texts};

#[derive(FromMeta)]
struct Attribute {
    name: Option<String>,
    label: Option<ByLanguage>,
    help: Option<ByLanguage>,
    reads: Flag,
    writes: Flag,
    writes_idempotently: Flag,
    #[darling(default)]
    choices: Sources,
    #[darling(default)]
    purposes: Purposes,
    subject: Option<Subject>,
    listing: Option<Listing>,
    exclusive: Flag,
}

/// The functions that list live choices, by the Rust name of the parameter's field.
#[derive(Default)]
struct Sources(Vec<(Ident, Expr)>);

impl FromMeta for Sources {
    fn from_list(items: &[NestedMeta]) -> Result<Self> {
        let mut errors = Error::accumulator();
        let sources = items
            .iter()
            .filter_map(|item| {
                errors.handle_in(|| {
                    if let NestedMeta::Meta(syn::Meta::NameValue(pair)) = item {
                        return Ok((pair.path.require_ident()?.clone(), pair.value.clone()));
                    }
                    Err(Error::custom(
                        "expected the function that lists the choices of a parameter, such as \
                         `status = order_statuses`",
                    )
                    .with_span(item))
                })
            })
            .collect();
        errors.finish_with(Self(sources))
    }
}

struct Function<'a> {
    item: &'a ItemFn,
    context: &'a Type,
    takes_parameters: bool,
    name: String,
    texts: Texts,
    effect: Ident,
    sources: Vec<(Ident, Expr)>,
    marks: Marks,
}

impl<'a> Function<'a> {
    fn read(arguments: TokenStream, item: &'a ItemFn) -> Result<Self> {
        let at = Span::call_site();
        let items = NestedMeta::parse_meta_list(arguments)?;
        let read = Attribute::from_list(&items).map_err(|error| error.with_span(&at))?;
        let name = read.name.unwrap_or_else(|| name::of_field(&item.sig.ident));
        let mut errors = Error::accumulator();
        errors.handle(name::check(&name, at));
        let texts = errors
            .handle(Texts::read(read.label, read.help, &item.attrs, &name, at))
            .unwrap_or_default();
        let effects: Vec<_> = [
            (read.reads, "Reads"),
            (read.writes, "Writes"),
            (read.writes_idempotently, "WritesIdempotently"),
        ]
        .into_iter()
        .filter(|(flag, _)| flag.is_present())
        .map(|(_, case)| Ident::new(case, at))
        .collect();
        if effects.len() != 1 {
            errors.push(
                Error::custom("say one effect: `reads`, `writes` or `writes_idempotently`")
                    .with_span(&at),
            );
        }
        let signature = errors.handle(signature(item));
        errors.finish()?;
        let (context, takes_parameters) = signature.ok_or_else(|| Error::custom("no signature"))?;
        Ok(Self {
            item,
            context,
            takes_parameters,
            name,
            texts,
            effect: effects
                .into_iter()
                .next()
                .ok_or_else(|| Error::custom("no effect"))?,
            sources: read.choices.0,
            marks: Marks {
                purposes: read.purposes,
                subject: read.subject,
                listing: read.listing,
                exclusive: read.exclusive.is_present(),
            },
        })
    }
}

/// The context's type, and whether parameters follow it.
fn signature(item: &ItemFn) -> Result<(&Type, bool)> {
    let wrong = |span: Span| {
        Error::custom(
            "a function is `fn(&Context<Settings>, Parameters) -> Result<Outcome<Answer>, Failure>`, \
             or the same without parameters",
        )
        .with_span(&span)
    };
    let signature = &item.sig;
    if signature.asyncness.is_some() || !signature.generics.params.is_empty() {
        return Err(wrong(signature.span()));
    }
    let mut inputs = signature.inputs.iter();
    let Some(FnArg::Typed(argument)) = inputs.next() else {
        return Err(wrong(signature.span()));
    };
    let Type::Reference(context) = &*argument.ty else {
        return Err(wrong(argument.ty.span()));
    };
    let context = &*context.elem;
    match (inputs.next(), inputs.next()) {
        (parameters, None) => Ok((context, parameters.is_some())),
        (_, Some(third)) => Err(wrong(third.span())),
    }
}

pub(crate) fn attribute(arguments: TokenStream, item: &ItemFn) -> TokenStream {
    let function = match Function::read(arguments, item) {
        Ok(function) => function,
        Err(error) => {
            let errors = error.write_errors();
            return quote!(#item #errors);
        }
    };
    let Function {
        item,
        context,
        takes_parameters,
        name,
        texts,
        effect,
        sources,
        marks,
    } = function;
    let text_items = texts.items();
    let Texts { label, help } = texts;
    let ident = &item.sig.ident;
    let visibility = &item.vis;
    let output = &item.sig.output;
    let call = if takes_parameters {
        quote!(#ident)
    } else {
        quote! {{
            fn without_parameters(context: &#context, (): ()) #output {
                #ident(context)
            }
            without_parameters
        }}
    };
    let source_names: Vec<_> = sources.iter().map(|(name, _)| name.to_string()).collect();
    let source_functions = sources.iter().map(|(name, function)| {
        quote_spanned!(name.span()=> (
            ::krabice_plugin::private::name_of(
                "choices are given for a field that the parameters do not have",
                ::krabice_plugin::private::members(#call),
                stringify!(#name),
            ),
            |context| #function(context),
        ))
    });
    let marks = marks.expression();
    quote! {
        #item
        #text_items

        // The description has the function's name, in the namespace of types, so that a path to the
        // function is a path to its description, too.
        #[doc(hidden)]
        #[allow(non_camel_case_types, reason = "it is the description of a function")]
        #visibility enum #ident {}

        impl #ident {
            #[doc(hidden)]
            pub const FUNCTION: ::krabice_plugin::Function<
                <#context as ::krabice_plugin::private::HasSettings>::Settings,
            > = {
                const SOURCES: &[::krabice_plugin::private::Source<
                    <#context as ::krabice_plugin::private::HasSettings>::Settings,
                >] = &[#(#source_functions),*];
                const MEMBERS: &[::krabice_plugin::private::Member] =
                    ::krabice_plugin::private::members(#call);
                const PARTS: &[::krabice_plugin::private::Part] =
                    ::krabice_plugin::private::parts(#call);
                ::krabice_plugin::private::check_sources(MEMBERS, &[#(#source_names),*]);
                ::krabice_plugin::Function::new(
                    ::krabice_plugin::private::Description {
                        name: #name,
                        label: #label,
                        help: #help,
                        effect: ::krabice_plugin::Effect::#effect,
                        marks: #marks,
                        members: MEMBERS,
                        parts: PARTS,
                        value: ::krabice_plugin::private::value_kind(#call),
                    },
                    || ::krabice_plugin::private::parameters(#call),
                    || ::krabice_plugin::private::answer(#call),
                    |context, parameters| ::krabice_plugin::private::call(#call, context, parameters),
                    SOURCES,
                )
            };
        }
    }
}
