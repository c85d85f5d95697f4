//! Small trees, built: what the objects hold afterwards, and in which file each value stands.

use super::*;
use crate::source::{FileId, SourceFile, Sources};

struct Built {
    sources: Sources,
    renders: KustomizeOutputs,
}

impl Built {
    fn new(files: &[(&str, &str)]) -> Self {
        let mut sources = Sources::default();
        let ids: Vec<FileId> = files
            .iter()
            .map(|(path, text)| sources.add(SourceFile::new(*path, *text)))
            .collect();
        let excerpts = ids
            .into_iter()
            .zip(files)
            .map(|(id, (path, text))| ((*path).to_owned(), Excerpt::whole(id, (*text).into())));
        let tree = KustomizeTree::new(excerpts, &|_| false, &|_| None, &[]);
        let renders = render(&tree, &|_| true);
        Self { sources, renders }
    }

    fn dirs(&self) -> Vec<&str> {
        let renders = self.renders.renders.iter();
        renders.map(|render| render.dir.as_str()).collect()
    }

    fn names(&self, dir: &str) -> Vec<String> {
        let of = |r: &KustomizeObject| format!("{}/{}", r.kind(), r.name());
        self.render(dir).resources.iter().map(of).collect()
    }

    fn render(&self, dir: &str) -> &KustomizeOutput {
        let mut renders = self.renders.renders.iter();
        renders.find(|render| render.dir == dir).unwrap()
    }

    /// `VALUE at FILE` of a field of the only object of a kind.
    fn value(&self, dir: &str, kind: &str, pointer: &str) -> Option<String> {
        let mut of_kind = self.render(dir).resources.iter();
        let resource = of_kind.find(|r| r.kind() == kind)?;
        let node = resource.root.pointer(pointer)?;
        let text = node.as_str()?;
        Some(format!("{text} at {}", self.sources.path(node.span)))
    }
}

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: cache}
spec:
  replicas: 1
  template:
    spec:
      containers:
        - {name: main, image: 'docker.io/redis:7', resources: {limits: {memory: 1Gi}}}
        - {name: metrics, image: exporter}
      volumes: [{name: c, configMap: {name: conf}}]
";
const MEMORY: &str = "/spec/template/spec/containers/0/resources/limits/memory";

fn with_overlay(overlay: &str, patch: &str) -> Built {
    Built::new(&[
        ("base/kustomization.yaml", "resources: [cache.yaml]\n"),
        ("base/cache.yaml", DEPLOYMENT),
        ("over/kustomization.yaml", overlay),
        ("over/patch.yaml", patch),
    ])
}

#[test]
fn what_overlays_build_upon_is_not_built_alone() {
    let built = with_overlay("resources: [../base]\n", "");
    assert_eq!(built.dirs(), ["over"]);
    assert_eq!(built.names("over"), ["Deployment/cache"]);
    assert!(built.renders.owned.contains("base/cache.yaml"));
    assert_eq!(
        built.value("over", "Deployment", MEMORY).unwrap(),
        "1Gi at base/cache.yaml"
    );
}

#[test]
fn three_kinds_of_patches_leave_their_values_in_their_files() {
    let strategic = "kind: Deployment\nmetadata: {name: cache}\nspec: {template: {spec: {containers: [{name: main, resources: {limits: {memory: 2Gi}}}]}}}\n";
    let operations = "- {op: replace, path: /spec/template/spec/containers/0/resources/limits/memory, value: 2Gi}\n";
    let target = "target: {kind: Deployment, name: ca.*}";
    for (overlay, patch, file) in [
        (
            "patches: [{path: patch.yaml}]\n".to_owned(),
            strategic,
            "over/patch.yaml",
        ),
        (
            "patchesStrategicMerge: [patch.yaml]\n".to_owned(),
            strategic,
            "over/patch.yaml",
        ),
        (
            format!("patchesJson6902: [{{path: patch.yaml, {target}}}]\n"),
            operations,
            "over/patch.yaml",
        ),
        (
            format!("patches:\n- {target}\n  patch: |-\n    {operations}"),
            "",
            "over/kustomization.yaml",
        ),
        (
            format!(
                "patches:\n- {target}\n  patch: |-\n    {}",
                strategic.replace('\n', "\n    ")
            ),
            "",
            "over/kustomization.yaml",
        ),
    ] {
        let built = with_overlay(&format!("resources: [../base]\n{overlay}"), patch);
        let memory = built.value("over", "Deployment", MEMORY).unwrap();
        assert_eq!(memory, format!("2Gi at {file}"), "{overlay}");
        let image = built.value(
            "over",
            "Deployment",
            "/spec/template/spec/containers/0/image",
        );
        assert_eq!(image.unwrap(), "docker.io/redis:7 at base/cache.yaml");
        let other = "/spec/template/spec/containers/1/name";
        assert!(
            built.value("over", "Deployment", other).is_some(),
            "{overlay}"
        );
    }
}

#[test]
fn a_patch_deletes_fields_items_and_objects() {
    let patch = "kind: Deployment\nmetadata: {name: cache}\nspec:\n  replicas: null\n  template: {spec: {containers: [{name: metrics, $patch: delete}]}}\n";
    let built = with_overlay(
        "resources: [../base]\npatches: [{path: patch.yaml}]\n",
        patch,
    );
    assert_eq!(built.value("over", "Deployment", "/spec/replicas"), None);
    let second = "/spec/template/spec/containers/1/name";
    assert_eq!(built.value("over", "Deployment", second), None);

    let patch = "kind: Deployment\nmetadata: {name: cache}\n$patch: delete\n";
    let built = with_overlay(
        "resources: [../base]\npatches: [{path: patch.yaml}]\n",
        patch,
    );
    assert_eq!(built.names("over"), [""; 0]);
}

