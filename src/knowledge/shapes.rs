//! How servers are deployed: which images and programs are servers, and where the fields of operator
//! resources say what a server gets.
//!
//! Read from `knowledge/shapes/*.yaml`. A shape is data: paths, units and names of ConfigMaps. What
//! needs a decision that no field can express is a mechanism in `extract`.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::facts::raw::RawKind;

static SHAPES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/knowledge/shapes");

/// The file that describes images and texts; every other file is a resource shape.
const SERVERS_FILE: &str = "servers.yaml";

/// All shapes.
#[derive(Debug)]
pub struct Shapes {
    pub servers: ServerShapes,
    pub resources: Vec<ResourceShape>,
    exporters: GlobSet,
    not_images: GlobSet,
    text_keys: GlobSet,
}

/// `knowledge/shapes/servers.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerShapes {
    pub schema: u32,
    pub images: Vec<ImageShape>,
    pub not_images: Vec<String>,
    pub programs: Vec<Program>,
    pub other_modes: Vec<String>,
    pub exporters: Vec<String>,
    pub text_files: Vec<String>,
    pub text_keys: Vec<String>,
    pub foreign_text: Vec<String>,
    pub module_prefixes: Vec<String>,
    pub data_directory: String,
    pub cluster_mode: String,
    pub replica_of: String,
    pub include: String,
    pub needles: Vec<String>,
    pub harmless_commands: Vec<String>,
}

/// A server image, by the last part of its repository.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageShape {
    pub name: String,
    pub flavor: String,
    /// The repositories, without a registry, of which `entrypoint` and `data` are known.
    #[serde(default)]
    pub official: Vec<String>,
    /// The program that the entrypoint puts before arguments that begin with `-` or end in `.conf`,
    /// and runs where there are none.
    #[serde(default)]
    pub entrypoint: Option<String>,
    /// The working directory, where data goes unless the configuration says otherwise.
    #[serde(default)]
    pub data: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    pub name: String,
    pub flavor: String,
}

/// A custom resource that an operator makes servers of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceShape {
    pub schema: u32,
    pub shape: String,
    #[serde(rename = "match")]
    pub matches: ResourceMatch,
    pub servers: Vec<ServerPaths>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceMatch {
    /// The API group; any version of it.
    pub api: String,
    pub kinds: Vec<String>,
}

/// Where a resource says what one of its servers gets. Paths are dotted, from the resource's root.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerPaths {
    /// A pattern over `{kind}` and `{name}`.
    pub name: String,
    pub kind: RawKind,
    #[serde(default)]
    pub hosts: Vec<String>,
    pub image: String,
    #[serde(default)]
    pub default_image: Option<String>,
    #[serde(default)]
    pub figures: BTreeMap<String, String>,
    #[serde(default)]
    pub fixed: BTreeMap<String, String>,
    #[serde(default)]
    pub words: BTreeMap<String, WordRule>,
    pub conf: Vec<ConfSource>,
}

/// How a field decides a word.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordRule {
    pub field: String,
    /// The word where the field is present, and where it is absent.
    #[serde(default)]
    pub present: Option<String>,
    #[serde(default)]
    pub absent: Option<String>,
    /// The word is `true` or `false`: whether the field equals this text.
    #[serde(default)]
    pub equals: Option<String>,
}

/// A part of the configuration, in the server's own order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfSource {
    /// Only where this field is present.
    #[serde(default)]
    pub when: Option<String>,
    /// A field that names a ConfigMap.
    #[serde(default)]
    pub config_map: Option<String>,
    /// The key of that ConfigMap.
    #[serde(default)]
    pub key: Option<String>,
    /// A field that lists `name value` texts.
    #[serde(default)]
    pub items: Option<String>,
    /// Lines that the operator writes; a null value is not known.
    #[serde(default)]
    pub generated: Vec<Vec<Option<String>>>,
}

/// What an image reference says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageReference {
    /// The repository without its registry: `library/redis`.
    pub repository: String,
    /// The last part of the repository.
    pub name: String,
    pub tag: Option<String>,
    pub digest: bool,
}

impl ImageReference {
    /// Splits `registry:5000/group/name:tag@sha256:…`.
    pub fn parse(text: &str) -> Self {
        let (without_digest, digest) = match text.split_once('@') {
            Some((before, _)) => (before, true),
            None => (text, false),
        };
        let path = match without_digest.split_once('/') {
            Some((registry, rest)) if is_registry(registry) => rest,
            _ => without_digest,
        };
        let last_part = path.rfind('/').map_or(0, |at| at + 1);
        let (repository, tag) = match path[last_part..].find(':') {
            Some(at) => (
                &path[..last_part + at],
                Some(path[last_part + at + 1..].to_owned()),
            ),
            None => (path, None),
        };
        Self {
            repository: repository.to_owned(),
            name: repository[last_part..].to_owned(),
            tag,
            digest,
        }
    }
}

