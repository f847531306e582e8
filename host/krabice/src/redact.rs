//! Masks known secrets in everything that goes to the log or to a trace.
//!
//! Nothing should ever log a secret. This is defence in depth for the case that something does:
//! it finds secrets only as [`SecretMask`] does, and only those that it knows.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::{Arc, PoisonError, RwLock};

use krabice_egress::SecretMask;

/// The secrets of this process that are known so far. Cheap to clone; all clones share them.
#[derive(Clone, Default)]
pub(crate) struct Redactor(Arc<RwLock<Vec<SecretMask>>>);

impl Redactor {
    /// Adds secrets to mask.
    pub(crate) fn learn(&self, masks: SecretMask) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.push(masks);
    }

    /// A writer that masks the secrets. Every call of `write` must hold whole lines, as those of
    /// the log's formatter and of the trace do: a secret split between two calls is not found.
    pub(crate) fn writer<W: Write>(&self, inner: W) -> RedactingWriter<W> {
        RedactingWriter {
            inner,
            redactor: self.clone(),
        }
    }
}

/// A writer that masks the secrets of a [`Redactor`].
pub(crate) struct RedactingWriter<W> {
    inner: W,
    redactor: Redactor,
}

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let known = self
            .redactor
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let mut masked = Cow::Borrowed(bytes);
        for masks in known.iter() {
            if let Cow::Owned(text) = masks.mask(&masked) {
                masked = Cow::Owned(text);
            }
        }
        self.inner.write_all(&masked)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use krabice_egress::{Connections, SystemSecrets};
    use krabice_store::StoreUrl;

    use super::*;

    #[test]
    fn the_secrets_of_the_connections_file_and_others_are_masked() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "k3y/with+signs==").unwrap();
        let file = "[connections.shop]\nplugin = \"upgates\"\n\
                    [connections.shop.settings]\nkey = { file = \"key\" }\n";
        let folder: &Path = folder.path();
        let connections = Connections::parse(file, folder, &SystemSecrets).unwrap();
        let redactor = Redactor::default();
        let mut out = Vec::new();
        let mut writer = redactor.writer(&mut out);
        writer.write_all(b"nothing known yet\n").unwrap();
        redactor.learn(connections.masks());
        writer
            .write_all(b"key=k3y/with+signs== ?k=k3y%2Fwith%2Bsigns%3D%3D\n")
            .unwrap();
        let url = StoreUrl::parse("postgres://krabice:Canary-1@db.example/krabice").unwrap();
        redactor.learn(SecretMask::new(url.password()));
        writer.write_all(b"k3y/with+signs== Canary-1\n").unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "nothing known yet\nkey=••• ?k=•••\n••• •••\n"
        );
    }
}
