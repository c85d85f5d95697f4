//! From files to the estate: every file becomes raw facts by its kind, each universe is linked and
//! resolved by itself.
//!
//! The tree is one universe; every Markdown fence is one of its own. Rules are not known here.

mod arguments;
mod declared;
mod deployments;
mod embedded;
mod manifests;
mod packages;
mod python_packages;
mod rust_packages;
mod secrets;
mod snippets;

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::discover::FileKind;
use crate::extract::ansible::AnsibleVariables;
use crate::extract::conf::{self, TextFrame};
use crate::extract::{go, values};
use crate::facts::linked::{LinkedFacts, ServerBody};
use crate::facts::raw::{Declaration, RawFacts, RawModule, ServiceDeclaration, TextPlace};
use crate::facts::work_limits::{TreeLimits, WorkLimits};
use crate::facts::{Estate, RelatedSubject, Strength, Subject};
use crate::knowledge::Knowledge;
use crate::knowledge::servers::ServerSeries;
use crate::knowledge::shapes::DeploymentShapes;
use crate::link;
use crate::resolve;
use crate::resolve::conf::UnsetDirectiveCache;
use crate::resolve::process::ProcessorCount;
use crate::resolve::server::upgrade::UpgradeChanges;
use crate::source::own_fault::{WorkStage, attempt, internal_error};
use crate::source::{Comment, Excerpt, FileId, SourceFile, Sources, Span, path};
use crate::syntax::yaml;
use arguments::read_arguments;
use deployments::FileDeployments;
use manifests::ManifestTree;
use packages::{go_packages, import_paths, mark_programs};

/// A file as `discover` read it.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// Relative to the root, with `/`.
    pub path: String,
    pub kind: FileKind,
    pub text: Arc<str>,
}

/// What is to be surveyed.
#[derive(Clone, Debug, Default)]
pub struct ProjectInputs {
    pub inputs: Vec<InputFile>,
    /// Files that should have been read and could not be, and why.
    pub unreadable: Vec<(String, String)>,
    /// Folders that were not read because a tool fills them.
    pub passed_over: Vec<String>,
    /// What settings and flags say of servers.
    pub declarations: Vec<Declaration>,
    /// What settings say of programs.
    pub services: Vec<ServiceDeclaration>,
    /// The paths of files that a person named.
    pub named: Vec<String>,
    /// The day of the check, `2026-08-22`.
    pub today: Option<String>,
    pub limits: WorkLimits,
}

/// Everything that is known of a project.
#[derive(Debug, Default)]
pub struct Analysis {
    pub sources: Sources,
    pub estate: Estate,
    pub comments: Vec<Comment>,
    pub secrets: Vec<Span>,
    /// Inputs that could not be read as what they claim to be.
    pub problems: Vec<(Span, String)>,
    /// Each configuration text with its first directive line: a comment before that line speaks for
    /// the text as a whole.
    pub texts: Vec<(Span, Span)>,
}

/// Raw facts that belong together.
#[derive(Default)]
struct AnalysisScope {
    /// What a snippet is called: its path and its position among the fences. The tree has no name.
    snippet: Option<String>,
    raw: RawFacts,
}

/// What one file gives: facts of the tree's universe, and universes of its own.
#[derive(Default)]
struct ExtractedFile {
    main: RawFacts,
    snippets: Vec<AnalysisScope>,
    /// What is joined with other files once all are read.
    deployments: FileDeployments,
}

/// Surveys a project. Declarations with spans point into `sources`, which may hold files already.
pub fn analyze(mut sources: Sources, project: &ProjectInputs, knowledge: &Knowledge) -> Analysis {
    let mut scopes = read(&mut sources, project, knowledge);
    for (path, why) in &project.unreadable {
        let id = sources.add(SourceFile::new(&**path, ""));
        scopes[0]
            .raw
            .problems
            .push((Span::new(id, 0, 0), why.clone()));
    }
    let mut analysis = Analysis::default();
    let unset = UnsetDirectiveCache::default();
    let context = AnalysisContext {
        sources: &sources,
        project,
        knowledge,
        unset: &unset,
    };
    for scope in scopes {
        analysis.absorb(scope, &context);
    }
    analysis.sources = sources;
    analysis
}

