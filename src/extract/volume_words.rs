//! Volumes as the command line of a container runtime spells them, which units of Podman take over:
//! `SOURCE:PATH:OPTIONS`, and the pairs of `--mount`. What a source is to the tree is left to the caller.

use crate::facts::Cause;
use crate::facts::raw::{MountContent, MountStorage, RawMount};
use crate::source::Span;

/// A volume, a file of the host or memory at a path of the container.
#[derive(Debug, PartialEq)]
pub struct VolumeWord<'a> {
    pub target: &'a str,
    pub source: VolumeSource<'a>,
    pub read_only: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum VolumeSource<'a> {
    /// A file or folder of the host.
    Host(&'a str),
    Volume,
    /// It has no name.
    Anonymous,
    Memory,
    Unknown,
}

impl<'a> VolumeWord<'a> {
    /// `SOURCE:PATH:OPTIONS`, or a path alone, at which the runtime makes a volume without a name.
    pub fn read_volume(text: &'a str) -> Option<Self> {
        let mut parts = text.split(':');
        let first = parts.next()?;
        let (source, target) = match parts.next() {
            Some(target) => (read_source(first), target),
            None => (VolumeSource::Anonymous, first),
        };
        let mut options = parts.next().unwrap_or_default().split(',');
        Some(Self {
            target,
            source,
            read_only: options.any(|option| option == "ro"),
        })
    }

    /// `type=KIND,source=SOURCE,destination=PATH`.
    pub fn read_mount(text: &'a str) -> Option<Self> {
        let pairs = text.split(',');
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "true")));
        let pairs: Vec<(&str, &str)> = pairs.collect();
        let field = |names: &[&str]| {
            let mut pairs = pairs.iter();
            pairs.find_map(|(name, value)| names.contains(name).then_some(*value))
        };
        let source = field(&["source", "src"]);
        let source = match (field(&["type"]).unwrap_or("volume"), source) {
            ("bind", Some(source)) => VolumeSource::Host(source),
            ("volume", Some(source)) => read_source(source),
            ("volume", None) => VolumeSource::Anonymous,
            ("tmpfs", _) => VolumeSource::Memory,
            _ => VolumeSource::Unknown,
        };
        Some(Self {
            target: field(&["destination", "dst", "target"])?,
            source,
            read_only: field(&["ro", "readonly"]) == Some("true"),
        })
    }

    /// A path with options behind a colon, at which a file system in memory stands.
    pub fn read_memory(text: &'a str) -> Self {
        Self {
            target: text.split(':').next().unwrap_or_default(),
            source: VolumeSource::Memory,
            read_only: false,
        }
    }

    /// The mount; `is_file` says that a file of the tree is what stands there.
    pub fn raw_mount(&self, is_file: bool, span: Span) -> RawMount {
        let unknown = |why| MountContent::Unknown(Cause::Storage(why));
        let (storage, content) = match self.source {
            VolumeSource::Host(_) if is_file => (MountStorage::Persistent, MountContent::File),
            VolumeSource::Host(_) => (
                MountStorage::Persistent,
                unknown("it is a folder of the host"),
            ),
            VolumeSource::Volume => (
                MountStorage::Persistent,
                unknown("a volume may hold it already"),
            ),
            VolumeSource::Memory => (MountStorage::Ephemeral, MountContent::Empty),
            VolumeSource::Anonymous | VolumeSource::Unknown => (
                MountStorage::Unknown,
                unknown("a volume may hold it already"),
            ),
        };
        RawMount {
            path: self.target.to_owned(),
            storage,
            read_only: self.read_only,
            content,
            span,
        }
    }
}

/// A path of the host, which may begin with a variable or a specifier, or the name of a volume.
fn read_source(source: &str) -> VolumeSource<'_> {
    if source.starts_with(['/', '.', '%', '~', '$']) {
        VolumeSource::Host(source)
    } else {
        VolumeSource::Volume
    }
}

/// The volume without a name that the runtime makes where an image declares one and nothing is mounted.
pub fn add_image_volume(mounts: &mut Vec<RawMount>, data: Option<&str>, at: Span) {
    let is_mounted = |data: &&str| {
        let mut mounts = mounts.iter();
        mounts.any(|mount| std::path::Path::new(data).starts_with(&mount.path))
    };
    if let Some(data) = data.filter(|data| !is_mounted(data)) {
        mounts.push(RawMount {
            path: data.to_owned(),
            storage: MountStorage::Unknown,
            read_only: false,
            content: MountContent::Unknown(Cause::Storage(
                "a volume without a name may keep what an earlier container wrote",
            )),
            span: at,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_read_as_the_runtime_reads_them() {
        let read = |text| {
            let word = VolumeWord::read_volume(text).unwrap();
            (word.target, word.source, word.read_only)
        };
        assert_eq!(read("data:/data"), ("/data", VolumeSource::Volume, false));
        assert_eq!(
            read("$PWD/r.conf:/etc/r.conf:ro,Z"),
            ("/etc/r.conf", VolumeSource::Host("$PWD/r.conf"), true)
        );
        assert_eq!(read("/data"), ("/data", VolumeSource::Anonymous, false));
        let mount = VolumeWord::read_mount("type=bind,src=/srv,dst=/data,ro").unwrap();
        assert_eq!(
            (mount.target, mount.source, mount.read_only),
            ("/data", VolumeSource::Host("/srv"), true)
        );
        assert!(VolumeWord::read_mount("type=volume,src=a").is_none());
    }
}
