//! Manifests of a tree: what kustomizations make of them, and what the others say by themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::deployments::FileDeployments;
use super::{ExtractedFile, FileReader, InputFile, guard_file};
use crate::discover::FileKind;
use crate::extract::ansible::{self, AnsibleVariables};
use crate::extract::containers;
use crate::extract::duplicate_keys::find_duplicate_keys;
use crate::extract::environment;
use crate::extract::gitops;
use crate::extract::kustomize::{self, KustomizeOutput, KustomizeOutputs, KustomizeTree, TreeFile};
use crate::extract::objects::ObjectIndex;
use crate::extract::terraform::TerraformModules;
use crate::extract::tree_files::TreeFiles;
use crate::extract::{
    cloud_formation, expected_format, manifest, manifest_context, terraform, values,
};
use crate::facts::raw::{RawFacts, SourceLanguage};
use crate::knowledge::Knowledge;
use crate::knowledge::shapes::DeploymentShapes;
use crate::knowledge::shapes::schema::DeploymentShape;
use crate::source::own_fault::{WorkStage, attempt};
use crate::source::{Excerpt, FileId, Span, path};
use crate::syntax::{hcl, yaml};

/// What is known of the whole tree while one of its files is read.
pub(super) struct ManifestTree<'t> {
    pub(super) tree: &'t KustomizeTree,
    pub(super) renders: &'t KustomizeOutputs,
    pub(super) objects: &'t ObjectIndex<'t>,
    pub(super) files: &'t TreeFiles<'t>,
    /// The whole text of any file.
    pub(super) texts: &'t (dyn Fn(FileId) -> Arc<str> + Sync),
    pub(super) roles: &'t AnsibleVariables<'t>,
    pub(super) modules: &'t TerraformModules,
    /// Some code of the tree names a client library.
    pub(super) has_clients: bool,
    /// Files of values that releases are given: they count there.
    pub(super) given: BTreeSet<String>,
}

/// The files of values that releases in Terraform and Applications of Argo CD are given.
pub(super) fn find_given_values(
    files: &[(FileId, &InputFile)],
    tree: &KustomizeTree,
    shapes: &DeploymentShapes,
) -> BTreeSet<String> {
    let mut given = find_terraform_values(files);
    for (_, input) in files {
        let names_files = input.kind == FileKind::Yaml && input.text.contains(gitops::VALUE_FILES);
        let Some(file) = tree.get(&input.path).filter(|_| names_files) else {
            continue;
        };
        for document in &file.stream().documents {
            given.extend(gitops::list_given_values(&document.root, shapes));
        }
    }
    given
}

fn find_terraform_values(files: &[(FileId, &InputFile)]) -> BTreeSet<String> {
    let terraform = files
        .iter()
        .filter(|(_, input)| input.kind == FileKind::Terraform);
    let given = terraform.flat_map(|(id, input)| {
        let named = terraform::files_of(&Excerpt::whole(*id, Arc::clone(&input.text)));
        let folder = path::folder(&input.path).to_owned();
        named
            .into_iter()
            .filter_map(move |path| path::resolve(&folder, &path))
    });
    given.collect()
}