/// What another series makes of every server of the tree, and the sources that it points into.
pub fn upgrades(
    mut sources: Sources,
    project: &ProjectInputs,
    knowledge: &Knowledge,
    series: (&ServerSeries, &ServerSeries),
) -> (Sources, Vec<UpgradeChanges>) {
    let mut scopes = read(&mut sources, project, knowledge);
    let unset = UnsetDirectiveCache::default();
    let tree = scopes.iter_mut().filter(|u| u.snippet.is_none());
    let changes = tree
        .flat_map(|scope| {
            let context = resolve::server::ServerContext {
                servers: &knowledge.servers,
                shapes: &knowledge.shapes,
                declarations: &project.declarations,
                sources: &sources,
                unset: &unset,
                today: project.today.as_deref(),
                snippet: scope.snippet.is_some(),
            };
            let raw = &mut scope.raw;
            let linked = link_scope(raw, &sources, knowledge);
            read_arguments(raw, &linked, |_, _| vec![series.0, series.1]);
            resolve::server::upgrade::upgrades(raw, &linked, &context, series)
        })
        .collect();
    (sources, changes)
}

/// Every file as raw facts; the tree comes first.
fn read(
    sources: &mut Sources,
    project: &ProjectInputs,
    knowledge: &Knowledge,
) -> Vec<AnalysisScope> {
    let ids: Vec<FileId> = project
        .inputs
        .iter()
        .map(|input| sources.add(SourceFile::new(&*input.path, Arc::clone(&input.text))))
        .collect();
    let files: Vec<(FileId, &InputFile)> = ids.into_iter().zip(&project.inputs).collect();
    let reader = FileReader {
        knowledge,
        named: &project.named,
        charts: charts(&files),
        settings: manifests::settings(&files, knowledge),
    };
    let mut scopes = reader.read_all(&files);
    mark_library_snippets(&mut scopes);
    let mut limits = TreeLimits::new(project.limits);
    for scope in &mut scopes {
        limits.cut(&mut scope.raw);
    }
    scopes[0].raw.declared.clone_from(&project.services);
    let first = files.first().map(|(id, _)| *id).unwrap_or_default();
    let filled = || reader.fill_variables(&mut scopes[0].raw, sources);
    if attempt(WorkStage::Joining, filled).is_none() {
        let failed = RawFacts::report_failure(first, "filling in variables");
        scopes[0].raw.absorb(failed);
    }
    scopes
}

/// What a package of the tree builds of options is seen where it builds it.
fn drop_own_wrappers(raw: &mut RawFacts) {
    let modules: Vec<String> = raw.modules.iter().filter_map(|m| m.name.clone()).collect();
    raw.clients.retain(|client| {
        let own = |package: &String| {
            modules
                .iter()
                .any(|module| path::is_within(package, module))
        };
        !client.wrapped_by.as_ref().is_some_and(own)
    });
}

/// What a document of a library shows is how its users call it: it runs nowhere.
fn mark_library_snippets(scopes: &mut [AnalysisScope]) {
    let Some((tree, others)) = scopes.split_first_mut() else {
        return;
    };
    let modules = &tree.raw.modules;
    for client in others.iter_mut().flat_map(|one| &mut one.raw.clients) {
        let module = RawModule::nearest_above(modules, client.language, &client.dir);
        client.site.for_show |= module.is_some_and(|module| !module.has_program);
    }
}

/// What every universe of a run is resolved with.
struct AnalysisContext<'a> {
    sources: &'a Sources,
    project: &'a ProjectInputs,
    knowledge: &'a Knowledge,
    unset: &'a UnsetDirectiveCache,
}

impl Analysis {
    fn absorb(&mut self, mut scope: AnalysisScope, context: &AnalysisContext<'_>) {
        let sources = context.sources;
        let file = scope.raw.a_file().unwrap_or_default();
        let work = || resolve_scope(&mut scope, context);
        let estate = attempt(WorkStage::Joining, work).unwrap_or_else(|| {
            // Half of the subjects would look like all of them.
            let failed = RawFacts::report_failure(file, "putting files together");
            scope.raw.problems.extend(failed.problems);
            Estate::default()
        });
        let raw = scope.raw;
        let written = raw.texts.iter().filter(|text| !text.lines.is_empty());
        self.texts
            .extend(written.map(|text| (text.excerpt.span_all(), text.anchor_when_unset())));
        self.secrets.extend(raw.secrets);
        self.secrets.extend(secret_spans(&estate));
        let names = &context.knowledge.shapes.servers.needles;
        let repeated = secrets::find_repeated_secrets(&estate, sources, names);
        self.secrets.extend(repeated);
        self.comments.extend(raw.comments);
        self.problems.extend(raw.problems);
        self.estate.absorb(estate);
    }
}

