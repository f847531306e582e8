//! Folders of documents and plugins: which files count, and how a document is read. The server and
//! the command read folders by this alone.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The largest document, in bytes. The check of a scenario has finer limits.
const DOCUMENT_BYTES: u64 = 4 * 1024 * 1024;

/// When a file was changed, and its length.
pub type FileStamp = (SystemTime, u64);

/// The files of a folder that have the extension, in the order of their names.
///
/// # Errors
/// The folder cannot be read.
pub fn list_files(folder: &Path, extension: &str) -> io::Result<BTreeMap<PathBuf, FileStamp>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // A file that was removed meanwhile has no metadata, and counts as missing.
        if path.extension().is_some_and(|found| found == extension)
            && let Ok(metadata) = path.metadata()
            && metadata.is_file()
        {
            let changed = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            files.insert(path, (changed, metadata.len()));
        }
    }
    Ok(files)
}

/// Reads the text of a document.
///
/// # Errors
/// The file cannot be read, is not UTF-8, or is larger than 4 MiB.
pub fn read_document(file: &Path) -> io::Result<String> {
    if file.metadata()?.len() > DOCUMENT_BYTES {
        let message = format!("the file is larger than {DOCUMENT_BYTES} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    std::fs::read_to_string(file)
}