impl FileReader<'_> {
    /// What the kustomizations make of files that define a server.
    pub(super) fn renders(&self, tree: &KustomizeTree) -> KustomizeOutputs {
        let speaks = |path: &str| {
            tree.get(path)
                .is_some_and(|file| self.knowledge.shapes.speaks_of_servers(file.excerpt.text()))
        };
        // A defect must not cost the report: then the files speak for themselves.
        attempt(WorkStage::Joining, || kustomize::render(tree, &speaks)).unwrap_or_default()
    }

    /// The ConfigMaps and Secrets of the tree that no kustomization makes something of.
    pub(super) fn objects<'t>(
        &'t self,
        tree: &'t KustomizeTree,
        renders: &KustomizeOutputs,
        files: &[(FileId, &InputFile)],
    ) -> ObjectIndex<'t> {
        let plain = |wanted: FileKind| -> Vec<&str> {
            let paths = files.iter().filter(|(_, input)| input.kind == wanted);
            paths
                .map(|(_, input)| input.path.as_str())
                .filter(|path| !renders.owned.contains(*path))
                .collect()
        };
        let (read, unread) = (plain(FileKind::Yaml), plain(FileKind::Supporting));
        // Parsing is what takes time: all at once, then the index.
        read.par_iter().for_each(|path| {
            tree.get(path).map(TreeFile::stream);
        });
        let environments = &self.knowledge.shapes.servers.environments;
        ObjectIndex::new(tree, &read, &unread, environments)
    }

    pub(super) fn read_render(
        &self,
        render: &KustomizeOutput,
        files: &[(FileId, &InputFile)],
        objects: &ObjectIndex<'_>,
        tree_files: &TreeFiles<'_>,
    ) -> RawFacts {
        let Some((first, _)) = files.first() else {
            return RawFacts::default();
        };
        let text_of = |id: FileId| {
            let file = files.binary_search_by_key(&id, |(id, _)| *id);
            file.map_or_else(|_| "".into(), |at| Arc::clone(&files[at].1.text))
        };
        let objects = ObjectIndex::of_render(render, objects);
        let read = || ExtractedFile {
            main: self.in_context(&text_of, &objects, tree_files, |context| {
                manifest::read_render(render, context)
            }),
            ..ExtractedFile::default()
        };
        guard_file(*first, read).main
    }

    /// JSON of other things is no manifest, whatever words stand in it.
    pub(super) fn is_manifest(&self, input: &InputFile, renders: &KustomizeOutputs) -> bool {
        !expected_format::is_json(&input.path)
            || self.knowledge.shapes.speaks_of_servers(&input.text)
            || self.is_read(input, renders)
    }

    /// A neighbour says something to a kustomization, or to all of its namespace.
    pub(super) fn is_read(&self, input: &InputFile, renders: &KustomizeOutputs) -> bool {
        let is_yaml = input.path.ends_with("ml");
        is_yaml
            && (renders.owned.contains(&input.path)
                || self.knowledge.shapes.speaks_of_namespaces(&input.text))
    }

    /// A template that names no server itself, and does with the values of its chart.
    pub(super) fn becomes_server(&self, input: &InputFile, tree: &KustomizeTree) -> bool {
        let speaks = |text: &str| self.knowledge.shapes.speaks_of_servers(text);
        let file = tree.get(&input.path);
        self.runs_programs(input) && file.is_some_and(|file| file.becomes(&speaks))
    }

    /// Whether some code of the tree names a client library.
    pub(super) fn has_clients(&self, files: &[(FileId, &InputFile)]) -> bool {
        let language = |kind| match kind {
            FileKind::Go => Some(SourceLanguage::Go),
            FileKind::Rust => Some(SourceLanguage::Rust),
            FileKind::Python => Some(SourceLanguage::Python),
            _ => None,
        };
        files.par_iter().any(|(_, input)| {
            let needles = language(input.kind).and_then(|l| self.knowledge.clients.needles(l));
            needles.is_some_and(|needles| needles.imports.is_in(&input.text))
        })
    }

    /// A neighbour that may run a program of the tree.
    pub(super) fn runs_programs(&self, input: &InputFile) -> bool {
        input.path.ends_with("ml") && self.knowledge.shapes.speaks_of_workloads(&input.text)
    }

    /// The workloads of a file that says nothing of servers; nothing else in it is looked at.
    pub(super) fn workloads(&self, input: &InputFile, shared: &ManifestTree<'_>) -> RawFacts {
        let Some(stream) = shared.tree.get(&input.path).map(TreeFile::stream) else {
            return RawFacts::default();
        };
        let read = self.manifests(stream, shared.texts, shared.objects, shared.files);
        RawFacts {
            workloads: read.workloads,
            autoscalers: read.autoscalers,
            ..RawFacts::default()
        }
    }

    /// The objects of a file, unless a kustomization makes something of them.
    pub(super) fn yaml_file(&self, input: &InputFile, shared: &ManifestTree<'_>) -> ExtractedFile {
        let (tree, renders) = (shared.tree, shared.renders);
        let Some(stream) = tree.get(&input.path).map(TreeFile::stream) else {
            return ExtractedFile::default();
        };
        let mut raw = if renders.owned.contains(&input.path) {
            RawFacts {
                comments: stream.comments.clone(),
                ..RawFacts::default()
            }
        } else {
            self.manifests(stream, shared.texts, shared.objects, shared.files)
        };
        if let Some((filled, values)) = tree.get(&input.path).and_then(TreeFile::filled_template) {
            raw.defaults
                .add(filled.excerpt.file(), filled.spans.clone(), values);
            let helpers = filled.helpers.iter();
            helpers.for_each(|file| raw.defaults.add_helper(*file));
        }
        raw.servers.extend(containers::of_pipeline(
            &input.path,
            stream,
            &self.knowledge.shapes,
        ));
        let variables = stream.documents.iter().flat_map(environment::read);
        raw.variables.extend(variables);
        if !shared.given.contains(&input.path) {
            self.values(stream, input, shared, &mut raw);
        }
        raw.problems.extend(self.mistake(input, stream));
        raw.duplicate_keys.extend(find_duplicate_keys(stream));
        ExtractedFile {
            main: raw,
            deployments: FileDeployments::of_yaml(input, stream, &self.knowledge.shapes),
            ..ExtractedFile::default()
        }
    }

    /// The first mistake in a file that is missed when it cannot be read: one that says what it is,
    /// and one that a person named. A comma too many is none to a reader of YAML, but it is in JSON.
    fn mistake(&self, input: &InputFile, stream: &yaml::YamlStream) -> Option<(Span, String)> {
        let error = stream.errors.first()?;
        let is_named = self.named.contains(&input.path);
        let shapes = &self.knowledge.shapes;
        let is_missed = expected_format::claims(&input.path, &input.text, shapes)
            && shapes.speaks_of_servers(&input.text);
        let is_template = expected_format::is_template(&input.path, &input.text, shapes);
        ((is_missed || is_named) && !is_template).then(|| (error.span, error.message.clone()))
    }

    /// What the file gives to a chart, if it holds values.
    fn values(
        &self,
        stream: &yaml::YamlStream,
        input: &InputFile,
        shared: &ManifestTree<'_>,
        raw: &mut RawFacts,
    ) {
        let values_of = |path: &str| {
            let first = shared.tree.get(path)?.stream().documents.first()?;
            Some(first.root.clone())
        };
        let none = ObjectIndex::default();
        // A chart reads the first document of its values.
        let first = stream.documents.first();
        self.in_context(shared.texts, &none, &TreeFiles::default(), |context| {
            if let Some(document) = first {
                let root = &document.root;
                values::read(root, &input.path, &self.charts, context, raw, &values_of);
            }
        });
    }

    /// What a snippet shows of the values of a chart.
    pub(super) fn part_of_values(
        &self,
        stream: &yaml::YamlStream,
        input: &InputFile,
        raw: &mut RawFacts,
    ) {
        let file_text = |_| Arc::clone(&input.text);
        let none = ObjectIndex::default();
        self.in_context(&file_text, &none, &TreeFiles::default(), |context| {
            for document in &stream.documents {
                values::read_part(&document.root, &input.path, &self.charts, context, raw);
            }
        });
    }

    pub(super) fn manifests(
        &self,
        stream: &yaml::YamlStream,
        file_text: &(dyn Fn(FileId) -> Arc<str> + Sync),
        objects: &ObjectIndex<'_>,
        tree_files: &TreeFiles<'_>,
    ) -> RawFacts {
        self.in_context(file_text, objects, tree_files, |context| {
            let mut raw = manifest::read(stream, context);
            let roots = stream.documents.iter().map(|document| &document.root);
            let managed = roots.flat_map(|root| cloud_formation::servers(root, context));
            raw.servers.extend(managed);
            raw
        })
    }

    pub(super) fn terraform_file(
        &self,
        input: &InputFile,
        excerpt: &Excerpt,
        shared: &ManifestTree<'_>,
    ) -> RawFacts {
        let none = ObjectIndex::default();
        let folder = path::folder(&input.path);
        let values = |path: &str| {
            let file = shared.tree.get(&path::resolve(folder, path)?)?;
            Some(file.stream().documents.first()?.root.clone())
        };
        let mut raw = self.in_context(shared.texts, &none, shared.files, |context| {
            terraform::read(&input.path, excerpt, shared.modules, context, &values)
        });
        let text = hcl::without_interpolations(&input.text);
        if !expected_format::is_template(&input.path, &text, &self.knowledge.shapes) {
            raw.problems.extend(hcl::mistake(excerpt));
        }
        raw
    }

    fn in_context<T>(
        &self,
        file_text: &(dyn Fn(FileId) -> Arc<str> + Sync),
        objects: &ObjectIndex<'_>,
        files: &TreeFiles<'_>,
        read: impl FnOnce(&manifest_context::ManifestContext<'_>) -> T,
    ) -> T {
        read(&manifest_context::ManifestContext {
            file_text,
            files,
            shapes: &self.knowledge.shapes,
            is_directive: &|word| self.is_directive(word),
            objects,
            settings: &self.settings,
        })
    }
}