/// One universe: linked, then typed.
fn resolve_scope(scope: &mut AnalysisScope, context: &AnalysisContext<'_>) -> Estate {
    let AnalysisContext {
        sources,
        project,
        knowledge,
        unset,
    } = *context;
    let linked = link_scope(&scope.raw, sources, knowledge);
    let context = resolve::server::ServerContext {
        servers: &knowledge.servers,
        shapes: &knowledge.shapes,
        declarations: &project.declarations,
        sources,
        unset,
        today: project.today.as_deref(),
        snippet: scope.snippet.is_some(),
    };
    read_arguments(&mut scope.raw, &linked, |raw, server| {
        resolve::server::candidates(raw, server, &context)
    });
    let raw = &scope.raw;
    let mut estate = resolve::server::resolve(raw, &linked, &context);
    let processes = resolve::process::of_programs(raw, &linked.programs);
    let machines = ProcessorCount::of_clients(raw.clients.len(), &linked.programs, &processes);
    estate.clients = resolve::client::resolve(raw, knowledge.clients, &machines, |client| {
        let path = sources.path(client.anchor).to_owned();
        let name_prefix = scope.snippet.clone().unwrap_or_else(|| path.clone());
        resolve::client::ClientLocation { path, name_prefix }
    });
    for (index, server) in linked.clients.iter().cloned().enumerate() {
        let (Some(related), Some(client)) = (server, estate.clients.get_mut(index)) else {
            continue;
        };
        if let Some(server) = estate.servers.get_mut(related.index) {
            server.clients.push(RelatedSubject {
                index,
                ..related.clone()
            });
        }
        client.server = Some(related);
    }
    if scope.snippet.is_none() {
        estate.services = resolve::service::resolve(
            raw,
            &linked.programs,
            &processes,
            &mut estate.clients,
            knowledge.clients,
        );
        estate.notes.extend(declared::unmet(&linked, &estate, raw));
    }
    resolve::waiting::put(raw, &linked.programs, &mut estate, knowledge.clients);
    resolve::client_calls::put(raw, &linked.programs, &mut estate);
    resolve::role::derive(&mut estate, raw);
    connect(&mut estate, raw, &linked, sources, knowledge);
    estate
}

/// What connects to servers. The primaries of replicas are named in configuration, so that they are
/// looked up once that is typed.
fn connect(
    estate: &mut Estate,
    raw: &RawFacts,
    linked: &LinkedFacts,
    sources: &Sources,
    knowledge: &Knowledge,
) {
    let shapes = &knowledge.shapes.servers;
    let replicas = resolve::connection::replicas(estate, shapes);
    let read_by = |replica: usize| match linked.servers.get(replica)?.body {
        ServerBody::Deployed(body) => raw.servers.get(body),
        ServerBody::Text(_) => None,
    };
    let (replicas, primaries): (Vec<_>, Vec<_>) = replicas
        .iter()
        .filter_map(|replica| {
            let server = read_by(replica.replica)?;
            let reference = link::HostReference {
                host: &replica.host,
                at: server.anchor,
                namespace: server.namespace.as_ref(),
                composed: server.is_composed(),
            };
            Some((replica.clone(), reference))
        })
        .unzip();
    let hosts = raw.connections.iter().filter_map(|connection| {
        let address = &connection.address;
        let reference = link::HostReference {
            host: address.host.as_deref()?,
            at: connection.anchor,
            namespace: address.namespace.as_ref(),
            composed: address.composed,
        };
        Some((connection, reference))
    });
    let (connections, hosts): (Vec<_>, Vec<_>) = hosts.unzip();
    let context = link_context(sources, knowledge);
    let named = |references: &[link::HostReference<'_>]| {
        link::servers_named(raw, &context, &linked.servers, references)
    };
    let by_host = connections.into_iter().zip(named(&hosts));
    let by_host = by_host.filter_map(|(connection, server)| Some((connection, server?)));
    let deployed: Vec<_> = by_host.chain(beside_servers(raw, linked)).collect();
    resolve::connection::put(
        estate,
        raw,
        &linked.programs,
        (&replicas, named(&primaries)),
        &deployed,
        shapes,
        sources,
    );
}

