//! What containers of pods and of compose files have in common when their server starts: the whole path
//! of its configuration file, and which texts of a container mention a variable.

use crate::facts::raw::ArgWord;
use crate::syntax::yaml::YamlNode;

/// The scalars below a node, without those below the keys in `skipped`.
pub fn texts_below<'n>(node: &'n YamlNode, skipped: &[&str]) -> Vec<&'n str> {
    let mut found = Vec::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        found.extend(node.as_str());
        open.extend(node.items());
        let entries = node.entries().iter();
        let kept =
            entries.filter(|entry| entry.key.as_str().is_none_or(|key| !skipped.contains(&key)));
        open.extend(kept.map(|entry| &entry.value));
    }
    found
}

/// The file among a server's arguments by its whole path, where the folder that it is started in is
/// known.
pub fn whole_path(file: Option<&ArgWord>, folder: Option<&str>) -> Option<ArgWord> {
    let file = file.filter(|file| file.unresolved.is_none())?;
    let text = match folder {
        _ if file.text.starts_with('/') => file.text.clone(),
        Some(folder) => {
            let below = file.text.trim_start_matches("./");
            format!("{}/{below}", folder.trim_end_matches('/'))
        }
        None => return None,
    };
    let text = text.replace("/./", "/").replace("//", "/");
    (!text.contains("..")).then(|| ArgWord {
        text,
        ..file.clone()
    })
}