/// The settings of operators that files of the tree mention, each with the first such file.
/// What a document says of them is advice, and code belongs to the operator itself.
pub(super) fn settings(
    files: &[(FileId, &InputFile)],
    knowledge: &Knowledge,
) -> BTreeMap<String, String> {
    let sets = |kind| {
        use FileKind::{Go, Markdown, Python, Rust};
        !matches!(kind, Markdown | Go | Rust | Python)
    };
    let written = files.iter().filter(|(_, input)| sets(input.kind));
    let first = |setting: &str| {
        let mut speaking = written.clone();
        let found = speaking.find(|(_, input)| input.text.contains(setting))?;
        Some((setting.to_owned(), found.1.path.clone()))
    };
    let settings = knowledge.shapes.servers.settings.iter();
    settings.filter_map(|setting| first(setting)).collect()
}

/// The files that deployments refer to, and the images that are built of them.
pub(super) fn tree_files<'t>(
    files: &[(FileId, &'t InputFile)],
    tree: &KustomizeTree,
) -> TreeFiles<'t> {
    let builds: BTreeSet<&str> = files
        .iter()
        .filter(|(_, input)| input.kind == FileKind::Dockerfile)
        .map(|(_, input)| input.path.as_str())
        .collect();
    let texts = files.iter().map(|(id, input)| {
        let excerpt = Excerpt::whole(*id, Arc::clone(&input.text));
        (input.path.as_str(), excerpt)
    });
    let mut found = TreeFiles::new(texts, |path| builds.contains(path));
    for (_, input) in files.iter().filter(|_| !builds.is_empty()) {
        let file = tree.get(&input.path);
        match (input.kind, file) {
            (FileKind::Yaml, Some(file)) => found.name_images(&input.path, file.stream()),
            (FileKind::Script, Some(file)) => found.name_built_by(&file.excerpt),
            _ => {}
        }
    }
    found
}

