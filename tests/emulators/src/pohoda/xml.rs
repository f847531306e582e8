//! XML in Windows-1250: reading requests strictly, and writing answers.

use encoding_rs::WINDOWS_1250;
use quick_xml::escape::{escape, resolve_xml_entity};
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, Writer, XmlVersion};

/// The beginning of all namespaces.
const NAMESPACES: &str = "http://www.stormware.cz/schema/version_2/";

/// The prefixes that STORMWARE's pages use, each with the schema's file.
const PREFIXES: &[(&str, &str)] = &[
    ("dat", "data"),
    ("rsp", "response"),
    ("lst", "list"),
    ("rdc", "documentresponse"),
    ("ord", "order"),
    ("inv", "invoice"),
    ("ftr", "filter"),
    ("typ", "type"),
    ("prn", "print"),
    ("vyd", "vydejka"),
];

/// An element of a request.
#[derive(Debug)]
pub(super) struct Element {
    /// `ord:order`, with the prefixes above instead of the request's own;
    /// `?:order` for another namespace, `order` without a namespace.
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    pub(super) text: String,
}

impl Element {
    /// Reads a document in the encoding that its first line declares: Windows-1250 or UTF-8. Its quotes
    /// may be single ones: XML knows no difference.
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        match declared(body).as_deref() {
            Some("windows-1250") => {}
            Some("utf-8") => {
                let text = std::str::from_utf8(body)
                    .map_err(|_| "the body is not in UTF-8, as its prolog declares".to_owned())?;
                return parse(text.trim_start_matches('\u{feff}'));
            }
            _ => return Err("the prolog declares neither Windows-1250 nor UTF-8".to_owned()),
        }
        let (text, wrong) = WINDOWS_1250.decode_without_bom_handling(body);
        // Non-ASCII letters that are valid UTF-8 are hardly ever Windows-1250.
        let utf8 = std::str::from_utf8(body).is_ok() && !body.is_ascii();
        if wrong || utf8 {
            return Err("the body is not in Windows-1250".to_owned());
        }
        parse(&text)
    }

    /// Whether a document declares another encoding than the vendor's Windows-1250.
    pub(super) fn is_utf8(body: &[u8]) -> bool {
        declared(body).as_deref() == Some("utf-8")
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        attributes
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The element at a path.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Element> {
        path.iter()
            .try_fold(self, |element, name| element.child(name))
    }

    /// The text at a path.
    pub(super) fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).map(|element| element.text.trim())
    }
}

/// The encoding in the prolog, in small letters.
fn declared(body: &[u8]) -> Option<String> {
    let prolog = body.split(|byte| *byte == b'>').next()?;
    let prolog = String::from_utf8_lossy(prolog).to_ascii_lowercase();
    let (_, value) = prolog.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|it| matches!(it, '"' | '\''))?;
    Some(value[1..].split_once(quote)?.0.to_owned())
}

fn parse(text: &str) -> Result<Element, String> {
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let (namespace, event) = reader
            .read_resolved_event()
            .map_err(|error| error.to_string())?;
        match event {
            Event::Start(start) => {
                if root.is_some() {
                    return Err("a second document".to_owned());
                }
                open.push(element(&namespace, &start)?);
            }
            Event::End(_) => {
                let done = open.pop().ok_or("an end without a beginning")?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => root = Some(done),
                }
            }
            Event::Text(text) => {
                let text = text.decode().map_err(|error| error.to_string())?;
                match open.last_mut() {
                    Some(current) => current.text += &text,
                    None if text.trim().is_empty() => {}
                    None => return Err("text outside of the document".to_owned()),
                }
            }
            Event::GeneralRef(reference) => {
                let name = reference.decode().map_err(|error| error.to_string())?;
                let letter = reference
                    .resolve_char_ref()
                    .map_err(|error| error.to_string())?;
                let current = open.last_mut().ok_or("an entity outside of the document")?;
                match letter {
                    Some(letter) => current.text.push(letter),
                    None => current.text += resolve_xml_entity(&name).ok_or("an unknown entity")?,
                }
            }
            Event::Decl(_) | Event::Comment(_) => {}
            Event::Eof => break,
            other @ (Event::Empty(_) | Event::CData(_) | Event::PI(_) | Event::DocType(_)) => {
                return Err(format!("not expected: {other:?}"));
            }
        }
    }
    match root {
        Some(root) if open.is_empty() => Ok(root),
        _ => Err("the document is cut off".to_owned()),
    }
}

