//! XML in Windows-1250, as elements with their namespaces.
//!
//! Document types are refused, and only XML's own five entities are known, so that an answer cannot
//! make the reader expand anything.

use std::borrow::Cow;

use quick_xml::escape::{escape, resolve_xml_entity};
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, Writer, XmlVersion};

use crate::windows_1250;

/// The beginning of all namespaces of POHODA, before the name of the schema's file.
const NAMESPACES: &str = "http://www.stormware.cz/schema/version_2/";
/// The deepest nesting that is read. The deepest real answer has about a dozen levels.
const DEPTH_MAX: usize = 32;

/// An element of an answer.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// Such as `ord:order`, with the prefix that the namespace has on STORMWARE's pages, whatever
    /// prefix it has in the answer. A name without a prefix has no namespace.
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: String,
}

/// The fault of a document, without anything of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable(pub(crate) &'static str);

/// The prefix of each namespace: the schema's file without its ending.
const PREFIXES: &[(&str, &str)] = &[
    ("data", "dat"),
    ("response", "rsp"),
    ("list", "lst"),
    ("documentresponse", "rdc"),
    ("order", "ord"),
    ("invoice", "inv"),
    ("filter", "ftr"),
    ("type", "typ"),
    ("print", "prn"),
];

impl Element {
    /// Reads a document in the encoding that it declares: Windows-1250, as POHODA writes, or UTF-8,
    /// which is also the encoding of a document that declares none.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let text = decode(bytes)?;
        let mut reader = NsReader::from_str(&text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        let mut open: Vec<Element> = Vec::new();
        let mut root = None;
        loop {
            let (namespace, event) = reader
                .read_resolved_event()
                .map_err(|_| Unreadable("is not XML"))?;
            let Some(current) = open.last_mut() else {
                match event {
                    Event::Start(start) if root.is_none() => {
                        open.push(Element::open(&namespace, &start)?);
                    }
                    Event::Start(_) => return Err(Unreadable("holds two documents")),
                    Event::Text(text) if text.iter().all(u8::is_ascii_whitespace) => {}
                    Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
                    Event::Eof => break,
                    Event::Text(_)
                    | Event::CData(_)
                    | Event::GeneralRef(_)
                    | Event::Empty(_)
                    | Event::End(_)
                    | Event::DocType(_) => return Err(Unreadable("is not XML")),
                }
                continue;
            };
            match event {
                Event::Start(start) => {
                    if open.len() == DEPTH_MAX {
                        return Err(Unreadable("is nested too deep"));
                    }
                    open.push(Element::open(&namespace, &start)?);
                }
                Event::End(_) => {
                    let done = open.pop().expect("an element is open");
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => root = Some(done),
                    }
                }
                Event::Text(text) => {
                    current.text += &text.decode().map_err(|_| Unreadable("is not XML"))?;
                }
                Event::CData(text) => {
                    current.text += &text.decode().map_err(|_| Unreadable("is not XML"))?;
                }
                Event::GeneralRef(reference) => {
                    let unknown = Unreadable("holds an unknown entity");
                    match reference.resolve_char_ref().map_err(|_| unknown)? {
                        Some(letter) => current.text.push(letter),
                        None => {
                            let name = reference.decode().map_err(|_| unknown)?;
                            current.text += resolve_xml_entity(&name).ok_or(unknown)?;
                        }
                    }
                }
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => return Err(Unreadable("is cut off")),
                Event::Empty(_) | Event::Decl(_) | Event::DocType(_) => {
                    return Err(Unreadable("is not XML"));
                }
            }
        }
        root.ok_or(Unreadable("is empty"))
    }

    fn open(namespace: &ResolveResult<'_>, start: &BytesStart<'_>) -> Result<Self, Unreadable> {
        let broken = Unreadable("is not XML");
        let local = std::str::from_utf8(start.local_name().into_inner())
            .map_err(|_| broken)?
            .to_owned();
        let prefix = match namespace {
            ResolveResult::Bound(bound) => prefix_of(bound.as_ref()),
            ResolveResult::Unbound => None,
            ResolveResult::Unknown(_) => return Err(broken),
        };
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| broken)?;
            let name = std::str::from_utf8(attribute.key.local_name().into_inner())
                .map_err(|_| broken)?
                .to_owned();
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .map_err(|_| broken)?;
            attributes.push((name, value.into_owned()));
        }
        Ok(Self {
            name: prefix.map_or_else(|| local.clone(), |prefix| format!("{prefix}:{local}")),
            attributes,
            ..Self::default()
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        attributes
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn children(&self) -> &[Element] {
        &self.children
    }

    /// Takes the children out.
    pub(crate) fn take_children(&mut self) -> Vec<Element> {
        std::mem::take(&mut self.children)
    }

    /// The first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.all(name).next()
    }

    /// The children of this name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The element at a path of first children.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Element> {
        path.iter()
            .try_fold(self, |element, name| element.child(name))
    }

    /// The text at a path, without white space around it; `None` for an empty one.
    pub(crate) fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).and_then(Element::text)
    }

    /// The element's own text, without white space around it; `None` for an empty one.
    pub(crate) fn text(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|text| !text.is_empty())
    }
}

