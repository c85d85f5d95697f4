//! What names mean in the modules of a tree: variables by what calls of the module give them, by files
//! of variables or by their defaults, and locals. Names of other resources stay as they are written.
//!
//! A module that is called several times with different values has none that is known.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::source::{Excerpt, path};
use crate::syntax::hcl::{self, HclBlock, HclItem, HclValue};

/// Values refer to others no deeper, and no more of them are looked at for one block.
const MAX_DEPTH: usize = 12;
const MAX_LOOKUPS: usize = 50_000;
/// A file whose variables Terraform takes by itself.
const OWN_VARIABLES: &str = "terraform.tfvars";
const AUTOMATIC: &str = ".auto.tfvars";

/// The modules of a tree by their folders.
#[derive(Default)]
pub struct TerraformModules {
    modules: BTreeMap<String, TerraformModule>,
}

#[derive(Default)]
struct TerraformModule {
    blocks: Vec<HclBlock>,
    defaults: BTreeMap<String, HclItem>,
    given: BTreeMap<String, HclItem>,
    locals: BTreeMap<String, HclItem>,
    /// Where it is called: the folder of the caller, and the block.
    calls: Vec<(String, HclBlock)>,
}

impl TerraformModules {
    /// Reads the files of a tree.
    pub fn new<'t>(files: impl IntoIterator<Item = (&'t str, Excerpt)>) -> Self {
        let mut found = Self::default();
        for (path, excerpt) in files {
            let module = found.modules.entry(path::folder(path).to_owned());
            module.or_default().take(path, &excerpt);
        }
        found.join();
        found
    }

    /// Tells modules who calls them.
    fn join(&mut self) {
        let mut calls = Vec::new();
        for (folder, module) in &self.modules {
            for block in module.blocks.iter().filter(|block| block.ident == "module") {
                let source = block.attribute("source").and_then(HclItem::known_text);
                let local = source.filter(|source| source.starts_with('.'));
                if let Some(target) = local.and_then(|source| path::resolve(folder, source)) {
                    calls.push((target, folder.clone(), block.clone()));
                }
            }
        }
        for (target, folder, block) in calls {
            if let Some(module) = self.modules.get_mut(&target) {
                module.calls.push((folder, block));
            }
        }
    }

    /// The blocks of a folder, filled in.
    pub fn blocks_of<'m>(&'m self, folder: &'m str) -> impl Iterator<Item = HclBlock> + 'm {
        let module = self.modules.get(folder);
        let blocks = module.map(|module| &module.blocks[..]).unwrap_or_default();
        blocks
            .iter()
            .map(move |block| self.fill_block(folder, block))
    }

    /// A block of a folder with what is known of the names in it.
    pub fn fill_block(&self, folder: &str, block: &HclBlock) -> HclBlock {
        let scope = ModuleScope {
            modules: self,
            lookups: Cell::new(0),
        };
        scope.block(folder, block)
    }
}

impl TerraformModule {
    fn take(&mut self, path: &str, excerpt: &Excerpt) {
        if path.ends_with(".tfvars") {
            let name = path::name(path);
            if name == OWN_VARIABLES || name.ends_with(AUTOMATIC) {
                self.given.extend(hcl::attributes(excerpt));
            }
            return;
        }
        for block in hcl::parse(excerpt) {
            match (block.ident.as_str(), block.labels.first()) {
                ("variable", Some(name)) => {
                    if let Some(default) = block.attribute("default") {
                        self.defaults.insert(name.clone(), default.clone());
                    }
                }
                ("locals", _) => self.locals.extend(block.attributes),
                _ => self.blocks.push(block),
            }
        }
    }
}

struct ModuleScope<'m> {
    modules: &'m TerraformModules,
    lookups: Cell<usize>,
}