/// The modules of Terraform; nothing where none of them holds a server.
pub(super) fn terraform_modules(files: &[(FileId, &InputFile)]) -> TerraformModules {
    if !files
        .iter()
        .any(|(_, input)| input.kind == FileKind::Terraform)
    {
        return TerraformModules::default();
    }
    let is_terraform = |path: &str| path.ends_with(".tf") || path.ends_with(".tfvars");
    let own = files.iter().filter(|(_, input)| is_terraform(&input.path));
    TerraformModules::new(own.map(|(id, input)| {
        let excerpt = Excerpt::whole(*id, Arc::clone(&input.text));
        (input.path.as_str(), excerpt)
    }))
}

/// What the tree sets for the templates of Ansible; nothing where it has none.
pub(super) fn ansible_variables<'t>(
    files: &[(FileId, &'t InputFile)],
    tree: &'t KustomizeTree,
) -> AnsibleVariables<'t> {
    let is_text = |kind| matches!(kind, FileKind::ConfText | FileKind::Text);
    let is_asked = |input: &InputFile| is_text(input.kind) && ansible::may_be_of_role(&input.path);
    if !files.iter().any(|(_, input)| is_asked(input)) {
        return AnsibleVariables::default();
    }
    let yaml = files.iter().filter(|(_, input)| {
        matches!(input.kind, FileKind::Yaml | FileKind::Supporting) && input.path.ends_with("ml")
    });
    let files = yaml.filter_map(|(_, input)| Some((input.path.as_str(), tree.get(&input.path)?)));
    AnsibleVariables::new(files)
}

/// The files that manifests are made of, by path.
pub(super) fn tree(files: &[(FileId, &InputFile)], shapes: &DeploymentShapes) -> KustomizeTree {
    let part = |kind| {
        use FileKind::{ConfText, Env, Script, Supporting, Text, Yaml};
        matches!(kind, Yaml | Supporting | ConfText | Text | Env | Script)
    };
    let parts = files.iter().filter(|(_, input)| part(input.kind));
    let parts = parts.map(|(id, input)| {
        let excerpt = Excerpt::whole(*id, Arc::clone(&input.text));
        (input.path.clone(), excerpt)
    });
    let of_name =
        |shape: &DeploymentShape, name: &str| shape.chart.as_ref().is_some_and(|c| c.name == name);
    let is_mapped = |name: &str| {
        let mut charts = shapes.library.charts();
        charts.any(|shape| of_name(shape, name))
    };
    let rank = |name: &str| shapes.rank_environment(name);
    KustomizeTree::new(parts, &is_mapped, &rank, &shapes.servers.unread_kinds)
}