/// What stands at a server and connects to it.
fn beside_servers<'a>(
    raw: &'a RawFacts,
    linked: &'a LinkedFacts,
) -> impl Iterator<Item = resolve::connection::DeployedLink<'a>> {
    let servers = linked.servers.iter().enumerate();
    servers.flat_map(|(index, server)| {
        let own: &[_] = match server.body {
            ServerBody::Deployed(body) => &raw.servers[body].connections,
            ServerBody::Text(_) => &[],
        };
        let related = RelatedSubject {
            index,
            strength: Strength::Certain,
            evidence: String::new(),
        };
        own.iter()
            .map(move |connection| (connection, related.clone()))
    })
}

fn link_context<'a>(sources: &'a Sources, knowledge: &'a Knowledge) -> link::LinkContext<'a> {
    let shapes = &knowledge.shapes.servers;
    link::LinkContext {
        sources,
        environments: &shapes.environments,
        text_names: &shapes.text_names,
        include: &shapes.include,
        is_queue_variable: Box::new(|name| knowledge.shapes.is_queue_variable(name)),
    }
}

fn link_scope(raw: &RawFacts, sources: &Sources, knowledge: &Knowledge) -> LinkedFacts {
    link::link(raw, &link_context(sources, knowledge))
}

/// Where secrets stand that only the directive tables know to be such.
fn secret_spans(estate: &Estate) -> Vec<Span> {
    let subjects = estate
        .directives
        .iter()
        .chain(&estate.servers)
        .chain(&estate.clients);
    subjects
        .flat_map(Subject::placed_values)
        .filter(|value| value.secret)
        .filter_map(crate::facts::FactValue::span)
        .collect()
}

/// The charts of the tree: which values a file holds depends on them.
fn charts(files: &[(FileId, &InputFile)]) -> values::ChartFolders {
    let mut charts = values::ChartFolders::default();
    for (_, input) in files {
        charts.add_template(&input.path, &input.text);
    }
    let may_say = |kind| matches!(kind, FileKind::Yaml | FileKind::Supporting);
    let yaml = files.iter().filter(|(_, file)| may_say(file.kind));
    for (id, input) in yaml {
        charts.add_manifest(&input.path, &input.text);
        if values::is_values_name(&input.path) {
            charts.add_values(&input.path);
        }
        if values::is_chart_file(&input.path) {
            let stream = yaml::parse(&Excerpt::whole(*id, Arc::clone(&input.text)));
            let roots = stream.documents.iter().map(|document| &document.root);
            roots.for_each(|root| charts.add_chart(&input.path, root));
        }
    }
    charts
}

struct FileReader<'a> {
    knowledge: &'a Knowledge,
    named: &'a [String],
    charts: values::ChartFolders,
    settings: BTreeMap<String, String>,
}

