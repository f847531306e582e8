//! Where the command finds things on this machine: plugins, the connections file, the cache of
//! compiled plugins.

use std::path::PathBuf;

use crate::cli::{ConnectionOptions, PluginOptions};

/// The connections file that is used when none is named.
const CONNECTIONS_FILE: &str = "connections.toml";

/// The folders of plugins: those named by option or environment, otherwise the first default
/// folder that exists.
pub(crate) fn plugin_folders(options: &PluginOptions) -> Vec<PathBuf> {
    if options.plugins.is_empty() {
        default_plugin_folder().into_iter().collect()
    } else {
        options.plugins.clone()
    }
}

/// `target/plugins` of the current folder or the nearest parent that has one, otherwise `plugins`
/// beside the binary, otherwise `plugins` one folder above the binary: `target/plugins` of the
/// workspace that the binary was built in.
fn default_plugin_folder() -> Option<PathBuf> {
    let current = std::env::current_dir().ok();
    let parents = current.iter().flat_map(|folder| folder.ancestors());
    let binary = std::env::current_exe().ok();
    let binary = binary.iter().flat_map(|file| file.ancestors());
    parents
        .map(|folder| folder.join("target/plugins"))
        .chain(binary.skip(1).take(2).map(|folder| folder.join("plugins")))
        .find(|folder| folder.is_dir())
}

/// The connections file: the one that was named, otherwise the one in the current folder.
pub(crate) fn connections_file(options: &ConnectionOptions) -> Option<PathBuf> {
    options
        .connections
        .clone()
        .or_else(|| Some(PathBuf::from(CONNECTIONS_FILE)).filter(|file| file.is_file()))
}

/// The folder for compiled plugins. `None` with `--no-cache`, and for a user without a home
/// folder who names none.
pub(crate) fn cache_folder(options: &PluginOptions) -> Option<PathBuf> {
    if options.no_cache {
        return None;
    }
    let user_cache = || {
        let project = directories::ProjectDirs::from("", "", "krabice")?;
        Some(project.cache_dir().to_owned())
    };
    // Wasmtime's cache takes only absolute paths.
    options
        .cache
        .clone()
        .or_else(user_cache)
        .and_then(|folder| std::path::absolute(folder).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_plugin_folders_replace_the_default_one() {
        let options = PluginOptions {
            plugins: vec!["b".into(), "a".into()],
            ..PluginOptions::default()
        };
        assert_eq!(plugin_folders(&options), ["b", "a"].map(PathBuf::from));
    }

    #[test]
    fn the_cache_folder_is_the_named_one_or_none() {
        let options = PluginOptions {
            cache: Some("/a/b".into()),
            ..PluginOptions::default()
        };
        assert_eq!(cache_folder(&options), Some("/a/b".into()));
        let options = PluginOptions {
            no_cache: true,
            ..PluginOptions::default()
        };
        assert_eq!(cache_folder(&options), None);
    }
}
