//! Settings of frameworks: variables of a file or fields of a class that stand for a client, and what
//! code reads of them through an object that the framework hands out.

use std::rc::Rc;

use super::calls::CallArguments;
use super::evaluate::MAX_BASES;
use super::form::{ClassId, CodeExpressionForm, ExpressionId};
use super::interpreter::CodeInterpreter;
use super::options::ObjectId;
use super::value::{CodeField, CodeObject, CodeObjectKind, CodeValue, FileAt, SettingValues};
use crate::facts::cause::Cause;
use crate::facts::raw::{BranchArm, RawClient};
use crate::knowledge::clients::call::{Modelled, SettingModel};
use crate::knowledge::languages::FunctionMeaning;

/// Files of settings that are asked for one name.
const MAX_SETTINGS_FILES: usize = 12;

/// Classes of one file that hold the same settings. A program chooses among a few environments; each class
/// is read with those that it is built on, so that more of them would take too long.
const MAX_SETTINGS_CLASSES: usize = 24;

/// Classes that hold the same settings: one of them is chosen where the program starts.
#[derive(Clone, Copy)]
struct SettingsChoice {
    arm: Option<BranchArm>,
    test: bool,
}

impl<'m> CodeInterpreter<'_, 'm> {
    /// Settings that a framework reads from the variables of a file, or from the fields of a class in it.
    pub(super) fn settings(&mut self, at: FileAt) {
        let text = self.project.text(at);
        let names = self.project.index.settings.iter();
        let written = names.filter(|(name, _)| text.contains(**name));
        let rows: Vec<_> = written.flat_map(|(_, rows)| rows.iter().copied()).collect();
        for found in rows {
            let values = self.file_settings(found.row);
            let choice = SettingsChoice {
                arm: None,
                test: false,
            };
            self.tell_setting(found, &values, choice);
            let classes = self.classes_with(at, &found.row.name).unwrap_or_default();
            for (arm, class) in classes.iter().enumerate() {
                let values = self.class_settings((at, *class), 0);
                let choice = SettingsChoice {
                    arm: self.arm_of_class(at, &classes, arm),
                    test: self.is_test_class(at, *class),
                };
                self.tell_setting(found, &values, choice);
            }
        }
    }

    fn tell_setting(
        &mut self,
        found: Modelled<'m, SettingModel>,
        values: &SettingValues,
        choice: SettingsChoice,
    ) {
        let Some(field) = values.get(&found.row.name) else {
            return;
        };
        let entries: Vec<CodeField> = match (found.row.entries, field.value.object()) {
            (true, Some(object)) => {
                let object = self.object(object);
                let fields = object.into_iter().flat_map(|object| object.fields.values());
                fields.cloned().collect()
            }
            (true, None) => Vec::new(),
            (false, _) => vec![field.clone()],
        };
        for entry in entries {
            self.setting(found, &entry, values, choice);
        }
    }

    fn setting(
        &mut self,
        Modelled { library, row }: Modelled<'m, SettingModel>,
        entry: &CodeField,
        values: &SettingValues,
        choice: SettingsChoice,
    ) {
        let object = match (&row.prefix, entry.value.object()) {
            (Some(prefix), _) => select_prefixed(prefix, values, entry),
            (None, Some(id)) => match self.object(id) {
                Some(object) => object.clone(),
                None => return,
            },
            (None, None) => return,
        };
        if let Some(key) = &row.key {
            let said = object.fields.get(key).and_then(|field| field.value.text());
            let parts = entry
                .value
                .object()
                .and_then(|id| self.aliases.parts_of(id));
            if let (None, Some(parts)) = (said, parts) {
                let found = Modelled { library, row };
                return self.setting_of_branches(found, (entry, parts), values, choice);
            }
            if !said.is_some_and(|said| row.values.iter().any(|own| own == said)) {
                return;
            }
        }
        let Some(mut raw) = self.raw_client(library, &row.client, entry.at.1) else {
            return;
        };
        raw.site.test = choice.test || self.project.front.is_test(self.project.path(entry.at.0));
        raw.branches.extend(choice.arm);
        raw.bound_to = Some(row.name.clone());
        if self.fill(&object, (library, &row.client), &mut raw) {
            self.found.clients.push(raw);
            self.found.sites.push(entry.at);
            self.found.of_settings.insert(entry.at);
        }
    }

    /// Settings that are one of two, which do not agree on who reads them: each is read by itself.
    fn setting_of_branches(
        &mut self,
        found: Modelled<'m, SettingModel>,
        (joined, parts): (&CodeField, [ObjectId; 2]),
        values: &SettingValues,
        choice: SettingsChoice,
    ) {
        let branch = self.code().expression(joined.at.1).range.start;
        for (arm, id) in parts.into_iter().enumerate() {
            let Some(at) = self.object(id).map(|one| one.at) else {
                continue;
            };
            let entry = CodeField {
                value: CodeValue::Object(id),
                at,
                conditional: true,
            };
            let arm = choice.arm.or(Some(BranchArm { branch, arm }));
            self.setting(found, &entry, values, SettingsChoice { arm, ..choice });
        }
    }

    /// The variables of the file whose body was run that a row of settings may be about.
    fn file_settings(&self, row: &SettingModel) -> SettingValues {
        let at = self.here();
        let assigned = self.code().find_assigned(&self.code().body);
        let variables = self.frame().state.variables.iter();
        let prefix = row.prefix.as_deref();
        let asked = variables.filter(|(name, _)| {
            **name == row.name || prefix.is_some_and(|prefix| name.starts_with(prefix))
        });
        let values = asked.filter_map(|(name, value)| {
            let field = CodeField {
                value: value.clone(),
                at: (at, *assigned.get(name.as_str())?),
                conditional: false,
            };
            Some((name.clone(), field))
        });
        values.collect()
    }

    /// The fields of a class and of those that it is built on, as they are once the class is there.
    pub(super) fn class_settings(
        &mut self,
        (file, class): (FileAt, ClassId),
        above: usize,
    ) -> SettingValues {
        let project = self.project;
        let code = project.file(file);
        let form = code.class(class);
        let mut values = SettingValues::new();
        // The first of several is asked first.
        for base in form.bases.iter().rev().filter(|_| above < MAX_BASES) {
            if let CodeValue::Class(file, class) = self.value_in(file, *base) {
                values.extend(self.class_settings((file, class), above + 1));
            }
        }
        let mut frame = self.new_frame(file, None);
        frame.records = false;
        self.frames.push(frame);
        self.run_deeper(|run| run.block(&form.body));
        let Some(frame) = self.frames.pop() else {
            return values;
        };
        for (id, object) in frame.state.heap {
            self.left_behind.entry(id).or_insert(object);
        }
        // The file's own variables are looked up where they are; here is only what the body binds.
        let assigned = code.find_assigned(&form.body);
        for (name, value) in frame.state.variables {
            if let Some(id) = assigned.get(name.as_str()) {
                let field = CodeField {
                    value,
                    at: (file, *id),
                    conditional: false,
                };
                values.insert(name, field);
            }
        }
        values
    }

    /// The fields that the body of a class itself gives a value, where nothing is asked of them from
    /// within it.
    pub(super) fn class_body(&mut self, at: (FileAt, ClassId)) -> Option<Rc<SettingValues>> {
        if let Some(known) = self.classes.get(&at) {
            return known.clone();
        }
        self.classes.insert(at, None);
        let values = Rc::new(self.class_settings(at, MAX_BASES));
        match self.is_running(at.0) {
            // A file that is being run does not say everything yet.
            true => drop(self.classes.remove(&at)),
            false => drop(self.classes.insert(at, Some(Rc::clone(&values)))),
        }
        Some(values)
    }

    /// Whether the body of this file is what is being run.
    fn is_body_of(&self, file: FileAt) -> bool {
        self.here() == file && self.frame().is_body
    }

    /// The value of an expression at the top of a file, whose body may be what is being run.
    fn value_in(&mut self, file: FileAt, id: ExpressionId) -> CodeValue {
        if !self.is_body_of(file) {
            return self.elsewhere(file, id);
        }
        let value = self.value(id);
        self.resolve_path(value)
    }

    /// The classes of a file that give a field of this name a value, those left out whose fields the
    /// environment fills: no framework reads them. Nothing where there are too many to be read.
    fn classes_with(&mut self, at: FileAt, name: &str) -> Option<Vec<ClassId>> {
        let code = self.project.file(at);
        let ids = (0..code.classes.len()).map(|id| ClassId(u32::try_from(id).unwrap_or(u32::MAX)));
        let own = ids.filter(|id| {
            code.find_last_assigned(&code.class(*id).body, name)
                .is_some()
        });
        let own: Vec<ClassId> = own.take(MAX_SETTINGS_CLASSES + 1).collect();
        let plain = |id: &ClassId| self.settings_class((at, *id), 0).is_none();
        (own.len() <= MAX_SETTINGS_CLASSES).then(|| own.into_iter().filter(plain).collect())
    }

    fn arm_of_class(&self, at: FileAt, classes: &[ClassId], arm: usize) -> Option<BranchArm> {
        let first = classes.first().filter(|_| classes.len() > 1)?;
        let body = &self.project.file(at).class(*first).body;
        let branch = body.first()?.range.start;
        Some(BranchArm { branch, arm })
    }

    fn is_test_class(&self, at: FileAt, class: ClassId) -> bool {
        let name = &self.project.file(at).class(class).name;
        self.project.conventions.tests.is_test_class(name)
    }

    /// A name of the object through which a framework hands out its settings: what the only file of
    /// settings that gives it a value says. Files for several environments may not agree.
    pub(super) fn framework_setting(&mut self, path: &str) -> Option<CodeValue> {
        let mut rows = self.project.conventions.settings_object.iter();
        let (row, name) = rows.find_map(|row| {
            let name = path.strip_prefix(row.path.as_str())?.strip_prefix('.')?;
            Some((row, name.split('.').next().unwrap_or(name)))
        })?;
        let unknown = || CodeValue::unknown(Cause::Expression(format!("settings.{name}")));
        Some(self.find_setting(name, &row.files).unwrap_or_else(unknown))
    }

    /// A name that code reads through an object of its framework, `app.config["NAME"]`.
    pub(super) fn member_setting(&mut self, base: ExpressionId, name: &str) -> Option<CodeValue> {
        let CodeExpressionForm::Member(_, member) = &self.code().expression(base).form else {
            return None;
        };
        let mut rows = self.project.conventions.settings_member.iter();
        let row = rows.find(|row| row.member == *member)?;
        // Such objects take names in capitals alone.
        let is_name = !name.is_empty() && !name.contains(char::is_lowercase);
        let value = is_name.then(|| self.find_setting(name, &row.files))??;
        self.project.uses_package(&row.package).then_some(value)
    }

    /// The same by a method: `app.config.get("NAME")`.
    pub(super) fn read_asked_setting(
        &mut self,
        callee: ExpressionId,
        arguments: &CallArguments,
    ) -> Option<CodeValue> {
        let CodeExpressionForm::Member(base, method) = &self.code().expression(callee).form else {
            return None;
        };
        let name = arguments.positional.first()?.value.text()?.to_owned();
        let asks = self.project.conventions.meaning(&format!("dict.{method}"));
        (asks == Some(FunctionMeaning::Entry)).then(|| self.member_setting(*base, &name))?
    }

    /// What the files of settings give a name, if all that give it one agree.
    fn find_setting(&mut self, name: &str, words: &'m [String]) -> Option<CodeValue> {
        // Which files are asked depends on who asks.
        let key = (words, name.to_owned());
        if let Some(known) = self.settings.get(&key) {
            return known.clone();
        }
        let project = self.project;
        let files = project.files().filter(|at| {
            let mut parts = project.parts(*at).iter();
            parts.any(|part| words.contains(part))
                && project.text(*at).contains(name)
                && !project.front.is_test(project.path(*at))
        });
        let files: Vec<FileAt> = files.take(MAX_SETTINGS_FILES).collect();
        let value = self.agree_on_setting(&files, name);
        // A file that is being run does not say everything yet.
        if !files.iter().any(|at| self.is_running(*at)) {
            self.settings.insert(key, value.clone());
        }
        value
    }

    fn agree_on_setting(&mut self, files: &[FileAt], name: &str) -> Option<CodeValue> {
        let mut all = Vec::new();
        for file in files {
            all.extend(self.global(*file, name));
            for class in self.classes_with(*file, name)? {
                if !self.is_test_class(*file, class) {
                    let mut values = self.class_settings((*file, class), 0);
                    all.extend(values.remove(name).map(|field| field.value));
                }
            }
        }
        let mut all = all.into_iter();
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    /// Of settings and a call that is given the same URL for the same purpose the call is the client.
    pub(super) fn tell_settings_once(&mut self) {
        let found = &mut self.found;
        let url = |client: &RawClient| client.source.as_ref().map(|source| source.url.clone());
        let all = found.clients.iter().zip(&found.sites);
        let calls = all.filter(|(_, at)| !found.of_settings.contains(at));
        let calls: Vec<_> = calls
            .map(|(client, _)| (client.constructor.clone(), url(client)))
            .collect();
        let mut kept = found.clients.iter().zip(&found.sites).map(|(client, at)| {
            let own = (client.constructor.clone(), url(client));
            !found.of_settings.contains(at) || own.1.is_none() || !calls.contains(&own)
        });
        let keep: Vec<bool> = kept.by_ref().collect();
        let (mut clients, mut sites) = (keep.iter(), keep.iter());
        found.clients.retain(|_| clients.next() == Some(&true));
        found.sites.retain(|_| sites.next() == Some(&true));
    }
}

/// The settings that begin with a word, as options.
fn select_prefixed<'m>(prefix: &str, values: &SettingValues, entry: &CodeField) -> CodeObject<'m> {
    let own = values.iter().filter_map(|(name, field)| {
        let option = name.strip_prefix(prefix)?;
        Some((option.to_lowercase(), field.clone()))
    });
    CodeObject {
        kind: CodeObjectKind::Record,
        fields: own.collect(),
        rest_unknown: None,
        at: entry.at,
    }
}
