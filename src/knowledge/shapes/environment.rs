//! Which environment a file is named after, and how much in earnest that is.

use super::DeploymentShapes;

/// How much in earnest an environment is: later ones of the list more than those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvironmentRank {
    /// Its users are everybody.
    pub is_earnest: bool,
    place: usize,
}

impl DeploymentShapes {
    /// The environment of which a word of a file's name speaks; of several the one most in earnest.
    pub fn rank_environment(&self, name: &str) -> Option<EnvironmentRank> {
        let name = name.to_ascii_lowercase();
        let words = || name.split(|c: char| !c.is_ascii_alphanumeric());
        let known = self.servers.environments.iter().enumerate();
        let named = known.filter(|(_, environment)| words().any(|word| word == *environment));
        let ranks = named.map(|(place, environment)| EnvironmentRank {
            is_earnest: self.servers.earnest_environments.contains(environment),
            place,
        });
        ranks.max()
    }
}