fn prefix_of(namespace: &[u8]) -> Option<&'static str> {
    let namespace = std::str::from_utf8(namespace).ok()?;
    let file = namespace.strip_prefix(NAMESPACES)?.strip_suffix(".xsd")?;
    let known = PREFIXES.iter().find(|(name, _)| *name == file);
    // A namespace that is not read here gets a prefix, so that its elements are not taken for others.
    Some(known.map_or("other", |(_, prefix)| prefix))
}

fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Unreadable> {
    const MARK: &[u8] = b"\xEF\xBB\xBF";
    let utf8 = |bytes| {
        std::str::from_utf8(bytes)
            .map(Cow::Borrowed)
            .map_err(|_| Unreadable("is not UTF-8"))
    };
    if let Some(bytes) = bytes.strip_prefix(MARK) {
        return utf8(bytes);
    }
    let Some(encoding) = declared_encoding(bytes)? else {
        return utf8(bytes);
    };
    match encoding.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" | "us-ascii" | "ascii" => utf8(bytes),
        "windows-1250" | "cp1250" | "cp-1250" | "x-cp1250" => {
            Ok(Cow::Owned(windows_1250::decode(bytes)))
        }
        _ => Err(Unreadable("declares an encoding that is not read")),
    }
}

/// The encoding in the declaration of a document (XML 1.0, section 4.3.3); `None` for a document that
/// declares none, which is in UTF-8 then.
fn declared_encoding(bytes: &[u8]) -> Result<Option<&str>, Unreadable> {
    let broken = Unreadable("is not XML");
    let Some(declaration) = bytes.trim_ascii_start().strip_prefix(b"<?xml") else {
        return Ok(None);
    };
    let end = declaration.windows(2).position(|window| window == b"?>");
    let declaration = &declaration[..end.ok_or(broken)?];
    let declaration = std::str::from_utf8(declaration).map_err(|_| broken)?;
    let Some((_, value)) = declaration.split_once("encoding") else {
        return Ok(None);
    };
    let value = value
        .trim_start()
        .strip_prefix('=')
        .ok_or(broken)?
        .trim_start();
    let quote = value.chars().next().filter(|it| matches!(it, '"' | '\''));
    let value = value[1.min(value.len())..].split_once(quote.ok_or(broken)?);
    Ok(Some(value.ok_or(broken)?.0.trim()))
}

/// An element of a request.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    name: &'static str,
    attributes: Vec<(Cow<'static, str>, String)>,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Nodes(Vec<Node>),
    Text(String),
}

/// An element that holds others.
pub(crate) fn node(name: &'static str) -> Node {
    Node {
        name,
        attributes: Vec::new(),
        content: Content::Nodes(Vec::new()),
    }
}

/// An element that holds text.
pub(crate) fn text(name: &'static str, text: impl ToString) -> Node {
    Node {
        name,
        attributes: Vec::new(),
        content: Content::Text(text.to_string()),
    }
}

impl Node {
    /// Sets an attribute.
    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.attributes.push((name.into(), value.to_string()));
        self
    }

    /// Adds elements inside.
    pub(crate) fn holding(mut self, inside: impl IntoIterator<Item = Node>) -> Self {
        if let Content::Nodes(nodes) = &mut self.content {
            nodes.extend(inside);
        }
        self
    }

    /// The document of this element, in Windows-1250. Letters outside the encoding become references
    /// to characters, which every reader of XML resolves.
    pub(crate) fn document(mut self) -> Vec<u8> {
        let mut used = Vec::new();
        self.prefixes(&mut used);
        for (file, prefix) in PREFIXES.iter().filter(|(_, prefix)| used.contains(prefix)) {
            self.attributes.push((
                Cow::Owned(format!("xmlns:{prefix}")),
                format!("{NAMESPACES}{file}.xsd"),
            ));
        }
        let mut writer = Writer::new(Vec::new());
        let declaration = BytesDecl::new("1.0", Some("Windows-1250"), None);
        let written = writer
            .write_event(Event::Decl(declaration))
            .and_then(|()| self.write(&mut writer));
        assert!(written.is_ok(), "writing to memory does not fail");
        windows_1250::encode(&String::from_utf8_lossy(&writer.into_inner()))
    }

    fn prefixes(&self, used: &mut Vec<&'static str>) {
        if let Some((prefix, _)) = self.name.split_once(':') {
            used.push(prefix);
        }
        if let Content::Nodes(nodes) = &self.content {
            nodes.iter().for_each(|node| node.prefixes(used));
        }
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        let mut start = BytesStart::new(self.name);
        for (name, value) in &self.attributes {
            start.push_attribute((name.as_ref(), value.as_str()));
        }
        match &self.content {
            Content::Nodes(nodes) if nodes.is_empty() => {
                return writer.write_event(Event::Empty(start));
            }
            Content::Nodes(nodes) => {
                writer.write_event(Event::Start(start))?;
                nodes.iter().try_for_each(|node| node.write(writer))?;
            }
            Content::Text(text) => {
                let text = printable(text);
                writer.write_event(Event::Start(start))?;
                let escaped = escape(text.as_str());
                writer.write_event(Event::Text(BytesText::from_escaped(escaped)))?;
            }
        }
        writer.write_event(Event::End(BytesEnd::new(self.name)))
    }
}