#[test]
fn names_images_replicas_and_references_change_together() {
    let built = with_overlay(
        "resources: [../base]\nnamePrefix: p-\nnameSuffix: -s\nnamespace: shop\n\
         images: [{name: docker.io/redis, newName: valkey/valkey, newTag: '8.1'}]\n\
         replicas: [{name: cache, count: 3}]\n\
         configMapGenerator: [{name: conf, literals: ['redis.conf=hz 10']}]\n",
        "",
    );
    let value = |pointer: &str| built.value("over", "Deployment", pointer).unwrap();
    assert_eq!(value("/metadata/name"), "p-cache-s at base/cache.yaml");
    assert_eq!(
        value("/metadata/namespace"),
        "shop at over/kustomization.yaml"
    );
    assert_eq!(
        value("/spec/template/spec/containers/0/image"),
        "valkey/valkey:8.1 at over/kustomization.yaml"
    );
    assert_eq!(value("/spec/replicas"), "3 at over/kustomization.yaml");
    assert_eq!(
        value("/spec/template/spec/volumes/0/configMap/name"),
        "p-conf-s at base/cache.yaml"
    );
    assert_eq!(
        built
            .value("over", "ConfigMap", "/data/redis.conf")
            .unwrap(),
        "hz 10 at over/kustomization.yaml"
    );
}

#[test]
fn generators_merge_and_replace() {
    let base = "configMapGenerator:\n- {name: conf, files: [a.conf], literals: ['x=1']}\n";
    for (behavior, a, x) in [
        (
            "merge",
            "hz 50 at over/b.conf",
            Some("1 at base/kustomization.yaml"),
        ),
        ("replace", "hz 50 at over/b.conf", None),
    ] {
        let over = format!(
            "resources: [../base]\nconfigMapGenerator:\n- {{name: conf, behavior: {behavior}, files: [a.conf=b.conf]}}\n"
        );
        let built = Built::new(&[
            ("base/kustomization.yaml", base),
            ("base/a.conf", "hz 10"),
            ("over/kustomization.yaml", &over),
            ("over/b.conf", "hz 50"),
        ]);
        let value = |key: &str| built.value("over", "ConfigMap", key);
        assert_eq!(value("/data/a.conf").as_deref(), Some(a));
        assert_eq!(value("/data/x").as_deref(), x);
        assert!(built.render("over").resources[0].hashed);
    }
}

#[test]
fn a_component_changes_what_uses_it() {
    let built = Built::new(&[
        ("base/kustomization.yaml", "resources: [cache.yaml]\n"),
        ("base/cache.yaml", DEPLOYMENT),
        (
            "big/kustomization.yaml",
            "kind: Component\nreplicas: [{name: cache, count: 5}]\n",
        ),
        (
            "over/kustomization.yaml",
            "resources: [../base]\ncomponents: [../big]\n",
        ),
    ]);
    assert_eq!(built.dirs(), ["over"]);
    assert_eq!(
        built.value("over", "Deployment", "/spec/replicas").unwrap(),
        "5 at big/kustomization.yaml"
    );
}

#[test]
fn what_cannot_be_followed_leaves_a_reason() {
    let opaque = |built: &Built| built.render("over").resources[0].opaque.is_some();
    for overlay in [
        "resources: [../base]\ntransformers: [x.yaml]\n",
        "resources: [../base]\npatches: [{path: missing.yaml}]\n",
        "resources: [../base]\ncomponents: ['https://example.com/x?ref=1']\n",
        "resources: [../base]\npatches:\n- target: {kind: Deployment}\n  patch: '[{op: remove, path: /spec/nothing}]'\n",
    ] {
        assert!(opaque(&with_overlay(overlay, "")), "{overlay}");
    }
    let built = with_overlay(
        "resources: [../base, 'https://example.com/x']\nreplacements:\n- targets: [{select: {kind: Deployment}, fieldPaths: ['spec.template.spec.containers.[name=main].image']}]\n",
        "",
    );
    assert!(!opaque(&built));
    let containers = "/spec/template/spec/containers";
    let holed = |index: usize| {
        let root = &built.render("over").resources[0].root;
        root.pointer(&format!("{containers}/{index}/image"))
            .unwrap()
            .has_placeholder()
    };
    assert!(holed(0) && !holed(1));
}

#[test]
fn circles_end() {
    let built = Built::new(&[
        ("a/kustomization.yaml", "resources: [../b]\n"),
        ("b/kustomization.yaml", "resources: [../a, cache.yaml]\n"),
        ("b/cache.yaml", DEPLOYMENT),
        ("c/kustomization.yaml", "resources: [../a]\n"),
    ]);
    assert_eq!(built.dirs(), ["c"]);
    assert_eq!(built.names("c"), ["Deployment/cache"]);
}

#[test]
fn a_patch_without_an_object_is_a_fragment() {
    let patch = "kind: Deployment\nmetadata: {name: other}\n";
    let built = with_overlay(
        "resources: [../base]\npatches: [{path: patch.yaml}]\n",
        patch,
    );
    assert_eq!(built.render("over").fragments.len(), 1);
}