impl FileReader<'_> {
    /// The universes, the tree's own first.
    fn read_all(&self, files: &[(FileId, &InputFile)]) -> Vec<AnalysisScope> {
        let mut scopes = self.read_files(files);
        let packages = go_packages(files);
        let paths = import_paths(&packages, &scopes[0].raw.modules);
        let packages: Vec<RawFacts> = packages
            .into_par_iter()
            .map(|package| self.read_package(&package, &paths))
            .collect();
        for raw in packages {
            scopes[0].raw.absorb(raw);
        }
        mark_programs(&mut scopes[0].raw.modules, files);
        drop_own_wrappers(&mut scopes[0].raw);
        let clients = self.knowledge.clients;
        let first = files.first().map(|(id, _)| *id).unwrap_or_default();
        let packages = guard_join(first, || rust_packages::read(files, clients));
        scopes[0].raw.absorb(packages);
        let packages = guard_join(first, || python_packages::read(files, clients));
        scopes[0].raw.absorb(packages);
        scopes
    }

    /// What files say by themselves and as parts of a deployment. The trees of manifests end with it:
    /// packages of code, which come next, need the memory.
    fn read_files(&self, files: &[(FileId, &InputFile)]) -> Vec<AnalysisScope> {
        let mut scopes = vec![AnalysisScope::default()];
        let tree = manifests::tree(files, &self.knowledge.shapes);
        let renders = self.renders(&tree);
        let objects = self.objects(&tree, &renders, files);
        let tree_files = manifests::tree_files(files, &tree);
        let made: Vec<RawFacts> = renders
            .renders
            .par_iter()
            .map(|render| self.read_render(render, files, &objects, &tree_files))
            .collect();
        // Files are in the order of their ids.
        let text_of = |id: FileId| -> Arc<str> {
            let at = files.binary_search_by_key(&id, |(id, _)| *id);
            at.map_or_else(|_| "".into(), |at| Arc::clone(&files[at].1.text))
        };
        let shared = ManifestTree {
            texts: &text_of,
            tree: &tree,
            renders: &renders,
            objects: &objects,
            files: &tree_files,
            roles: &manifests::ansible_variables(files, &tree),
            modules: &manifests::terraform_modules(files),
            has_clients: self.has_clients(files),
            given: manifests::find_given_values(files, &tree, &self.knowledge.shapes),
        };
        let extracted: Vec<ExtractedFile> = files
            .par_iter()
            .map(|(id, input)| guard_file(*id, || self.read_one(*id, input, &shared)))
            .collect();
        let mut deployments = FileDeployments::default();
        for one in extracted {
            scopes[0].raw.absorb(one.main.within_bounds());
            scopes.extend(one.snippets);
            deployments.absorb(one.deployments);
        }
        for raw in made {
            scopes[0].raw.absorb(raw.within_bounds());
        }
        let shapes = &self.knowledge.shapes;
        let first = files.first().map(|(id, _)| *id).unwrap_or_default();
        let deployed = guard_join(first, || {
            deployments.servers(files, &tree_files, shapes, &scopes[0].raw)
        });
        scopes[0].raw.absorb(deployed);
        scopes[0].raw.tell_once();
        scopes
    }

    /// What a deployment gives to variables that code reads.
    fn fill_variables(&self, raw: &mut RawFacts, sources: &Sources) {
        let environments = &self.knowledge.shapes.servers.environments;
        let programs = link::programs::of_tree(raw, sources, environments);
        for index in link::environment::fill(raw, &programs) {
            let hosts = go::hosts(&raw.clients[index], self.knowledge.clients);
            raw.clients[index].hosts = hosts;
        }
        self.drop_others(raw);
    }

    /// A client whose URL says which server it is of, and which is not known to say so, is none.
    fn drop_others(&self, raw: &mut RawFacts) {
        raw.clients.retain(|client| {
            let Some(source) = client.source.as_ref().filter(|_| client.scheme_decides) else {
                return true;
            };
            let models = client
                .libraries
                .iter()
                .filter_map(|id| self.knowledge.clients.get(id));
            let mut parsers =
                models.filter_map(|library| library.model()?.option_source(&source.call));
            parsers.any(|parser| parser.accepts(&source.url))
        });
    }

    fn read_package(&self, package: &[go::GoFile], paths: &go::GoPackagePaths) -> RawFacts {
        let Some(file) = package.first().map(|file| file.excerpt.file()) else {
            return RawFacts::default();
        };
        let read = || ExtractedFile {
            main: RawFacts {
                packages: go::program::read(package, self.knowledge.clients)
                    .into_iter()
                    .collect(),
                ..go::extract(package, paths, self.knowledge.clients)
            },
            ..ExtractedFile::default()
        };
        guard_file(file, read).main
    }

    fn read_one(&self, id: FileId, input: &InputFile, shared: &ManifestTree<'_>) -> ExtractedFile {
        let excerpt = Excerpt::whole(id, Arc::clone(&input.text));
        let main = match input.kind {
            FileKind::ConfText => self.conf_file(input, &excerpt, true, shared.roles),
            FileKind::Text => self.conf_file(input, &excerpt, false, shared.roles),
            FileKind::Yaml if self.is_manifest(input, shared.renders) => {
                return self.yaml_file(input, shared);
            }
            FileKind::Terraform => self.terraform_file(input, &excerpt, shared),
            FileKind::Unit => {
                return ExtractedFile {
                    deployments: FileDeployments::of_unit(input, &excerpt),
                    ..ExtractedFile::default()
                };
            }
            FileKind::Starlark => return self.starlark_file(input, &excerpt),
            FileKind::Script => return self.script_file(input, &excerpt),
            FileKind::Supporting
                if self.is_read(input, shared.renders)
                    || self.becomes_server(input, shared.tree) =>
            {
                return self.yaml_file(input, shared);
            }
            FileKind::Supporting if shared.has_clients && self.runs_programs(input) => {
                self.workloads(input, shared)
            }
            FileKind::GoMod => RawFacts {
                modules: vec![go::module::read(&input.path, &excerpt)],
                ..RawFacts::default()
            },
            FileKind::Markdown => return self.markdown_file(input, &excerpt),
            _ => RawFacts::default(),
        };
        ExtractedFile {
            main,
            ..ExtractedFile::default()
        }
    }

    fn is_directive(&self, word: &str) -> bool {
        self.knowledge
            .servers
            .newest()
            .any(|series| series.directive(word).is_some())
    }

    /// A file that its name calls configuration, or other text that reads like it.
    fn conf_file(
        &self,
        input: &InputFile,
        excerpt: &Excerpt,
        by_name: bool,
        roles: &AnsibleVariables<'_>,
    ) -> RawFacts {
        let is_directive = |word: &str| self.is_directive(word);
        let is_meant = match by_name {
            true => !conf::is_of_another_program(
                &input.path,
                excerpt,
                &is_directive,
                &self.knowledge.shapes,
            ),
            false => conf::looks_like_text(excerpt, &is_directive),
        };
        if !is_meant {
            return RawFacts::default();
        }
        let place = TextPlace::File {
            path: input.path.clone(),
        };
        let filled = roles.fill(&input.path, excerpt);
        let text = filled.as_ref().map_or(excerpt, |filled| &filled.excerpt);
        let mut raw = read_config_text(
            input.path.clone(),
            place,
            text.clone(),
            input,
            &self.knowledge.shapes,
        );
        if let Some(filled) = filled {
            raw.defaults
                .add(excerpt.file(), filled.assumed, &filled.files);
        }
        let installed = roles.find_installed(&input.path, &self.knowledge.shapes.servers.installs);
        let installed = installed
            .or_else(|| conf::find_release_in_name(&input.path, excerpt, &self.knowledge.shapes));
        for text in &mut raw.texts {
            text.installed.clone_from(&installed);
        }
        raw
    }
}

