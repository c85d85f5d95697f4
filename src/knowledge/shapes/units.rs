//! What units of systemd and of Podman call the parts of what they run (`units` in
//! `knowledge/shapes/servers.yaml`). What the parts mean is left to `extract`.

use serde::Deserialize;

/// The units that may run a server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitShapes {
    pub service: ServiceUnitShape,
    pub container: ContainerUnitShape,
}

/// The settings of a service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceUnitShape {
    /// What its file ends with.
    pub ending: String,
    pub section: String,
    pub command: String,
    pub environment: String,
    pub environment_files: String,
    /// Limits of memory, the strongest first.
    pub memory: Vec<String>,
    pub processors: String,
    /// Values of such a limit that set none.
    pub endless: Vec<String>,
}

/// The settings of a container of which a service is made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContainerUnitShape {
    pub ending: String,
    pub section: String,
    pub image: String,
    /// What the name of a unit ends with that makes an image.
    pub made: String,
    pub entrypoint: String,
    pub command: String,
    pub environment: String,
    pub environment_files: String,
    pub memory: String,
    pub ports: String,
    /// `SOURCE:PATH:OPTIONS`.
    pub volumes: String,
    /// Pairs of a name and a value.
    pub mounts: String,
    /// Paths of file systems in memory.
    pub memory_mounts: String,
    /// The name under which other containers reach it, and what is put before the unit's where none is.
    pub name: String,
    pub usual_name: String,
    pub read_only: String,
    /// A command by which its health is asked.
    pub health: String,
    /// Options that are handed on, and those of them that limit memory.
    pub options: String,
    pub memory_options: Vec<String>,
}

/// A program that starts others by a file, within a container.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupervisorShape {
    pub program: String,
    /// Options that name its file.
    pub options: Vec<String>,
    /// Where its file stands otherwise, and folders of which each file is read with it.
    pub files: Vec<String>,
    pub folders: Vec<String>,
    /// What the name of a section begins with that starts a program, and the setting that says how.
    pub section: String,
    pub command: String,
}

impl SupervisorShape {
    /// Whether a file at this path says what is started, where the command names `given`.
    pub fn reads(&self, path: &str, given: Option<&str>) -> bool {
        let folder = crate::source::path::folder(path);
        let is_file = match given {
            Some(given) => path == given,
            None => self.files.iter().any(|file| file == path),
        };
        is_file || self.folders.iter().any(|own| own == folder)
    }
}
