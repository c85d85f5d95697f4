//! Which release of a server the steps of a Dockerfile install: by the version that is written with a
//! package or an archive, by a variable, or by the distribution that the image begins with.

use crate::extract::dockerfile::StageImage;
use crate::extract::script;
use crate::facts::Cause;
use crate::facts::raw::InstalledRelease;
use crate::knowledge::shapes::{DeploymentShapes, ServerInstall};
use crate::source::{Excerpt, FileId, Span};

/// What is known of a release from one step.
enum NamedRelease {
    Written(String),
    /// The package of the distribution.
    OfDistribution,
}

impl StageImage {
    /// The server that is installed in the image; none where it begins with a server's image.
    pub fn find_installed(&self, shapes: &DeploymentShapes) -> Option<InstalledRelease> {
        let base = self.reference();
        if base.is_some_and(|base| shapes.server_image(&base).is_some()) {
            return None;
        }
        let mut installs = shapes.servers.installs.iter();
        installs.find_map(|install| {
            let step =
                |(text, span): &(String, Span)| Some((read_release(text, install, shapes)?, *span));
            let (release, span) = self.steps.iter().find_map(step)?;
            let from_distribution = matches!(release, NamedRelease::OfDistribution);
            let version = match release {
                NamedRelease::Written(version) => Ok(version),
                NamedRelease::OfDistribution => self.of_distribution(install, shapes),
            };
            Some(InstalledRelease {
                flavor: install.flavor.clone(),
                version: self.of_variable(install).unwrap_or(version),
                from_distribution,
                span,
            })
        })
    }

    fn of_variable(&self, install: &ServerInstall) -> Option<Result<String, Cause>> {
        let mut names = install.variables.iter();
        names.find_map(|name| self.environment.get(&name.to_uppercase()).cloned())
    }

    fn of_distribution(
        &self,
        install: &ServerInstall,
        shapes: &DeploymentShapes,
    ) -> Result<String, Cause> {
        let unknown = Cause::Image("the release of the package that it installs is unknown");
        let sources = &shapes.servers.other_package_sources;
        let takes_others =
            |(text, _): &(String, Span)| sources.iter().any(|word| text.contains(word));
        let Some(base) = self
            .reference()
            .filter(|_| !self.steps.iter().any(takes_others))
        else {
            return Err(unknown);
        };
        let tag = base.tag.as_deref().unwrap_or_default();
        let is_of = |written: &str| {
            let rest = tag.strip_prefix(written);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
        };
        let mut rows = shapes.servers.distributions.iter();
        let row = rows.find(|row| {
            let is_tag = row.tags.iter().any(|written| is_of(written));
            row.image == base.name && row.flavor == install.flavor && is_tag
        });
        row.map(|row| row.version.clone()).ok_or(unknown)
    }
}

/// What a step says of the release that it installs, if it installs one.
fn read_release(
    step: &str,
    install: &ServerInstall,
    shapes: &DeploymentShapes,
) -> Option<NamedRelease> {
    let commands = script::plain_commands(&Excerpt::whole(FileId(0), step.into()));
    let is_installer = |program: &str| shapes.servers.installers.iter().any(|p| p == program);
    let packages = commands.iter().filter(|c| is_installer(c.program()));
    let words = packages.flat_map(|command| &command.words);
    let mut of_package = words.filter_map(|word| release_of(&word.text, &install.packages));
    of_package.next().or_else(|| {
        let mut words = commands.iter().flat_map(|command| &command.words);
        words.find_map(|word| archive_of(&word.text, &install.archive))
    })
}

/// The version that is written with a package or in the name of an archive.
pub fn written_release(word: &str, install: &ServerInstall) -> Option<String> {
    let of_package = || release_of(word, &install.packages);
    match archive_of(word, &install.archive).or_else(of_package)? {
        NamedRelease::Written(version) => Some(version),
        NamedRelease::OfDistribution => None,
    }
}

/// `redis`, `redis=4.0.14-r0`, `redis-server=5:6.0.16-1`, `redis~7.2`.
fn release_of(word: &str, packages: &[String]) -> Option<NamedRelease> {
    let name = packages.iter().filter(|name| word.starts_with(*name));
    let name = name.max_by_key(|name| name.len())?;
    let rest = &word[name.len()..];
    if rest.is_empty() {
        return Some(NamedRelease::OfDistribution);
    }
    let version = rest.strip_prefix(['=', '~', '-'])?;
    let version = version.trim_start_matches(['=', '~']);
    let version = version
        .split_once(':')
        .map_or(version, |(_, version)| version);
    parse_number(version)
}

/// `redis-4.0.14.tar.gz` in the address of an archive.
fn archive_of(word: &str, archive: &str) -> Option<NamedRelease> {
    let name = crate::source::path::name(word);
    let version = name.strip_prefix(archive)?;
    version.contains(".tar").then(|| parse_number(version))?
}

/// The version that a text begins with.
fn parse_number(text: &str) -> Option<NamedRelease> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let version = text[..end.unwrap_or(text.len())].trim_end_matches('.');
    let is_version = version.contains('.') && version.starts_with(|c: char| c.is_ascii_digit());
    is_version.then(|| NamedRelease::Written(version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_beside_the_names_of_packages() {
        let packages = ["redis".to_owned(), "redis-server".to_owned()];
        let written = |word: &str| match release_of(word, &packages) {
            Some(NamedRelease::Written(version)) => Some(version),
            Some(NamedRelease::OfDistribution) => Some(String::new()),
            None => None,
        };
        for (word, version) in [
            ("redis", Some("")),
            ("redis=4.0.14-r0", Some("4.0.14")),
            ("redis-server=5:6.0.16-1+deb11u2", Some("6.0.16")),
            ("redis~=7.2", Some("7.2")),
            ("redis-7.0.15", Some("7.0.15")),
            ("redis-tools", None),
            ("redisinsight", None),
        ] {
            assert_eq!(written(word).as_deref(), version, "{word}");
        }
    }
}
