//! Manifests: of an image, or of a list of images (OCI image specification, "Image Manifest" and
//! "Image Index").
//!
//! A component is an image as the `wasm-pkg` tools push it: a config of
//! `application/vnd.wasm.config.v0+json` and one layer of `application/wasm`.

use std::fmt;

use serde::Deserialize;

use super::reference::is_digest;

const CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";
const LAYER_TYPE: &str = "application/wasm";
/// The architecture of components in the entries of a list.
const ARCHITECTURE: &str = "wasm";

/// The media types of an image's manifest, of OCI and of Docker.
const IMAGE_TYPES: [&str; 2] = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];
/// The media types of all manifests.
pub(super) const ACCEPTED: &str = "application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json";

/// The most images of a list whose manifests are read. 8: most lists give a platform or a type for
/// each image, and only images without either need a request.
const MOST_READ: usize = 8;

/// The most entries of a list that an error names.
const MOST_NAMED: usize = 8;

/// A manifest.
pub(super) enum Manifest {
    Image(Image),
    Index(Index),
}

/// An image, with what a pull needs.
pub(super) struct Image {
    config: Option<Descriptor>,
    layers: Vec<Descriptor>,
}

/// A list of images.
pub(super) struct Index(Vec<Descriptor>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    media_type: String,
    pub(super) digest: String,
    size: u64,
    artifact_type: Option<String>,
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    os: String,
    architecture: String,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// It is not JSON of a manifest, or could be read in two ways.
    pub(super) fn read(bytes: &[u8]) -> Result<Manifest, String> {
        #[derive(Deserialize)]
        struct Document {
            config: Option<Descriptor>,
            #[serde(default)]
            layers: Vec<Descriptor>,
            manifests: Option<Vec<Descriptor>>,
        }
        let document: Document = serde_json::from_slice(bytes)
            .map_err(|error| format!("has a manifest that cannot be read: {error}"))?;
        let (config, layers) = (document.config, document.layers);
        match document.manifests {
            None => Ok(Manifest::Image(Image { config, layers })),
            Some(_) if config.is_some() || !layers.is_empty() => {
                Err("has a manifest that is both an image and a list of images".to_owned())
            }
            Some(manifests) => Ok(Manifest::Index(Index(manifests))),
        }
    }
}

impl Image {
    pub(super) fn is_component(&self) -> bool {
        self.config_type() == Some(CONFIG_TYPE)
    }

    fn config_type(&self) -> Option<&str> {
        Some(self.config.as_ref()?.media_type.as_str())
    }

    /// The one layer of a component.
    ///
    /// # Errors
    /// The image is not a component, or the component is too large.
    pub(super) fn component(&self, most_bytes: usize) -> Result<&Descriptor, String> {
        if !self.is_component() {
            let found = self.config_type().map(|found| format!("`{found}`"));
            return Err(format!(
                "is not a WebAssembly component: its config is {}, not `{CONFIG_TYPE}`",
                found.as_deref().unwrap_or("missing")
            ));
        }
        let [layer] = self.layers.as_slice() else {
            let layers = self.layers.len();
            return Err(format!("has {layers} layers; a component has one"));
        };
        if layer.media_type != LAYER_TYPE {
            return Err(format!(
                "has a layer of `{}`, not `{LAYER_TYPE}`",
                layer.media_type
            ));
        }
        if layer.size > most_bytes as u64 {
            return Err(format!("has {} bytes, more than {most_bytes}", layer.size));
        }
        layer.check_digest()?;
        Ok(layer)
    }
}

impl Index {
    /// The images that may be components: all except those that the list calls something else.
    ///
    /// # Errors
    /// They are too many, or the digest of one is not SHA-256.
    pub(super) fn candidates(&mut self) -> Result<Vec<&mut Descriptor>, String> {
        let entries = self.0.iter_mut();
        let candidates: Vec<_> = entries.filter(|entry| entry.may_be_component()).collect();
        if candidates.len() > MOST_READ {
            return Err(format!(
                "lists more than {MOST_READ} images that may be components; name one by its digest"
            ));
        }
        for candidate in &candidates {
            candidate.check_digest()?;
        }
        Ok(candidates)
    }
}

/// The entries, for an error.
impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = self.0.iter().take(MOST_NAMED);
        let named: Vec<_> = named
            .map(|entry| format!("`{}`", entry.described()))
            .collect();
        match self.0.len() - named.len() {
            0 if named.is_empty() => f.write_str("nothing"),
            0 => f.write_str(&named.join(", ")),
            more => write!(f, "{} and {more} more", named.join(", ")),
        }
    }
}

impl Descriptor {
    /// Sets the type of an image of a list after its manifest was read.
    pub(super) fn found(&mut self, image: &Image) {
        self.artifact_type = image
            .config
            .as_ref()
            .map(|config| config.media_type.clone());
    }

    fn check_digest(&self) -> Result<(), String> {
        if is_digest(&self.digest) {
            return Ok(());
        }
        Err("has a part with a digest that is not SHA-256".to_owned())
    }

    fn may_be_component(&self) -> bool {
        let is_image = IMAGE_TYPES.contains(&self.media_type.as_str());
        is_image
            && match (&self.artifact_type, &self.platform) {
                (Some(artifact_type), _) => artifact_type == CONFIG_TYPE,
                (None, Some(platform)) => platform.architecture == ARCHITECTURE,
                (None, None) => true,
            }
    }

    /// `linux/amd64 application/vnd.oci.image.config.v1+json`
    fn described(&self) -> String {
        let kind = self.artifact_type.as_deref();
        match &self.platform {
            Some(Platform { os, architecture }) => match kind {
                Some(kind) => format!("{os}/{architecture} {kind}"),
                None => format!("{os}/{architecture}"),
            },
            None => kind.unwrap_or(&self.media_type).to_owned(),
        }
    }
}
