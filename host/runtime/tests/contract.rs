//! The contract itself: its reference, what was published of it, and a plugin that was built for
//! that and must keep working.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use krabice_contract::{File, Outcome, Value, manifest};
use krabice_egress::{Connections, Network, Secrets};
use krabice_runtime::{CallInput, Context, Runtime};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use wit_parser::{
    Function, Interface, InterfaceId, Resolve, Type, TypeDef, TypeDefKind, WorldId, WorldItem,
};

/// What has been published, the oldest first.
const PUBLISHED: [&str; 2] = ["0.1.0", "0.2.0"];

/// The SHA-256 of what was published: of the folder of `wit/published`, and of the
/// component of `tests/guests/published`. A line is added with a version and never changed.
const FROZEN: [(&str, &str, &str); 2] = [
    (
        "0.1.0",
        "55090ba6d8413dddbed725ffe134d9ea91e685a4cdf6bbc0e49c6ed54e287240",
        "447a8e5cd73e8ce5e296c36db7937005520a82d42239257e75a7d95c64e8f54c",
    ),
    (
        "0.2.0",
        "46d967540b2479fc5fe58df183f78c328190c23ec007a9aac4cb98efc3ecb0ab",
        "40d1a4b9b850e1d1b445c187c5295e11386e0eda1a106b5097230cb0cff6f8b8",
    ),
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder of the contract.
struct Contract {
    resolve: Resolve,
    world: WorldId,
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the contract uses few of the types of WIT, and another one fails the test"
)]
impl Contract {
    fn read(folder: &Path) -> Contract {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(folder).unwrap();
        let world = resolve.select_world(&[package], Some("plugin")).unwrap();
        Contract { resolve, world }
    }

    fn current() -> Contract {
        Contract::read(&workspace().join("wit"))
    }

    /// The interfaces in the order in which the world names them.
    fn interfaces(&self) -> Vec<(&Interface, bool)> {
        let world = &self.resolve.worlds[self.world];
        let id = |item: &WorldItem| -> InterfaceId {
            match item {
                WorldItem::Interface { id, .. } => *id,
                other => panic!("the world holds something else: {other:?}"),
            }
        };
        let imports = world.imports.values().map(|item| (id(item), false));
        let exports = world.exports.values().map(|item| (id(item), true));
        imports
            .chain(exports)
            .map(|(id, exported)| (&self.resolve.interfaces[id], exported))
            .collect()
    }

