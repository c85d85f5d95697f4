//! What the images of servers hold and read by themselves (`knowledge/shapes/images.yaml`): their
//! folders, the volume that they declare, the variables of their start script.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::source::glob_list::GlobList;

use super::schema::ReadSource;
use super::{ImageReference, ShapeError, globs, read};

/// The file of tables.
pub(super) const IMAGES_FILE: &str = "images.json";

/// Everything that is known of images.
#[derive(Debug)]
pub struct ImageLibrary {
    table: ImageTable,
    asked: Vec<GlobList>,
    reads: Vec<GlobList>,
    passwords: GlobList,
    data_mounts: GlobList,
    other_mounts: GlobList,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImageTable {
    #[serde(default)]
    read: Vec<ReadSource>,
    files: Vec<ImageFiles>,
    images: Vec<ImageContent>,
    wrappers: Vec<String>,
    passwords: Vec<String>,
    mounts: MountPaths,
}

/// Patterns over the paths of mounts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MountPaths {
    data: Vec<String>,
    other: Vec<String>,
}

/// The files of an image, as far as they are listed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageFiles {
    name: String,
    folders: Vec<String>,
    unlisted: Vec<String>,
    absent: Vec<String>,
    links: BTreeMap<String, String>,
}

/// What is known of an image.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageContent {
    repositories: Vec<String>,
    /// As a sentence calls it.
    pub title: String,
    #[serde(default)]
    files: Option<String>,
    /// The folder that the image declares as a volume.
    #[serde(default)]
    pub volume: Option<String>,
    /// Words of the arguments by which its script sets the server up; without any it always does.
    #[serde(default)]
    pub start: Vec<String>,
    #[serde(default)]
    reads: Vec<String>,
    #[serde(default)]
    asked: Vec<String>,
    /// What its start script makes of its variables, where that is known.
    #[serde(default)]
    pub set_up: Option<ImageSetUp>,
}

/// How the start script of an image sets its server up.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageSetUp {
    pub program: String,
    /// The variable whose words are options of the server.
    pub flags: String,
    /// Where something is mounted at one of these paths, it takes the place of what is written.
    pub files: Vec<String>,
    /// What variables hold that nobody sets.
    pub defaults: BTreeMap<String, String>,
    /// The lines that it writes, in order.
    pub lines: Vec<SetUpLine>,
}

/// A line that a start script writes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetUpLine {
    /// Its words; `$NAME` stands for a variable, and nothing for a word that is not to be known.
    pub line: Vec<Option<String>>,
    /// Written only where each of these variables holds one of these texts; `?*` is any text.
    #[serde(default)]
    pub when: BTreeMap<String, Vec<String>>,
    /// Not written where one of these variables does.
    #[serde(default)]
    pub unless: BTreeMap<String, Vec<String>>,
}

/// A variable that people give to an image in the belief that it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedVariable {
    /// The image reads it through its start script.
    ByStart,
    /// Nothing in the image reads it.
    ByNothing,
}

impl ImageLibrary {
    pub(super) fn new(text: &str) -> Result<Self, ShapeError> {
        let table: ImageTable = read(IMAGES_FILE, text)?;
        let each = |of: fn(&ImageContent) -> &Vec<String>| -> Result<Vec<GlobList>, ShapeError> {
            table.images.iter().map(|image| globs(of(image))).collect()
        };
        Ok(Self {
            asked: each(|image| &image.asked)?,
            reads: each(|image| &image.reads)?,
            passwords: globs(&table.passwords)?,
            data_mounts: globs(&table.mounts.data)?,
            other_mounts: globs(&table.mounts.other)?,
            table,
        })
    }

    /// The states of the repositories that it was read from.
    pub fn read(&self) -> &[ReadSource] {
        &self.table.read
    }

    fn index(&self, image: &ImageReference) -> Option<usize> {
        let mut images = self.table.images.iter();
        images.position(|known| known.repositories.contains(&image.repository))
    }

    /// What is known of an image by its repository, on whatever registry.
    pub fn content(&self, image: &ImageReference) -> Option<&ImageContent> {
        self.table.images.get(self.index(image)?)
    }

