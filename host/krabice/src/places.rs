//! Where things stand on this machine: plugins, connections, compiled components.

use std::path::{Path, PathBuf};

use crate::cli::{ConnectionOptions, PluginOptions};

/// The connections file that is used when none is named.
const CONNECTIONS_FILE: &str = "connections.toml";

/// The folders of plugins: those that were named, by option or environment, else the first of the
/// usual ones that exists.
pub(crate) fn plugin_folders(options: &PluginOptions) -> Vec<PathBuf> {
    if options.plugins.is_empty() {
        usual_plugin_folder().into_iter().collect()
    } else {
        options.plugins.clone()
    }
}

/// `target/plugins` of the nearest folder upwards that has one, else `plugins` beside the binary,
/// else `target/plugins` of the workspace that the binary was built in.
fn usual_plugin_folder() -> Option<PathBuf> {
    let around = std::env::current_dir().ok();
    let around = around.iter().flat_map(|folder| folder.ancestors());
    let binary = std::env::current_exe().ok();
    let beside = binary.as_deref().and_then(Path::parent);
    around
        .map(|folder| folder.join("target/plugins"))
        .chain(beside.map(|folder| folder.join("plugins")))
        .chain(
            beside
                .and_then(Path::parent)
                .map(|folder| folder.join("plugins")),
        )
        .find(|folder| folder.is_dir())
}

/// The connections file: the one that was named, or the one in the current folder.
pub(crate) fn connections_file(options: &ConnectionOptions) -> Option<PathBuf> {
    options
        .connections
        .clone()
        .or_else(|| Some(PathBuf::from(CONNECTIONS_FILE)).filter(|file| file.is_file()))
}

/// The folder for compiled plugins; none when asked for none, or when the user has no home.
pub(crate) fn cache_folder(options: &PluginOptions) -> Option<PathBuf> {
    if options.no_cache {
        return None;
    }
    let usual = || {
        let project = directories::ProjectDirs::from("", "", "krabice")?;
        Some(project.cache_dir().to_owned())
    };
    // Wasmtime's cache takes absolute paths alone.
    options
        .cache
        .clone()
        .or_else(usual)
        .and_then(|folder| std::path::absolute(folder).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_folders_go_before_the_usual_ones() {
        let options = PluginOptions {
            plugins: vec!["b".into(), "a".into()],
            ..PluginOptions::default()
        };
        assert_eq!(plugin_folders(&options), ["b", "a"].map(PathBuf::from));
    }

    #[test]
    fn the_cache_is_where_it_was_asked_for_or_nowhere() {
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