fn element(namespace: &ResolveResult<'_>, start: &BytesStart<'_>) -> Result<Element, String> {
    let local = String::from_utf8_lossy(start.local_name().into_inner()).into_owned();
    let name = match namespace {
        ResolveResult::Bound(bound) => {
            let bound = String::from_utf8_lossy(bound.as_ref()).into_owned();
            let file = bound
                .strip_prefix(NAMESPACES)
                .and_then(|file| file.strip_suffix(".xsd"));
            let known = PREFIXES.iter().find(|(_, known)| Some(*known) == file);
            format!("{}:{local}", known.map_or("?", |(prefix, _)| prefix))
        }
        ResolveResult::Unbound => local,
        ResolveResult::Unknown(_) => {
            return Err(format!("`{local}` has a prefix without a namespace"));
        }
    };
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let key = String::from_utf8_lossy(attribute.key.into_inner()).into_owned();
        if key.starts_with("xmlns") {
            continue;
        }
        let value = attribute
            .normalized_value(XmlVersion::Explicit1_0)
            .map_err(|error| error.to_string())?;
        attributes.push((key, value.into_owned()));
    }
    Ok(Element {
        name,
        attributes,
        children: Vec::new(),
        text: String::new(),
    })
}

/// An element of an answer.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    name: String,
    attributes: Vec<(&'static str, String)>,
    text: Option<String>,
    children: Vec<Tag>,
}

/// An element without content.
pub(super) fn tag(name: impl Into<String>) -> Tag {
    Tag {
        name: name.into(),
        attributes: Vec::new(),
        text: None,
        children: Vec::new(),
    }
}

/// An element with text.
pub(super) fn leaf(name: impl Into<String>, text: impl ToString) -> Tag {
    Tag {
        text: Some(text.to_string()),
        ..tag(name)
    }
}

/// An element with text; `None` without a text.
pub(super) fn given(name: impl Into<String>, text: Option<&String>) -> Option<Tag> {
    text.map(|text| leaf(name, text))
}

impl Tag {
    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.attributes.push((name, value.to_string()));
        self
    }

    pub(super) fn holding(mut self, children: impl IntoIterator<Item = Tag>) -> Self {
        self.children.extend(children);
        self
    }

    /// The element, or `None` if it is empty.
    pub(super) fn filled(self) -> Option<Self> {
        (!self.children.is_empty() || self.text.is_some()).then_some(self)
    }

    /// The document in Windows-1250.
    pub(super) fn document(mut self) -> Vec<u8> {
        // The status of the server has neither namespace nor schema.
        if self.name.contains(':') {
            for (prefix, file) in PREFIXES {
                let namespace = format!("{NAMESPACES}{file}.xsd");
                self.attributes.push((attribute_of(prefix), namespace));
            }
        }
        let mut writer = Writer::new(Vec::new());
        let declaration = Event::Decl(BytesDecl::new("1.0", Some("Windows-1250"), None));
        let written = writer
            .write_event(declaration)
            .and_then(|()| self.write(&mut writer));
        written.expect("a `Vec` takes every byte");
        let text = String::from_utf8(writer.into_inner()).expect("texts are UTF-8");
        let (bytes, _, _) = WINDOWS_1250.encode(&text);
        bytes.into_owned()
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        let mut start = BytesStart::new(self.name.as_str());
        for (name, value) in &self.attributes {
            start.push_attribute((*name, value.as_str()));
        }
        writer.write_event(Event::Start(start))?;
        if let Some(text) = &self.text {
            let text = BytesText::from_escaped(escape(text.as_str()));
            writer.write_event(Event::Text(text))?;
        }
        self.children
            .iter()
            .try_for_each(|child| child.write(writer))?;
        writer.write_event(Event::End(BytesEnd::new(self.name.as_str())))
    }
}

fn attribute_of(prefix: &str) -> &'static str {
    match prefix {
        "dat" => "xmlns:dat",
        "rsp" => "xmlns:rsp",
        "lst" => "xmlns:lst",
        "rdc" => "xmlns:rdc",
        "ord" => "xmlns:ord",
        "inv" => "xmlns:inv",
        "ftr" => "xmlns:ftr",
        "typ" => "xmlns:typ",
        "prn" => "xmlns:prn",
        _ => "xmlns:vyd",
    }
}
