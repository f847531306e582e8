//! The folder where files from functions are saved.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use krabice_scenario::file::is_file_name;

/// The most files of one name.
const OF_ONE_NAME: u32 = 1_000;

/// A folder for files; made when the first one comes.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(path: &Path) -> Folder {
        Folder(path.to_owned())
    }

    /// Saves a file and says where. What is there already is kept: `label.pdf` becomes
    /// `label-2.pdf`.
    pub(crate) fn save(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        // The runtime has checked the name; this is where a mistake would cost something.
        if !is_file_name(name) {
            return Err(io::Error::new(ErrorKind::InvalidInput, "no name of a file"));
        }
        fs::create_dir_all(&self.0)?;
        for number in 1..=OF_ONE_NAME {
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
            format!("{OF_ONE_NAME} files are called `{name}`"),
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

/// A size for people: `780 B`, `12 kB`, `3.4 MB`.
pub(crate) fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_never_written_over_and_never_outside_the_folder() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::new(&parent.path().join("files"));
        let first = folder.save("label.pdf", b"one").unwrap();
        let second = folder.save("label.pdf", b"two").unwrap();
        assert_eq!(first.file_name().unwrap(), "label.pdf");
        assert_eq!(second.file_name().unwrap(), "label-2.pdf");
        assert_eq!(fs::read(first).unwrap(), b"one");
        assert_eq!(fs::read(second).unwrap(), b"two");
        assert!(folder.save("../label.pdf", b"three").is_err());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }

    #[test]
    fn sizes_are_short() {
        let sizes = [0, 999, 1_000, 12_345, 3_400_000].map(size);
        assert_eq!(sizes, ["0 B", "999 B", "1 kB", "13 kB", "3.4 MB"]);
    }
}
