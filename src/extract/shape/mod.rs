//! Servers by their shape: the fields of a custom resource or of a chart's values become what a
//! server gets, as `knowledge/shapes` says. Nothing here knows an operator or a chart.
//!
//! Which document has which shape is decided by [`resource`](super::resource) and
//! [`chart`](super::chart); the parts of the configuration are read by [`conf`].

mod conf;
mod fields;

use crate::extract::manifest_context::ManifestContext;
use crate::extract::scalar::{raw_scalar, template_reason};
use crate::facts::deployment::{Deployment, DeploymentQuantities, DeploymentQuantity};
use crate::facts::fact_path::ServerFact;
use crate::facts::raw::{
    ConfPart, ObjectName, RawFacts, RawScalar, RawServer, RawUnread, Uncertainty,
};
use crate::facts::{Cause, EditTarget, Strength};
use crate::knowledge::shapes::path::FieldPath;
use crate::knowledge::shapes::schema::{
    DeploymentShape, FieldCondition, FieldTest, ImagePaths, ResourcePreset, ServerPaths,
    UnreadField, WordCase,
};
use crate::source::Span;

pub use fields::{FieldContent, ShapeFields, is_filled, scalar_text};

/// What the servers belong to and are called after.
pub struct ShapeOwner {
    pub object: ObjectName,
    pub anchor: Span,
    /// What a chart calls its objects, where the release's name is known.
    pub full_name: Option<String>,
    /// They are the values that the chart itself comes with: whoever deploys it fills them in.
    pub sample: bool,
}

/// How much of the values can be seen.
#[derive(Clone, Debug, Default)]
pub struct ValueVisibility {
    /// What is not written here may be written where it cannot be seen.
    pub below: Option<Cause>,
    /// What is written here may be replaced where it cannot be seen.
    pub above: Option<Cause>,
    /// It may be otherwise, or not be at all.
    pub doubt: Option<Uncertainty>,
}

/// One document and the shape that it is read by.
pub struct ShapeReading<'a> {
    pub owner: ShapeOwner,
    pub shape: &'a DeploymentShape,
    pub fields: ShapeFields<'a>,
    pub visibility: ValueVisibility,
    /// Why it is not known whether the release has the fields that the shape was read from.
    pub other_release: Option<Cause>,
    pub context: &'a ManifestContext<'a>,
}

impl<'a> ShapeReading<'a> {
    /// The servers, the texts that they are configured by, and what nothing reads.
    pub fn read(&self, raw: &mut RawFacts) {
        let mut unread = self.unread();
        for paths in &self.shape.servers {
            if self.fields.hold(&paths.when) == Some(false) {
                continue;
            }
            let server = self.server(paths, std::mem::take(&mut unread), raw);
            raw.servers.push(server);
        }
    }

    /// A server of a release whose fields have other names, which are not known: that it is there, and
    /// its image, which all releases call the same.
    pub fn read_unknown_release(&self, raw: &mut RawFacts) {
        let Some(paths) = self.shape.servers.first() else {
            return;
        };
        let reason = Cause::Release("the fields of this older release of the chart are not known");
        let name = self.owner.object.readable_name();
        let (image, image_fallback) = self.image(&paths.image);
        let conf = vec![gap(&reason, Some(self.owner.anchor))];
        raw.servers.push(RawServer {
            namespace: self.owner.object.namespace.clone(),
            image,
            image_fallback,
            deployment: Deployment::by("the chart"),
            conf,
            doubt: self.visibility.doubt.clone(),
            fragment: true,
            sample: self.owner.sample,
            ..RawServer::new(
                format!("{}/{name}", self.owner.object.kind),
                self.owner.anchor,
            )
        });
    }

    fn server(
        &self,
        paths: &'a ServerPaths,
        unread: Vec<RawUnread>,
        raw: &mut RawFacts,
    ) -> RawServer {
        let (image, image_fallback) = self.image(&paths.image);
        let name = self.fill_in_title(&paths.name).unwrap_or_default();
        RawServer {
            namespace: self.owner.object.namespace.clone(),
            kind: paths.kind,
            image,
            image_fallback,
            deployment: self.deployment(paths),
            conf: self.conf(paths, raw),
            hosts: paths
                .hosts
                .iter()
                .filter_map(|host| self.fill_in(host))
                .collect(),
            doubt: self.visibility.doubt.clone(),
            unread,
            unset_places: self.unset_places(paths),
            sample: self.owner.sample,
            ..RawServer::new(name, self.owner.anchor)
        }
    }

    /// A pattern over the owner's names; `None` where a name that it needs is not known.
    fn fill_in(&self, pattern: &str) -> Option<String> {
        self.fill_in_name(pattern, &self.owner.object.name)
    }