/// A registry is a host: it has a dot or a port, or is this machine.
fn is_registry(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost"
}

impl ImageShape {
    /// Whether what the image does by itself is known.
    pub fn is_official(&self, image: &ImageReference) -> bool {
        self.official.contains(&image.repository)
    }
}

/// A knowledge file of ours that does not load: a defect that tests catch.
#[derive(Debug, thiserror::Error)]
#[error("knowledge/shapes/{file}: {message}")]
pub struct ShapeError {
    pub file: String,
    pub message: String,
}

impl Shapes {
    /// The shapes that the program carries.
    pub fn embedded() -> Result<Self, ShapeError> {
        let mut resources = Vec::new();
        let mut servers = None;
        for file in SHAPES.files() {
            let name = file.path().to_string_lossy().into_owned();
            if file.path().extension().is_none_or(|e| e != "yaml") {
                continue;
            }
            let text = file.contents_utf8().unwrap_or_default();
            if name == SERVERS_FILE {
                servers = Some(read::<ServerShapes>(&name, text)?);
            } else {
                resources.push(read::<ResourceShape>(&name, text)?);
            }
        }
        let servers = servers.ok_or_else(|| ShapeError {
            file: SERVERS_FILE.to_owned(),
            message: "is missing".to_owned(),
        })?;
        Ok(Self {
            exporters: globs(&servers.exporters)?,
            not_images: globs(&servers.not_images)?,
            text_keys: globs(&servers.text_keys)?,
            servers,
            resources,
        })
    }

    /// The server image that a reference names, if it is one.
    pub fn server_image(&self, image: &ImageReference) -> Option<&ImageShape> {
        if self.not_images.is_match(&image.name) {
            return None;
        }
        self.servers
            .images
            .iter()
            .find(|shape| shape.name == image.name)
    }

    pub fn is_exporter(&self, image: &ImageReference) -> bool {
        self.exporters.is_match(&image.name)
    }

    /// The server program that a command word names, with or without a path.
    pub fn program(&self, word: &str) -> Option<&Program> {
        let name = word.rsplit('/').next().unwrap_or(word);
        self.servers
            .programs
            .iter()
            .find(|program| program.name == name)
    }

    /// A ConfigMap key whose name says that it holds configuration text.
    pub fn is_text_key(&self, key: &str) -> bool {
        self.text_keys.is_match(key)
    }

    /// A setting of a module that images bundle.
    pub fn is_module_setting(&self, name: &str) -> bool {
        let prefix = name.split(['.', '-']).next().unwrap_or(name);
        prefix.len() < name.len()
            && self
                .servers
                .module_prefixes
                .iter()
                .any(|p| p.eq_ignore_ascii_case(prefix))
    }

    /// The shape of a custom resource.
    pub fn resource(&self, api_version: &str, kind: &str) -> Option<&ResourceShape> {
        let group = api_version
            .split_once('/')
            .map_or(api_version, |(group, _)| group);
        self.resources.iter().find(|shape| {
            shape.matches.api == group && shape.matches.kinds.iter().any(|k| k == kind)
        })
    }
}

fn read<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, ShapeError> {
    serde_yaml::from_str(text).map_err(|error| ShapeError {
        file: file.to_owned(),
        message: error.to_string(),
    })
}

fn globs(patterns: &[String]) -> Result<GlobSet, ShapeError> {
    let failed = |error: globset::Error| ShapeError {
        file: SERVERS_FILE.to_owned(),
        message: error.to_string(),
    };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(
            GlobBuilder::new(pattern)
                .case_insensitive(true)
                .build()
                .map_err(failed)?,
        );
    }
    set.build().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_loads_and_images_are_told_apart() {
        let shapes = Shapes::embedded().unwrap();
        let server = |text| {
            shapes
                .server_image(&ImageReference::parse(text))
                .map(|s| s.flavor.clone())
        };
        assert_eq!(server("redis"), Some("redis".to_owned()));
        assert_eq!(
            server("host:5000/valkey/valkey:8.1@sha256:ab"),
            Some("valkey".to_owned())
        );
        assert_eq!(
            server("quay.io/opstree/redis:v7.0.15"),
            Some("redis".to_owned())
        );
        assert_eq!(server("oliver006/redis_exporter:v1"), None);
        assert!(shapes.is_exporter(&ImageReference::parse(
            "quay.io/opstree/redis-exporter:v1.44.0"
        )));
        assert!(
            shapes
                .resource("redis.redis.opstreelabs.in/v1beta2", "Redis")
                .is_some()
        );
    }

    #[test]
    fn an_image_reference_with_a_port_and_a_digest() {
        let image = ImageReference::parse("host:5000/a/redis:7.2.6-alpine@sha256:00");
        assert_eq!(
            image,
            ImageReference {
                repository: "a/redis".into(),
                name: "redis".into(),
                tag: Some("7.2.6-alpine".into()),
                digest: true
            }
        );
    }
}
