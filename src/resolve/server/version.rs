//! Which flavor and version a server is, as far as its image and the settings say.

use crate::facts::linked::ServerBody;
use crate::facts::raw::{Declaration, InstalledRelease};
use crate::facts::{Cause, Datum, FactValue};
use crate::knowledge::servers::language::ServerBuild;
use crate::knowledge::shapes::ImageReference;
use crate::resolve::server::ServerResolver;
use crate::resolve::server::figures::value_of_declaration;

impl ServerResolver<'_> {
    /// A declaration by name wins over the image, the image over a declaration for all.
    pub(super) fn flavor_and_version(&self) -> (Option<FactValue>, Option<FactValue>) {
        let own = self
            .declared
            .iter()
            .find(|d| d.name.is_some() && d.version.is_some());
        if let Some(declared) = own {
            return read_declared(declared);
        }
        let from_image = self.image();
        let (flavor, version) = match &from_image {
            Some(Ok(image)) => self.image_version(image),
            _ => (None, None),
        };
        if version.is_some() {
            return (flavor, version);
        }
        if let Some(installed) = self.find_installed() {
            let at = |text: &str| FactValue::set(Datum::Text(text.to_owned()), installed.span);
            let version = match installed.version.as_deref().map(numbers) {
                Ok(text) => text.as_deref().map(at),
                Err(cause) => Some(FactValue::set_unknown(cause.clone(), installed.span)),
            };
            return (Some(at(&installed.flavor)), version);
        }
        let general = self
            .declared
            .iter()
            .find(|d| d.name.is_none() && d.version.is_some());
        match general {
            Some(declared) if flavor.is_none() || same_flavor(declared, flavor.as_ref()) => {
                read_declared(declared)
            }
            _ => (flavor, None),
        }
    }

    /// What is installed for it: in the image, or by the role that its text belongs to.
    pub(super) fn find_installed(&self) -> Option<&InstalledRelease> {
        match (self.deployed, &self.linked.body) {
            (Some(server), _) => server.installed.as_ref(),
            (None, ServerBody::Text(index)) => self.raw.texts[*index].installed.as_ref(),
            _ => None,
        }
    }

    /// The build as declared, each part by the first declaration that has it; else as that
    /// of the official images.
    pub(super) fn resolve_declared_build(&self) -> ServerBuild {
        let servers = self.knowledge.servers;
        let declared = self.declared.iter().rev().filter_map(|d| d.build.as_ref());
        let said = declared.filter_map(|words| servers.parse_build(words).ok());
        said.fold(ServerBuild::OFFICIAL, |build, said| ServerBuild {
            bundled_allocator: said.bundled_allocator.unwrap_or(build.bundled_allocator),
            tls: said.tls.unwrap_or(build.tls),
        })
    }

    pub(super) fn image(&self) -> Option<Result<ImageReference, Cause>> {
        let server = self.deployed?;
        match (&server.image, &server.image_fallback) {
            (Some(written), _) => Some(
                written
                    .text
                    .as_deref()
                    .map(ImageReference::parse)
                    .map_err(Clone::clone),
            ),
            (None, Some(fallback)) => Some(
                fallback
                    .as_deref()
                    .map(ImageReference::parse)
                    .map_err(Clone::clone),
            ),
            (None, None) => None,
        }
    }

    fn image_version(&self, image: &ImageReference) -> (Option<FactValue>, Option<FactValue>) {
        let span = self.deployed.and_then(|s| s.image.as_ref()).map(|i| i.span);
        let at = |datum| match span {
            Some(span) => FactValue::set(datum, span),
            None => FactValue::from_derived(datum),
        };
        let Some(shape) = self.knowledge.shapes.server_image(image) else {
            return (None, None);
        };
        let version = image.tag.as_deref().and_then(numbers);
        let version = version.and_then(|text| first_numbers(&text, shape.version_numbers));
        let flavor = at(Datum::Text(shape.flavor.clone()));
        (Some(flavor), version.map(|text| at(Datum::Text(text))))
    }
}

/// The version in an image's tag: `7.0.15` of `v7.0.15`, `7.2.4` of `7.2.4-alpine`.
pub(super) fn numbers(tag: &str) -> Option<String> {
    let tag = tag.trim_start_matches('v');
    let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.');
    let numbers = tag[..end.unwrap_or(tag.len())].trim_end_matches('.');
    numbers
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| numbers.to_owned())
}

/// So many numbers of a version; nothing where they are none.
fn first_numbers(version: &str, count: usize) -> Option<String> {
    let numbers: Vec<&str> = version.split('.').take(count).collect();
    (!numbers.is_empty()).then(|| numbers.join("."))
}

fn read_declared(declaration: &Declaration) -> (Option<FactValue>, Option<FactValue>) {
    let value = |text: String| value_of_declaration(Datum::Text(text), declaration.span);
    let version = declaration.version.as_ref();
    (
        declaration.flavor.clone().map(value),
        version.map(|text| value(numbers(text).unwrap_or_else(|| text.clone()))),
    )
}

fn same_flavor(declaration: &Declaration, flavor: Option<&FactValue>) -> bool {
    match (&declaration.flavor, flavor.and_then(FactValue::text)) {
        (Some(declared), Some(flavor)) => declared == flavor,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn a_tag_is_more_than_a_version() {
        for (tag, version) in [
            ("v7.0.15", Some("7.0.15")),
            ("7.2.4-alpine", Some("7.2.4")),
            ("8.0-rc1", Some("8.0")),
            ("7", Some("7")),
            ("latest", None),
            ("alpine3.19", None),
        ] {
            assert_eq!(numbers(tag).as_deref(), version, "{tag}");
        }
    }
}