    /// The same for people: a server's title.
    fn fill_in_title(&self, pattern: &str) -> Option<String> {
        self.fill_in_name(pattern, &self.owner.object.readable_name())
    }

    fn fill_in_name(&self, pattern: &str, name: &str) -> Option<String> {
        let text = pattern
            .replace("{kind}", &self.owner.object.kind)
            .replace("{name}", name);
        match (&self.owner.full_name, text.contains("{fullname}")) {
            (Some(name), _) => Some(text.replace("{fullname}", name)),
            (None, true) => None,
            (None, false) => Some(text),
        }
    }

    // The image.

    fn image(&self, paths: &ImagePaths) -> (Option<RawScalar>, Option<Result<String, Cause>>) {
        if let Some(path) = &paths.whole {
            return match self.fields.get(path) {
                FieldContent::Written(node) => (Some(raw_scalar(node)), None),
                FieldContent::Default(tree) => (None, scalar_text(tree).map(Ok)),
                FieldContent::Hidden(_) => (None, Some(Err(template_reason()))),
                FieldContent::Absent => (None, Some(Err(Cause::Image("no image is set")))),
            };
        }
        let part = |path: &Option<FieldPath>| path.as_ref().and_then(|path| self.fields.text(path));
        let fixed = || paths.name.clone().map(Ok);
        let Some(repository) = part(&paths.repository).or_else(fixed) else {
            return (None, Some(Err(Cause::Image("no image is set"))));
        };
        // The tag that a chart writes by itself moves with its version.
        let tag = part(&paths.tag).filter(|tag| tag.as_ref().is_ok_and(|tag| !tag.is_empty()));
        let by_chart = tag.is_none() && paths.tag.is_some();
        let text = match (repository, tag) {
            (Ok(repository), Some(Ok(tag))) => Ok(whole_image(paths, &repository, &tag)),
            (Ok(repository), _) => Ok(repository),
            (Err(reason), _) => Err(reason),
        };
        let written = [&paths.tag, &paths.repository]
            .into_iter()
            .flatten()
            .find_map(|path| match self.fields.get(path) {
                FieldContent::Written(node) if node.as_str() != Some("") => Some(node),
                _ => None,
            });
        match written.filter(|_| !by_chart) {
            Some(node) => {
                let scalar = RawScalar {
                    text,
                    span: node.span,
                    slot: EditTarget::None,
                };
                (Some(scalar), None)
            }
            None => (None, Some(text)),
        }
    }

    // Quantities.

    fn quantities(&self, paths: &'a ServerPaths) -> DeploymentQuantities {
        let mut quantities = DeploymentQuantities::default();
        let fixed = paths.fixed.iter();
        let fixed = fixed.map(|(quantity, text)| (*quantity, Ok(text.clone())));
        quantities.defaults.extend(fixed);
        self.put_resources(paths, &mut quantities);
        for (quantity, alternatives) in &paths.figures {
            if let Some((_, found)) = self.fields.first(alternatives) {
                put_found(&mut quantities, *quantity, found);
            }
        }
        if !paths.replicas.is_empty() {
            self.put_product(paths, &mut quantities);
        }
        if let Some(reason) = &self.visibility.below {
            let all = DeploymentQuantity::RESOURCES.into_iter();
            let all = all.chain([DeploymentQuantity::Replicas]);
            let unknown = all.map(|quantity| (quantity, Err(reason.clone())));
            quantities.defaults.extend(unknown);
        }
        // What may be replaced where it cannot be seen is not known.
        if let Some(reason) = &self.visibility.above {
            for scalar in quantities.written.values_mut() {
                scalar.text = Err(reason.clone());
            }
        }
        quantities
    }

    fn put_resources(&self, paths: &'a ServerPaths, quantities: &mut DeploymentQuantities) {
        match (self.fields.first(&paths.resources), &paths.preset) {
            (Some((_, hidden @ FieldContent::Hidden(_))), _) => {
                for quantity in DeploymentQuantity::RESOURCES {
                    put_found(quantities, quantity, hidden);
                }
            }
            (Some((path, _)), _) => {
                for quantity in DeploymentQuantity::RESOURCES {
                    let path = FieldPath::parse(&format!("{}.{}", path.as_str(), quantity.path()));
                    if let Ok(path) = path {
                        put_found(quantities, quantity, self.fields.get(&path));
                    }
                }
            }
            (None, Some(preset)) => self.put_preset(preset, quantities),
            (None, None) => {}
        }
    }