    /// The types that an interface makes; those that it uses are elsewhere.
    fn types<'a>(
        &'a self,
        interface: &'a Interface,
    ) -> impl Iterator<Item = (&'a str, &'a TypeDef)> {
        interface
            .types
            .iter()
            .map(|(name, id)| (name.as_str(), &self.resolve.types[*id]))
            .filter(|(_, def)| !matches!(def.kind, TypeDefKind::Type(Type::Id(_))))
    }

    fn ty(&self, ty: &Type) -> String {
        let Type::Id(id) = ty else {
            return match ty {
                Type::Bool => "bool".to_owned(),
                Type::String => "string".to_owned(),
                other => format!("{other:?}").to_lowercase(),
            };
        };
        let def = &self.resolve.types[*id];
        if let Some(name) = &def.name {
            return name.clone();
        }
        match &def.kind {
            TypeDefKind::Option(of) => format!("option<{}>", self.ty(of)),
            TypeDefKind::List(of) => format!("list<{}>", self.ty(of)),
            TypeDefKind::Tuple(of) => {
                let parts: Vec<_> = of.types.iter().map(|part| self.ty(part)).collect();
                format!("tuple<{}>", parts.join(", "))
            }
            TypeDefKind::Result(of) => {
                let part = |part: &Option<Type>| part.map_or("_".to_owned(), |ty| self.ty(&ty));
                format!("result<{}, {}>", part(&of.ok), part(&of.err))
            }
            other => panic!("a type without a name: {other:?}"),
        }
    }

    fn signature(&self, function: &Function) -> String {
        let parameters: Vec<_> = function
            .params
            .iter()
            .map(|parameter| format!("{}: {}", parameter.name, self.ty(&parameter.ty)))
            .collect();
        let result = function
            .result
            .map_or_else(String::new, |result| format!(" -> {}", self.ty(&result)));
        format!("func({}){result}", parameters.join(", "))
    }

    /// The parts of a type: name, type, documentation.
    fn parts(&self, def: &TypeDef) -> (&'static str, Vec<(String, String, String)>) {
        let docs = |docs: &wit_parser::Docs| line(docs.contents.as_deref());
        match &def.kind {
            TypeDefKind::Record(record) => {
                let fields = record.fields.iter();
                let parts =
                    fields.map(|field| (field.name.clone(), self.ty(&field.ty), docs(&field.docs)));
                ("record", parts.collect())
            }
            TypeDefKind::Variant(variant) => {
                let parts = variant.cases.iter().map(|case| {
                    let carried = case.ty.map_or_else(String::new, |ty| self.ty(&ty));
                    (case.name.clone(), carried, docs(&case.docs))
                });
                ("variant", parts.collect())
            }
            TypeDefKind::Enum(cases) => {
                let cases = cases.cases.iter();
                let parts = cases.map(|case| (case.name.clone(), String::new(), docs(&case.docs)));
                ("enum", parts.collect())
            }
            other => panic!("a type that the reference cannot show: {other:?}"),
        }
    }

    /// Everything that a component's bindings depend on, by its place.
    fn surface(&self) -> BTreeMap<String, String> {
        let mut surface = BTreeMap::new();
        for (interface, exported) in self.interfaces() {
            let name = interface.name.as_deref().unwrap();
            let direction = if exported { "export" } else { "import" };
            surface.insert(format!("{direction} {name}"), String::new());
            for (own, def) in self.types(interface) {
                let (kind, parts) = self.parts(def);
                let parts: Vec<_> = parts
                    .into_iter()
                    .map(|(name, ty, _)| format!("{name}: {ty}"))
                    .collect();
                surface.insert(
                    format!("{name}.{own}"),
                    format!("{kind} {{ {} }}", parts.join(", ")),
                );
            }
            for (own, function) in &interface.functions {
                surface.insert(format!("{name}.{own}"), self.signature(function));
            }
        }
        surface
    }

    /// The reference, as Markdown.
    fn reference(&self) -> String {
        let world = &self.resolve.worlds[self.world];
        let package = &self.resolve.packages[world.package.unwrap()].name;
        let mut page = format!(
            "# The contract: `{package}`\n\n\
             Every interface, type and function of the contract, with the comments that stand in \
             [`wit/`](../wit/). The table of outcomes and failures is in \
             [wit/README.md](../wit/README.md); what may change is in \
             [versioning.md](versioning.md). This page is generated from those files.\n\n\
             ## The world `plugin`\n\n{}\n\n| interface | |\n|---|---|\n",
            paragraphs(world.docs.contents.as_deref())
        );
        for (interface, exported) in self.interfaces() {
            let name = interface.name.as_deref().unwrap();
            let direction = match exported {
                true => "exported: what a plugin implements",
                false => "imported: what a plugin finds",
            };
            writeln!(page, "| [`{name}`](#interface-{name}) | {direction} |").unwrap();
        }
        for (interface, _) in self.interfaces() {
            let name = interface.name.as_deref().unwrap();
            let docs = paragraphs(interface.docs.contents.as_deref());
            write!(page, "\n## Interface `{name}`\n\n{docs}\n").unwrap();
            for (own, function) in &interface.functions {
                let docs = paragraphs(function.docs.contents.as_deref());
                let signature = self.signature(function);
                write!(
                    page,
                    "\n### `{own}`\n\n```wit\n{own}: {signature}\n```\n\n{docs}\n"
                )
                .unwrap();
            }
            for (own, def) in self.types(interface) {
                let (kind, parts) = self.parts(def);
                let docs = paragraphs(def.docs.contents.as_deref());
                write!(page, "\n### {kind} `{own}`\n\n{docs}\n\n").unwrap();
                let typed = parts.iter().any(|(_, ty, _)| !ty.is_empty());
                let what = if kind == "record" { "field" } else { "case" };
                page.push_str(&match typed {
                    true => format!("| {what} | type | |\n|---|---|---|\n"),
                    false => format!("| {what} | |\n|---|---|\n"),
                });
                for (name, ty, docs) in parts {
                    let docs = docs.replace('|', "\\|");
                    let ty = match (typed, ty.is_empty()) {
                        (false, _) => String::new(),
                        (true, true) => " |".to_owned(),
                        (true, false) => format!(" `{ty}` |"),
                    };
                    writeln!(page, "| `{name}` |{ty} {docs} |").unwrap();
                }
            }
        }
        page
    }
}