impl ModuleScope<'_> {
    fn block(&self, folder: &str, block: &HclBlock) -> HclBlock {
        let attributes = block.attributes.iter();
        let blocks = block.blocks.iter();
        HclBlock {
            attributes: attributes
                .map(|(name, item)| (name.clone(), self.item(folder, item, 0)))
                .collect(),
            blocks: blocks.map(|inner| self.block(folder, inner)).collect(),
            ..block.clone()
        }
    }

    /// What a name comes to.
    fn resolve_name(&self, folder: &str, name: &str, depth: usize) -> Option<HclItem> {
        self.lookups.set(self.lookups.get() + 1);
        if depth > MAX_DEPTH || self.lookups.get() > MAX_LOOKUPS {
            return None;
        }
        let module = self.modules.modules.get(folder)?;
        let mut parts = name.split('.');
        let (kind, own) = (parts.next()?, parts.next()?);
        let item = match kind {
            "local" => self.item(folder, module.locals.get(own)?, depth + 1),
            "var" => self.variable(folder, module, own, depth)?,
            _ => return None,
        };
        parts.try_fold(item, |item, field| match item.value {
            HclValue::Object(entries) => {
                let mut entries = entries.into_iter();
                entries.find(|(key, _)| key == field).map(|(_, item)| item)
            }
            _ => None,
        })
    }

    /// A variable as every call of the module gives it.
    fn variable(
        &self,
        folder: &str,
        module: &TerraformModule,
        name: &str,
        depth: usize,
    ) -> Option<HclItem> {
        let default = || module.defaults.get(name);
        if module.calls.is_empty() {
            return module.given.get(name).or_else(default).cloned();
        }
        let mut values = module.calls.iter().map(|(caller, call)| {
            let given = call.attribute(name);
            let given = given.map(|item| self.item(caller, item, depth + 1));
            given.or_else(|| default().map(|item| self.item(folder, item, depth + 1)))
        });
        let first = values.next()??;
        let text = spell_value(&first);
        let agrees = |other: Option<HclItem>| other.is_some_and(|item| spell_value(&item) == text);
        values.all(agrees).then_some(first)
    }

    fn item(&self, folder: &str, item: &HclItem, depth: usize) -> HclItem {
        let value = match &item.value {
            HclValue::Reference(name) => {
                return self
                    .resolve_name(folder, name, depth)
                    .unwrap_or_else(|| item.clone());
            }
            HclValue::Text { text, here } => match whole(text.text()) {
                Some(name) => {
                    return self
                        .resolve_name(folder, name, depth)
                        .unwrap_or_else(|| item.clone());
                }
                None => HclValue::Text {
                    text: self.text(folder, text, depth),
                    here: *here,
                },
            },
            HclValue::List(items) => HclValue::List(self.items(folder, items, depth)),
            HclValue::Call(name, items) => {
                HclValue::Call(name.clone(), self.items(folder, items, depth))
            }
            HclValue::Object(entries) => {
                let entries = entries.iter();
                let filled =
                    entries.map(|(key, item)| (key.clone(), self.item(folder, item, depth)));
                HclValue::Object(filled.collect())
            }
            HclValue::Plain(_) | HclValue::Unknown => return item.clone(),
        };
        HclItem {
            value,
            span: item.span,
        }
    }

    fn items(&self, folder: &str, items: &[HclItem], depth: usize) -> Vec<HclItem> {
        let items = items.iter();
        items.map(|item| self.item(folder, item, depth)).collect()
    }

    /// A text with the names in it that are known.
    fn text(&self, folder: &str, text: &Excerpt, depth: usize) -> Excerpt {
        let written = text.text();
        let mut builder = text.builder();
        let mut at = 0;
        while let Some(start) = written[at..].find("${").map(|found| at + found) {
            let Some(end) = written[start..].find('}').map(|found| start + found + 1) else {
                break;
            };
            let name = written[start + 2..end - 1].trim();
            let item = is_name(name).then(|| self.resolve_name(folder, name, depth));
            let known = item.flatten();
            if let Some((item, value)) = known.as_ref().and_then(|i| Some((i, i.known_text()?))) {
                builder.push(at..start);
                builder.push_from(value, start..end, Some(item.span));
                at = end;
            } else {
                builder.push(at..end);
                at = end;
            }
        }
        if at == 0 {
            return text.clone();
        }
        builder.push(at..written.len());
        builder.finish()
    }
}

/// The name that is all of a text: `${var.x}`.
fn whole(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?.trim();
    is_name(name).then_some(name)
}

fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.contains('.') && text.chars().all(is_part)
}

/// A value without its place, to be compared.
fn spell_value(item: &HclItem) -> String {
    let joined = |items: &[HclItem]| {
        let texts: Vec<String> = items.iter().map(spell_value).collect();
        texts.join(",")
    };
    match &item.value {
        HclValue::Text { text, .. } => format!("{:?}", text.text()),
        HclValue::Plain(text) => format!("{text:?}"),
        HclValue::Reference(name) => name.clone(),
        HclValue::List(items) => format!("[{}]", joined(items)),
        HclValue::Call(name, items) => format!("{name}({})", joined(items)),
        HclValue::Object(entries) => {
            let entries = entries.iter();
            let texts: Vec<String> = entries
                .map(|(key, item)| format!("{key}={}", spell_value(item)))
                .collect();
            format!("{{{}}}", texts.join(","))
        }
        // Two that are not followed are not known to be the same.
        HclValue::Unknown => format!("?{:?}", item.span),
    }
}
