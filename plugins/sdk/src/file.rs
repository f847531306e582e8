//! Files that a customer or the staff gives or gets.

use crate::contract::{self, Failure, Kind};
use crate::typed::{Given, Input, Kinded, Output, Written, not_of_kind};

/// A file, such as a parcel label, an invoice or a customer's photo. It is a parameter, a field or
/// an answer, never a part of a list or a record.
///
/// ```
/// use krabice_plugin::{Fields, File, Params};
///
/// #[derive(Params)]
/// struct Complaint {
///     /// Order number
///     order: String,
///     /// Photo
///     #[param(personal)]
///     photo: Option<File>,
/// }
///
/// #[derive(Fields)]
/// struct Label {
///     /// Parcel number
///     number: String,
///     /// Label
///     file: File,
/// }
///
/// let file = File::new("label-00001234.pdf", "application/pdf", b"%PDF-1.4 ...".to_vec());
/// assert_eq!(file.name(), "label-00001234.pdf");
/// ```
///
/// ```compile_fail,E0080
/// #[derive(krabice_plugin::Fields)]
/// struct Labels {
///     /// Labels
///     files: Vec<krabice_plugin::File>,
/// }
/// let items = <Vec<krabice_plugin::File> as krabice_plugin::Kinded>::ITEMS;
/// ```
///
/// ```compile_fail,E0080
/// use krabice_plugin::{File, Input, Params};
///
/// #[derive(Params)]
/// struct Complaint {
///     /// Products
///     products: Vec<Product>,
/// }
///
/// #[derive(Params)]
/// struct Product {
///     /// Photo
///     photo: File, // inside a list
/// }
/// let parts = <Complaint as Params>::describe("", &mut Vec::new());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct File(contract::File);

/// The most characters of a name.
const NAME: usize = 128;

impl File {
    /// A file with its name, its media type such as `application/pdf`, and its bytes: at least one,
    /// at most 4 MiB unless the operator allows more.
    ///
    /// Characters that are not allowed in a file's name become `-`, so that a name can be made of a
    /// back end's text.
    ///
    /// ```
    /// # use krabice_plugin::File;
    /// assert_eq!(File::new("label-26/17.pdf", "application/pdf", vec![1]).name(), "label-26-17.pdf");
    /// assert_eq!(File::new("../../.profile", "text/plain", vec![1]).name(), "-..-.profile");
    /// ```
    #[must_use]
    pub fn new(name: impl AsRef<str>, media_type: impl Into<String>, content: Vec<u8>) -> Self {
        let name: String = name
            .as_ref()
            .trim()
            .trim_start_matches('.')
            .chars()
            .map(|letter| match letter {
                '/' | '\\' | ':' => '-',
                letter if letter.is_control() => '-',
                letter => letter,
            })
            .take(NAME)
            .collect();
        Self(contract::File {
            name: if name.is_empty() {
                "file".to_owned()
            } else {
                name
            },
            media_type: media_type.into(),
            content,
        })
    }

    /// The name under which it is saved.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(&self) -> &str {
        &self.0.media_type
    }

    /// Its bytes.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.0.content
    }
}

impl From<File> for contract::File {
    fn from(file: File) -> Self {
        file.0
    }
}

impl Kinded for File {
    const KIND: Kind = Kind::File;
}

impl Input for File {
    fn read(given: Given, path: &str) -> Result<Self, Failure> {
        match given {
            Given::File(file) => Ok(Self(file)),
            Given::Json(_) => Err(not_of_kind(path, Self::KIND)),
        }
    }
}

impl Output for File {
    fn write(self) -> Option<Written> {
        Some(Written::File(self.0))
    }
}