    /// The word that stands for the limits, which are not in the values themselves.
    fn preset_word(&self, paths: &'a ServerPaths) -> Option<String> {
        let preset = paths.preset.as_ref()?;
        if self.fields.first(&paths.resources).is_some() {
            return None;
        }
        let word = self.fields.text(&preset.field)?.ok()?;
        let library = &self.context.shapes.library;
        library.preset(&preset.table, &word).map(|_| word)
    }

    /// A word stands for limits and requests: written or the shape's own.
    fn put_preset(&self, preset: &ResourcePreset, quantities: &mut DeploymentQuantities) {
        let found = self.fields.get(&preset.field);
        let Some(Ok(word)) = self.fields.text(&preset.field) else {
            if let FieldContent::Written(node) | FieldContent::Hidden(node) = found {
                for quantity in DeploymentQuantity::RESOURCES {
                    put_found(quantities, quantity, FieldContent::Hidden(node));
                }
            }
            return;
        };
        let library = &self.context.shapes.library;
        for (quantity, text) in library.preset(&preset.table, &word).into_iter().flatten() {
            let text = Ok(text.clone());
            match found {
                FieldContent::Written(node) => {
                    let scalar = RawScalar {
                        text,
                        span: node.span,
                        slot: EditTarget::None,
                    };
                    quantities.written.insert(*quantity, scalar);
                }
                _ => {
                    quantities.defaults.insert(*quantity, text);
                }
            }
        }
    }

    /// Shards times processes of a shard: it stands where the first factor is written.
    fn put_product(&self, paths: &ServerPaths, quantities: &mut DeploymentQuantities) {
        let mut product: Result<i64, Cause> = Ok(1);
        let mut place = None;
        for factor in &paths.replicas {
            if let FieldContent::Written(node) | FieldContent::Hidden(node) =
                self.fields.get(&factor.field)
            {
                place = place.or(Some(node.span));
            }
            let number = match self.fields.text(&factor.field) {
                Some(Ok(text)) => text.parse::<i64>().map_err(|_| Cause::Text {
                    text: text.to_owned(),
                    fact: "is not a number",
                }),
                Some(Err(reason)) => Err(reason),
                None => Ok(0),
            };
            product = product.and_then(|so_far| {
                let factor = number?.saturating_add(factor.plus);
                Ok(so_far.saturating_mul(factor))
            });
        }
        let text = product.map(|number| number.to_string());
        match place {
            Some(span) => {
                let slot = EditTarget::None;
                let scalar = RawScalar { text, span, slot };
                quantities
                    .written
                    .insert(DeploymentQuantity::Replicas, scalar);
            }
            None => {
                quantities
                    .defaults
                    .insert(DeploymentQuantity::Replicas, text);
            }
        }
    }

    // Attributes.

    fn deployment(&self, paths: &'a ServerPaths) -> Deployment {
        let mut deployment = Deployment {
            quantities: self.quantities(paths),
            ..Deployment::by(&self.shape.shape)
        };
        for (fact, cases) in &paths.words {
            let word = self.word(cases).map(|word| fact.datum(&word));
            deployment.attributes.insert(*fact, word);
            if let Some(place) = self.word_place(cases) {
                deployment.places.insert(*fact, place);
            }
        }
        let owner = match self.shape.chart {
            Some(_) => "release".to_owned(),
            None => format!("{} resource", self.owner.object.kind),
        };
        let preset = self.preset_word(paths).map(|word| format!("preset {word}"));
        let owner = preset.unwrap_or(owner);
        deployment = deployment.with_known(ServerFact::LimitOwner, owner);
        if let Some(path) = paths.resources.first() {
            if let Some(block) = self.fields.nearest_block(path) {
                let missing = DeploymentQuantity::RESOURCES.map(DeploymentQuantity::fact);
                let places = missing.map(|fact| (fact, block));
                deployment.places.extend(places);
            }
            let limit = DeploymentQuantity::LimitsMemory.path();
            let field = format!("{}.{limit}", path.as_str());
            deployment = deployment.with_known(ServerFact::LimitsMemoryField, field);
        }
        let conditions = paths.words.get(&ServerFact::Exporter).into_iter().flatten();
        let mut switches = conditions
            .flat_map(|case| &case.when)
            .filter(|condition| condition.test == FieldTest::Equals(true.to_string()));
        if let Some(switch) = switches.next() {
            deployment = deployment.with_known(ServerFact::ExporterField, switch.field.as_str());
        }
        deployment
    }

    fn word(&self, cases: &[WordCase]) -> Result<String, Cause> {
        let hidden = self.visibility.above.as_ref();
        if let Some(reason) = hidden.or(self.visibility.below.as_ref()) {
            return Err(reason.clone());
        }
        for case in cases {
            match (self.fields.hold(&case.when), &case.is) {
                (Some(false), _) => {}
                (Some(true), Some(word)) => return Ok(word.clone()),
                (Some(true), None) => break,
                (None, _) => return Err(template_reason()),
            }
        }
        Err(Cause::Named {
            name: self.shape.shape.clone(),
            fact: "does not say",
        })
    }