/// The lines of one configuration text that a file holds.
fn read_config_text(
    name: String,
    place: TextPlace,
    excerpt: Excerpt,
    input: &InputFile,
    shapes: &DeploymentShapes,
) -> RawFacts {
    let read = conf::read(
        name,
        place,
        excerpt,
        TextFrame::Lines,
        &|_| Arc::clone(&input.text),
        shapes,
    );
    RawFacts {
        texts: vec![read.text],
        comments: read.comments,
        ..RawFacts::default()
    }
}

/// A bug that one file trips costs that file, never the report: it becomes a problem of the file.
fn guard_file(file: FileId, read: impl FnOnce() -> ExtractedFile) -> ExtractedFile {
    attempt(WorkStage::Reading, read).unwrap_or_else(|| ExtractedFile {
        main: RawFacts::report_failure(file, "reading this file"),
        ..ExtractedFile::default()
    })
}

/// The same for what is made of several files; `file` is one of them.
fn guard_join(file: FileId, join: impl FnOnce() -> RawFacts) -> RawFacts {
    let failed = || RawFacts::report_failure(file, "putting files together");
    attempt(WorkStage::Joining, join).unwrap_or_else(failed)
}

impl RawFacts {
    fn report_failure(file: FileId, while_doing: &str) -> Self {
        Self {
            problems: vec![(Span::new(file, 0, 0), internal_error(while_doing))],
            ..Self::default()
        }
    }
}
