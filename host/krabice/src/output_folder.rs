//! The folder that `--files` names: it receives the files that functions return.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use krabice_contract::file::is_file_name;

/// The most files with the same name: it bounds the search for a free one.
const MOST_OF_ONE_NAME: u32 = 1_000;

/// A folder for files. It is made when the first file is saved.
#[derive(Debug, Clone)]
pub(crate) struct OutputFolder(PathBuf);

impl OutputFolder {
    pub(crate) fn new(path: &Path) -> OutputFolder {
        OutputFolder(path.to_owned())
    }

    /// Saves a file and returns its path. An existing file is kept: the second `label.pdf`
    /// becomes `label-2.pdf`.
    pub(crate) fn save(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        // The runtime has already checked the name. It is checked again here, because a path in
        // it would write outside the folder.
        if !is_file_name(name) {
            return Err(io::Error::new(ErrorKind::InvalidInput, "invalid file name"));
        }
        fs::create_dir_all(&self.0)?;
        for number in 1..=MOST_OF_ONE_NAME {
            let path = self.0.join(numbered(name, number));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(mut file) => {
                    file.write_all(content)?;
                    return Ok(path);
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(
            ErrorKind::AlreadyExists,
            format!("the folder already has {MOST_OF_ONE_NAME} files named `{name}`"),
        ))
    }
}

fn numbered(name: &str, number: u32) -> String {
    match (number, name.rsplit_once('.')) {
        (1, _) => name.to_owned(),
        (_, Some((stem, extension))) => format!("{stem}-{number}.{extension}"),
        (_, None) => format!("{name}-{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_never_overwritten_and_never_outside_the_folder() {
        let parent = tempfile::tempdir().unwrap();
        let folder = OutputFolder::new(&parent.path().join("files"));
        let first = folder.save("label.pdf", b"one").unwrap();
        let second = folder.save("label.pdf", b"two").unwrap();
        assert_eq!(first.file_name().unwrap(), "label.pdf");
        assert_eq!(second.file_name().unwrap(), "label-2.pdf");
        assert_eq!(fs::read(first).unwrap(), b"one");
        assert_eq!(fs::read(second).unwrap(), b"two");
        assert!(folder.save("../label.pdf", b"three").is_err());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }
}
