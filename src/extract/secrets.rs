//! Places of a YAML file whose names say that they hold a secret: variables, fields, the password
//! that a health check gives to a client. They are masked wherever the file is shown.

use crate::knowledge::shapes::DeploymentShapes;
use crate::source::Span;
use crate::syntax::yaml::{YamlNode, YamlStream};

/// The places of secrets in all documents.
pub fn places(stream: &YamlStream, shapes: &DeploymentShapes) -> Vec<Span> {
    let mut finder = SecretFinder {
        shapes,
        found: Vec::new(),
    };
    for document in &stream.documents {
        finder.visit(&document.root);
    }
    finder.found
}

struct SecretFinder<'a> {
    shapes: &'a DeploymentShapes,
    found: Vec<Span>,
}

impl SecretFinder<'_> {
    fn visit(&mut self, node: &YamlNode) {
        for entry in node.entries() {
            let key = entry.key.as_str().unwrap_or_default();
            if self.shapes.is_secret_name(key) {
                self.add(&entry.value);
            }
            self.visit(&entry.value);
        }
        // Kubernetes writes a variable as two fields.
        let name = node
            .get("name")
            .and_then(YamlNode::as_str)
            .unwrap_or_default();
        if let Some(value) = node.get("value")
            && self.shapes.is_secret_name(name)
        {
            self.add(value);
        }
        let mut is_password = false;
        for item in node.items() {
            let text = item.as_str().unwrap_or_default();
            let assigned = text.split_once('=').map(|(name, _)| name);
            let named = assigned.filter(|name| self.shapes.is_secret_name(name));
            match named {
                _ if is_password => self.add(item),
                Some(name) => self.add_behind(item, name.len() + 1),
                None => {}
            }
            let options = &self.shapes.servers.client_password_options;
            is_password = options.iter().any(|option| option == text);
            self.visit(item);
        }
    }

    /// What stands behind a name and its sign in a text: the name is shown.
    fn add_behind(&mut self, node: &YamlNode, start: usize) {
        let text = node.scalar().map(|scalar| scalar.value());
        let Some(text) = text.filter(|text| text.text().len() > start) else {
            return;
        };
        if !node.has_placeholder() {
            self.found.push(text.span(start..text.text().len()));
        }
    }

    fn add(&mut self, node: &YamlNode) {
        if node.as_str().is_some_and(|text| !text.is_empty()) && !node.has_placeholder() {
            self.found.push(node.span);
        }
    }
}