    /// The files of an image, where they are listed.
    pub fn files(&self, image: &ImageReference) -> Option<&ImageFiles> {
        let name = self.content(image)?.files.as_ref()?;
        self.table.files.iter().find(|files| files.name == *name)
    }

    /// Whether people give a variable to the image for it to be read, and what reads it; `None` for
    /// one that is their own.
    pub fn find_asked(&self, image: &ImageReference, variable: &str) -> Option<AskedVariable> {
        let index = self.index(image)?;
        if !self.asked[index].is_match(variable) {
            return None;
        }
        Some(match self.reads[index].is_match(variable) {
            true => AskedVariable::ByStart,
            false => AskedVariable::ByNothing,
        })
    }

    /// A variable that holds a password by its name.
    pub fn is_password(&self, variable: &str) -> bool {
        self.passwords.is_match(variable)
    }

    /// Whether a mount at a path is meant for the data of a server.
    pub fn is_data_mount(&self, path: &str) -> bool {
        self.data_mounts.is_match(path) && !self.other_mounts.is_match(path)
    }

    /// A program that only starts the one behind it.
    pub fn is_wrapper(&self, word: &str) -> bool {
        let name = crate::source::path::name(word);
        self.table.wrappers.iter().any(|known| known == name)
    }
}

impl ImageFiles {
    /// Whether the image has a folder; `None` where that is not listed.
    pub fn has_folder(&self, path: &str) -> Option<bool> {
        let path = self.real(path);
        if self.folders.contains(&path) {
            return Some(true);
        }
        self.absence(&path)
    }

    /// Whether the image has a file; `None` where that is not listed.
    pub fn has_file(&self, path: &str) -> Option<bool> {
        self.absence(&self.real(path))
    }

    /// That something is not there, where that is certain.
    fn absence(&self, path: &str) -> Option<bool> {
        let holds = |folder: &String| crate::source::path::is_within(path, folder);
        let unlisted = self.unlisted.iter().any(holds) && !self.absent.iter().any(holds);
        (!unlisted).then_some(false)
    }

    /// The path without its symbolic links.
    fn real(&self, path: &str) -> String {
        let path = match path.trim_end_matches('/') {
            "" => "/",
            path => path,
        };
        let mut links = self.links.iter();
        let link = links.find_map(|(from, to)| Some((to, path.strip_prefix(from.as_str())?)));
        match link {
            Some((to, rest)) if rest.is_empty() || rest.starts_with('/') => format!("{to}{rest}"),
            _ => path.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::shapes::DeploymentShapes;

    #[test]
    fn images_say_which_folders_they_have() {
        let shapes = DeploymentShapes::embedded().unwrap();
        let files = |text| shapes.images.files(&ImageReference::parse(text));
        let official = files("redis:7.2-alpine").unwrap();
        for (path, there) in [
            ("/data/", Some(true)),
            ("/var/log", Some(true)),
            ("/var/run", Some(true)),
            ("/var/log/redis", Some(false)),
            ("/var/run/redis", Some(false)),
            ("/var/lib/redis", Some(false)),
            ("/etc/redis", Some(false)),
            ("/redis-master", Some(false)),
            ("/etc/ssl/certs", None),
            ("/usr/lib/redis", None),
        ] {
            assert_eq!(official.has_folder(path), there, "{path}");
        }
        assert_eq!(
            official.has_file("/usr/local/etc/redis/redis.conf"),
            Some(false)
        );
        assert_eq!(official.has_file("/usr/local/lib/redis/modules/x.so"), None);
        assert!(files("bitnami/redis:7.2").is_none() && files("acme/redis").is_none());
    }

    #[test]
    fn images_say_which_variables_they_read() {
        let shapes = DeploymentShapes::embedded().unwrap();
        let asked = |image, name| {
            shapes
                .images
                .find_asked(&ImageReference::parse(image), name)
        };
        assert_eq!(
            asked("redis:7", "REDIS_PASSWORD"),
            Some(AskedVariable::ByNothing)
        );
        assert_eq!(
            asked("bitnami/redis:7", "REDIS_PASSWORD"),
            Some(AskedVariable::ByStart)
        );
        assert_eq!(asked("redis:7", "REDIS_PORT"), None);
        assert_eq!(asked("redis:7", "TZ"), None);
    }
}