/// A comment in one line.
fn line(docs: Option<&str>) -> String {
    docs.unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// A comment in paragraphs, one a line.
fn paragraphs(docs: Option<&str>) -> String {
    let docs = docs.unwrap_or_default();
    let all: Vec<_> = docs.split("\n\n").map(|part| line(Some(part))).collect();
    all.join("\n\n")
}

#[test]
fn the_reference_is_current() {
    let path = workspace().join("docs/contract.md");
    let reference = Contract::current().reference();
    assert!(!reference.contains("| `` |"), "{reference}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &reference).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        committed, reference,
        "`docs/contract.md` is out of date: run `UPDATE_DOCS=1 cargo test --workspace --test contract`"
    );
}

/// Every type, case, field and function has its comment.
#[test]
fn nothing_of_the_contract_is_without_a_comment() {
    let contract = Contract::current();
    let mut bare = Vec::new();
    for (interface, _) in contract.interfaces() {
        let name = interface.name.as_deref().unwrap();
        for (own, def) in contract.types(interface) {
            if def.docs.contents.is_none() {
                bare.push(format!("{name}.{own}"));
            }
            let (_, parts) = contract.parts(def);
            let without = parts.iter().filter(|(_, _, docs)| docs.is_empty());
            bare.extend(without.map(|(part, _, _)| format!("{name}.{own}.{part}")));
        }
        let functions = interface.functions.iter();
        let without = functions.filter(|(_, function)| function.docs.contents.is_none());
        bare.extend(without.map(|(own, _)| format!("{name}.{own}")));
    }
    assert!(bare.is_empty(), "{bare:?}");
}

fn sha256(bytes: &[u8]) -> String {
    krabice_contract::hex(Sha256::digest(bytes))
}

/// Of the names and the contents of a folder's files, in the order of the names.
fn sha256_of_folder(folder: &Path) -> String {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let lines: Vec<_> = files
        .iter()
        .map(|file| {
            let name = file.file_name().unwrap().to_str().unwrap();
            format!("{}  {name}\n", sha256(&std::fs::read(file).unwrap()))
        })
        .collect();
    sha256(lines.concat().as_bytes())
}

/// Else the contract and what was published of it could be changed together, and every
/// other test would agree.
#[test]
fn what_was_published_is_what_was_published() {
    assert_eq!(PUBLISHED, FROZEN.map(|(version, _, _)| version));
    let versions = std::fs::read_dir(workspace().join("wit/published")).unwrap();
    assert_eq!(versions.count(), FROZEN.len(), "a version without a line");
    for (version, folder, component) in FROZEN {
        let contract = workspace().join("wit/published").join(version);
        assert_eq!(
            sha256_of_folder(&contract),
            folder,
            "{}",
            contract.display()
        );
        let file = workspace().join(format!("tests/guests/published/{version}/published.wasm"));
        let found = sha256(&std::fs::read(&file).unwrap());
        assert_eq!(found, component, "{}", file.display());
    }
}

/// What a component of the version in `wit/` depends on is still there, to the letter. More may
/// be there: another import, another function of an import. Older versions have an adapter, which
/// the test of their components covers.
#[test]
fn the_contract_differs_from_what_was_published_only_compatibly() {
    let version = PUBLISHED[PUBLISHED.len() - 1];
    let published = Contract::read(&workspace().join("wit/published").join(version));
    let problems = incompatible(&published.surface(), &Contract::current().surface());
    assert!(problems.is_empty(), "{version}: {problems:#?}");
}

/// Why components of an old contract would not fit a new one.
fn incompatible(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<String> {
    let mut problems = Vec::new();
    for (place, was) in old {
        match new.get(place) {
            None => problems.push(format!("`{place}` is gone")),
            Some(is) if is != was => {
                problems.push(format!("`{place}` was `{was}` and is `{is}`"));
            }
            Some(_) => {}
        }
    }
    // A host calls what is exported, and an old component has nothing new.
    let exported: Vec<_> = old
        .keys()
        .filter_map(|place| place.strip_prefix("export "))
        .collect();
    for place in new.keys().filter(|place| !old.contains_key(*place)) {
        let interface = place.split('.').next().unwrap_or(place);
        let demanded = place.starts_with("export ")
            || exported.contains(&interface) && new[place].starts_with("func");
        if demanded {
            problems.push(format!(
                "`{place}` is new, and a plugin would have to have it"
            ));
        }
    }
    problems
}

#[test]
fn what_would_break_a_component_is_seen() {
    let old = Contract::current().surface();
    let change = |place: &str, to: Option<&str>| {
        let mut new = old.clone();
        match to {
            Some(to) => drop(new.insert(place.to_owned(), to.to_owned())),
            None => drop(new.remove(place)),
        }
        incompatible(&old, &new)
    };
    assert_eq!(change("egress.send", None), ["`egress.send` is gone"]);
    assert_eq!(change("values.kind", Some("enum { boolean:  }")).len(), 1);
    assert_eq!(change("integration.forget", Some("func()")).len(), 1);
    assert_eq!(change("export extra", Some("")).len(), 1);
    for compatible in ["egress.stream", "import extra", "extra.thing"] {
        assert!(
            change(compatible, Some("func()")).is_empty(),
            "{compatible}"
        );
    }
}

struct OneSecret;

impl Secrets for OneSecret {
    fn env(&self, _: &str) -> std::io::Result<Option<SecretString>> {
        Ok(Some("a key".into()))
    }

    fn file(&self, _: &Path) -> std::io::Result<SecretString> {
        Err(std::io::Error::from(std::io::ErrorKind::NotFound))
    }
}

/// The back end of the published plugins.
fn back_end() -> axum::Router {
    axum::Router::new()
        .route("/shop/hello", axum::routing::get(async || "ahoj"))
        .route("/shop/search", axum::routing::post(async || "found"))
        .route(
            "/shop/photo.jpg",
            axum::routing::put(async |body: axum::body::Bytes| format!("{} bytes", body.len())),
        )
}

/// The component is committed and was never built again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_of_every_published_version_still_works() {
    for version in PUBLISHED {
        let file = workspace().join(format!("tests/guests/published/{version}/published.wasm"));
        let runtime = Runtime::builder().build().unwrap();
        let plugin = runtime.load(&file).await.unwrap();
        assert_eq!((plugin.name(), plugin.contract()), ("published", version));

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, back_end()).await });
        let text = format!(
            "[connections.shop]\nplugin = \"published\"\n[connections.shop.settings]\n\
             address = \"http://{address}/shop\"\nkey = {{ env = \"KEY\" }}\n"
        );
        let connections = Connections::parse(&text, Path::new("/"), &OneSecret).unwrap();
        let network = Network::builder().connections(&connections).build();
        let outlet = network
            .outlet(plugin.manifest(), connections.get("shop"))
            .unwrap();
        let context = Context {
            language: "cs".to_owned(),
            time_zone: jiff::tz::TimeZone::UTC,
            now: "2026-03-14T09:26:53Z".parse().unwrap(),
        };
        let call = async |function: &str, parameters: &[(&str, Value)]| {
            let parameters = parameters.iter().cloned();
            let input = CallInput {
                parameters: parameters.map(|(name, it)| (name.to_owned(), it)).collect(),
                hidden: Vec::new(),
                context: context.clone(),
                key: "call-1".to_owned(),
            };
            runtime.call(&plugin, function, Some(&outlet), input).await
        };
        let look = async |path: &str| {
            let parameters = [("path", path.into()), ("status", "paid".into())];
            call("look", &parameters).await.result
        };
        let Ok(Outcome::TrueWithFields(fields)) = look("hello").await else {
            panic!("{version}: the function does not work");
        };
        assert_eq!(fields["body"], "ahoj".into());
        assert_eq!(fields["status"], 200.into());
        assert_eq!(fields["created"], Value::Timestamp(context.now));
        assert_eq!(look("missing").await, Ok(Outcome::False));
        let probed = runtime.probe(&plugin, Some(&outlet), &context).await;
        assert_eq!(probed.result.unwrap(), "still here");
        let choices = runtime
            .choices(&plugin, "look", "status", Some(&outlet), &context)
            .await;
        assert_eq!(choices.result.unwrap()[0].value, "paid");

        let manifest = plugin.manifest();
        let verifying =
            |function: &manifest::Function| function.serves(manifest::Purpose::VerifiesIdentity);
        if version == "0.1.0" {
            // What it cannot say is absent, and nothing is guessed.
            for function in manifest.functions.values() {
                assert!(function.purposes.is_empty() && !function.exclusive);
                assert_eq!((&function.subject, &function.listing), (&None, &None));
            }
            assert!(manifest.feeds.is_empty());
            continue;
        }
        assert!(verifying(&manifest.functions["verify"]));
        assert!(manifest.functions["attach"].exclusive);
        assert_eq!(manifest.feeds["orders"].function, "changes");
        let jana = [
            ("order", "#2026\u{2013}7".into()),
            ("email", "JANA@example.com".into()),
            ("phone", "601 123 456".into()),
        ];
        assert!(call("verify", &jana).await.result.unwrap().is_true());
        let another = [
            jana[0].clone(),
            jana[1].clone(),
            ("phone", "602 123 456".into()),
        ];
        let verified = call("verify", &another).await.result;
        assert_eq!(verified, Ok(Outcome::False));
        let photo = File {
            name: "photo.jpg".to_owned(),
            media_type: "image/jpeg".to_owned(),
            content: b"JFIF".as_slice().into(),
        };
        let attached = call(
            "attach",
            &[("order", "2026-7".into()), ("photo", Value::File(photo))],
        )
        .await;
        let Ok(Outcome::TrueWithFields(fields)) = attached.result else {
            panic!("{:?}", attached.result);
        };
        assert_eq!(fields["size"], 4.into());
        assert_eq!(fields["body"], "4 bytes".into());
        let reads: Vec<_> = attached.exchanges.iter().map(|it| it.reads).collect();
        assert_eq!(reads, [true, false]);
    }
}