/// The text without the control characters that XML 1.0 does not allow, not even as references.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control() || matches!(letter, '\t' | '\n' | '\r'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_written_in_windows_1250() {
        let document = node("dat:dataPack")
            .with("note", "a \"b\" <c>")
            .holding([text("typ:name", "Žluťoučký & kůň 🐎 ľ\u{1}")])
            .document();
        assert_eq!(
            windows_1250::decode(&document),
            "<?xml version=\"1.0\" encoding=\"Windows-1250\"?>\
             <dat:dataPack note=\"a &quot;b&quot; &lt;c&gt;\" \
             xmlns:dat=\"http://www.stormware.cz/schema/version_2/data.xsd\" \
             xmlns:typ=\"http://www.stormware.cz/schema/version_2/type.xsd\">\
             <typ:name>Žluťoučký &amp; kůň &#128014; ľ</typ:name></dat:dataPack>",
        );
        assert!(document.contains(&0x8E), "`Ž` is one byte");
    }

    #[test]
    fn a_written_document_can_be_read() {
        let given = " <&>'\" řžš Nguyễn Thị Hoa 🐎 ж\n";
        let document = node("typ:a").holding([text("typ:b", given)]).document();
        let read = Element::read(&document).unwrap();
        assert_eq!(read.name(), "typ:a");
        assert_eq!(read.children[0].text, given);
    }

    #[test]
    fn namespaces_matter_and_prefixes_do_not() {
        let body = br#"<x:order xmlns:x="http://www.stormware.cz/schema/version_2/order.xsd"
            xmlns="http://www.stormware.cz/schema/version_2/type.xsd" version="2.0"><id>5</id>
            <order xmlns="urn:else">6</order></x:order>"#;
        let read = Element::read(body).unwrap();
        assert_eq!(read.name(), "ord:order");
        assert_eq!(read.attribute("version"), Some("2.0"));
        assert_eq!(read.text_at(&["typ:id"]), Some("5"));
        assert_eq!(read.child("ord:order").map(Element::name), None);
    }

    #[test]
    fn an_answer_is_read_in_the_encoding_that_it_declares() {
        for body in [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a>Ž</a>",
            "<?xml version='1.0' encoding='utf-8'?><a>Ž</a>",
            "<?xml version=\"1.0\" encoding = \"utf-8\" ?><a>Ž</a>",
            "<?xml version=\"1.0\"\n encoding\n=\n'Utf-8'?><a>Ž</a>",
            "<?xml version=\"1.0\"?><a>Ž</a>",
            "<a>Ž</a>",
            "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?><a>Ž</a>",
            "\u{feff}<a>Ž</a>",
        ] {
            let read = Element::read(body.as_bytes()).unwrap();
            assert_eq!(read.text(), Some("Ž"), "{body}");
        }
        for declaration in ["Windows-1250\"", "windows-1250\" standalone='yes' "] {
            let body = format!("<?xml version=\"1.0\" encoding = \"{declaration}?><a>");
            let body = [body.as_bytes(), b"\x8E</a>"].concat();
            assert_eq!(
                Element::read(&body).unwrap().text(),
                Some("Ž"),
                "{declaration}"
            );
        }
    }

    #[test]
    fn an_answer_in_another_encoding_is_refused_and_not_guessed() {
        for declaration in ["ISO-8859-2", "utf-16", "", "windows-1252"] {
            let body = format!("<?xml version='1.0' encoding='{declaration}'?><a>a</a>");
            let read = Element::read(body.as_bytes()).map(|read| read.name().to_owned());
            assert_eq!(
                read,
                Err(Unreadable("declares an encoding that is not read"))
            );
        }
        for bytes in [
            &b"<a>\x8E</a>"[..],
            b"<?xml version='1.0' encoding='UTF-8'?><a>\x8E</a>",
        ] {
            let read = Element::read(bytes).map(|read| read.name().to_owned());
            assert_eq!(read, Err(Unreadable("is not UTF-8")));
        }
    }

    #[test]
    fn only_xmls_own_entities_are_known() {
        let read = |body: &str| Element::read(body.as_bytes());
        assert_eq!(
            read("<a>&lt;&#65;&#x42;&amp;</a>").unwrap().text(),
            Some("<AB&")
        );
        assert_eq!(read("<a><![CDATA[<b>]]></a>").unwrap().text(), Some("<b>"));
        for body in [
            "<a>&nbsp;</a>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
        ] {
            assert!(read(body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_text_that_is_not_one_document_is_refused() {
        let deep = "<a>".repeat(40) + &"</a>".repeat(40);
        for body in [
            "", "  ", "text", "<a>", "<a></b>", "<a/><a/>", "<p:a/>", "{}", &deep,
        ] {
            assert!(Element::read(body.as_bytes()).is_err(), "{body}");
        }
    }
}