    /// The field that decides a word, where it is written.
    fn word_place(&self, cases: &[WordCase]) -> Option<Span> {
        let fields = cases.iter().flat_map(|case| &case.when);
        let written = |condition: &FieldCondition| match self.fields.get(&condition.field) {
            FieldContent::Written(node) => Some(node.span),
            _ => None,
        };
        fields.filter_map(written).next()
    }

    // What nothing reads.

    fn unread(&self) -> Vec<RawUnread> {
        let fields = self.shape.unread.iter();
        fields.flat_map(|field| self.unread_of(field)).collect()
    }

    fn unread_of(&self, field: &UnreadField) -> Vec<RawUnread> {
        let node = match self.fields.get(&field.field) {
            FieldContent::Written(node) => node,
            FieldContent::Hidden(node) if !field.known.is_empty() => node,
            _ => return Vec::new(),
        };
        if self.visibility.below.is_some() && !self.fields.are_written(&field.when) {
            // What decides it may be written where it cannot be seen.
            return Vec::new();
        }
        let holds = self.fields.hold(&field.when);
        if holds == Some(false) {
            return Vec::new();
        }
        let why = || match self.open_setting(field).or(self.other_release.clone()) {
            Some(reason) => Err(reason),
            None if holds.is_none() => Err(template_reason()),
            None => Ok(field.why.clone()),
        };
        let unread = |name: String, span: Span| RawUnread {
            name,
            span,
            why: why(),
            strength: if field.assumed {
                Strength::Assumed
            } else {
                Strength::Certain
            },
            held: None,
        };
        let name = field.field.as_str();
        let place = self.key_span(&field.field).unwrap_or(node.span);
        if field.known.is_empty() && !self.fields.is_under_template(&field.field) {
            return vec![unread(name.to_owned(), place)];
        }
        if self.fields.is_under_template(&field.field) || node.is_open() || node.has_placeholder() {
            // What a template adds may be known or not.
            let why = Err(template_reason());
            return vec![RawUnread {
                why,
                ..unread(name.to_owned(), place)
            }];
        }
        let unknown = node.entries().iter().filter_map(|entry| {
            let key = entry
                .key
                .as_str()
                .filter(|_| !entry.key.has_placeholder())?;
            let name = format!("{name}.{key}");
            let is_unknown = !field.known.iter().any(|known| known == key);
            is_unknown.then(|| unread(name, entry.key.span))
        });
        unknown.collect()
    }

    /// Why it is not known whether the setting is on that would have the field read.
    fn open_setting(&self, field: &UnreadField) -> Option<Cause> {
        let setting = field.setting.as_deref()?;
        let path = self.context.settings.get(setting)?;
        Some(Cause::SettingOf {
            path: path.to_string(),
            setting: setting.to_owned(),
        })
    }

    /// Where the key of a field stands.
    fn key_span(&self, path: &FieldPath) -> Option<Span> {
        let (parent, key) = path.as_str().rsplit_once('.')?;
        let FieldContent::Written(parent) = self.fields.get(&FieldPath::parse(parent).ok()?) else {
            return None;
        };
        parent.entry(key).map(|entry| entry.key.span)
    }
}

fn put_found(
    quantities: &mut DeploymentQuantities,
    quantity: DeploymentQuantity,
    found: FieldContent<'_>,
) {
    match found {
        FieldContent::Written(node) => {
            quantities.written.insert(quantity, raw_scalar(node));
        }
        FieldContent::Hidden(node) => {
            let scalar = RawScalar {
                text: Err(template_reason()),
                ..raw_scalar(node)
            };
            quantities.written.insert(quantity, scalar);
        }
        FieldContent::Default(tree) => {
            if let Some(text) = scalar_text(tree) {
                quantities.defaults.insert(quantity, Ok(text));
            }
        }
        FieldContent::Absent => {}
    }
}

/// A repository with its tag, or the one that the tag names itself.
fn whole_image(paths: &ImagePaths, repository: &str, tag: &str) -> String {
    let mut prefixes = paths.by_tag.iter();
    let named =
        prefixes.find_map(|(prefix, name)| Some((name, tag.strip_prefix(prefix.as_str())?)));
    match named {
        Some((name, version)) => format!("{name}:{version}"),
        None => format!("{repository}:{tag}"),
    }
}

/// A part that cannot be seen.
fn gap(reason: &Cause, at: Option<Span>) -> ConfPart {
    ConfPart::NotVisible {
        reason: reason.clone(),
        at,
    }
}
