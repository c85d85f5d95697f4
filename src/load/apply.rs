//! What the settings of a project come to for the stages: settings of the policy, and declarations
//! about servers. Texts are read by [`settings`](super::settings); this only translates.

use std::collections::BTreeMap;

use crate::config::{self, ServerFacts, Settings, Spanned};
use crate::facts::raw::{Declaration, ServiceDeclaration};
use crate::facts::work_limits::WorkLimits;
use crate::policy;
use crate::policy::{QuietPatterns, RuleOverride, RuleProfile, RuleSet, ScopedOverrides};
use crate::source::Span;

/// The policy's settings, without what the command line adds. What is said of a rule by a former id
/// holds for the rule of today, unless that is spoken of itself.
pub fn policy_settings(settings: &Settings, set: &RuleSet) -> policy::RuleSettings {
    let everywhere = overrides(None, &settings.rules, set);
    let by_path = settings.overrides.iter().flat_map(|over| {
        let paths = over.paths.iter().map(|path| path.value.clone()).collect();
        overrides(Some(&paths), &over.rules, set)
    });
    let globs = |list: &Option<Vec<Spanned<String>>>| {
        list.as_ref()
            .map(|list| list.iter().map(|glob| glob.value.clone()).collect())
    };
    policy::RuleSettings {
        profile: settings
            .profile
            .as_ref()
            .map_or_else(RuleProfile::default, |profile| profile.value),
        select: values(&settings.select),
        ignore: values(&settings.ignore),
        overrides: everywhere.into_iter().chain(by_path).collect(),
        quiet: QuietPatterns {
            tests: globs(&settings.quiet.tests),
            samples: globs(&settings.quiet.samples),
            development: globs(&settings.quiet.development),
        },
        without_bundles: settings
            .bundles
            .enabled
            .as_ref()
            .is_some_and(|enabled| !enabled.value),
        most_steps: read_work_limits(settings).expression_steps,
        ..policy::RuleSettings::default()
    }
}

/// What settings of an outer folder keep from being suppressed in the folders below.
pub fn non_waivable(settings: &Settings, set: &RuleSet) -> ScopedOverrides {
    let kept = settings.rules.iter().filter(|(_, setting)| {
        let flag = setting.non_waivable.as_ref();
        flag.is_some_and(|flag| flag.value)
    });
    let rules = kept.map(|(id, _)| {
        let current = set.current(id).unwrap_or(id);
        let own = RuleOverride {
            non_waivable: true,
            ..RuleOverride::default()
        };
        (current.to_owned(), own)
    });
    ScopedOverrides {
        paths: None,
        rules: rules.collect(),
    }
}

/// The limits of a run: what the settings say, else the defaults.
pub fn read_work_limits(settings: &Settings) -> WorkLimits {
    let usual = WorkLimits::default();
    let count = |set: &Option<Spanned<u64>>, usual: usize| {
        let set = set.as_ref().and_then(|set| usize::try_from(set.value).ok());
        set.unwrap_or(usual)
    };
    let set = &settings.limits;
    let file_size = set.file_size.as_ref();
    WorkLimits {
        file_size: file_size.map_or(usual.file_size, |set| set.value),
        servers: count(&set.servers, usual.servers),
        clients: count(&set.clients, usual.clients),
        name_length: count(&set.name_length, usual.name_length),
        findings: count(&set.findings, usual.findings),
        expression_steps: count(&set.expression_steps, usual.expression_steps),
    }
}

/// The limits that settings of a folder set higher than those of a folder above it allow: the place,
/// the key and what it may be at most.
pub fn find_raised_limits(settings: &Settings, outer: &Settings) -> Vec<(Span, &'static str, u64)> {
    let most = read_work_limits(outer);
    let set = &settings.limits;
    let counts = [
        ("servers", &set.servers, most.servers),
        ("clients", &set.clients, most.clients),
        ("name-length", &set.name_length, most.name_length),
        ("findings", &set.findings, most.findings),
        (
            "expression-steps",
            &set.expression_steps,
            most.expression_steps,
        ),
    ];
    let counts = counts.map(|(key, set, most)| (key, set, most as u64));
    let all = counts
        .into_iter()
        .chain([("file-size", &set.file_size, most.file_size)]);
    let raised = all.filter_map(|(key, set, most)| {
        let set = set.as_ref().filter(|set| set.value > most)?;
        Some((set.span, key, most))
    });
    raised.collect()
}

fn values(list: &[Spanned<String>]) -> Vec<String> {
    list.iter().map(|item| item.value.clone()).collect()
}

/// The settings by former ids first: later ones win.
fn overrides(
    paths: Option<&Vec<String>>,
    settings: &BTreeMap<String, config::RuleSetting>,
    set: &RuleSet,
) -> [ScopedOverrides; 2] {
    let is_former = |id: &str| set.current(id).is_some_and(|current| current != id);
    [true, false].map(|former| {
        let chosen = settings.iter().filter(|(id, _)| is_former(id) == former);
        let rules = chosen.map(|(id, setting)| {
            let current = set.current(id).unwrap_or(id);
            (current.to_owned(), rule_override(setting))
        });
        ScopedOverrides {
            paths: paths.cloned(),
            rules: rules.collect(),
        }
    })
}

fn rule_override(setting: &config::RuleSetting) -> RuleOverride {
    let params = setting
        .params
        .iter()
        .map(|(name, param)| (name.clone(), param.value.value.clone()));
    RuleOverride {
        enabled: setting.enabled.as_ref().map(|flag| flag.value),
        severity: setting.severity.as_ref().map(|severity| severity.value),
        params: params.collect(),
        non_waivable: setting.non_waivable.as_ref().is_some_and(|flag| flag.value),
    }
}

/// What settings and flags say of servers, in the order in which they count: entries by name first,
/// then flags, then the defaults. One declaration a key, so that each figure knows where it is written.
pub fn declarations(settings: &Settings, flags: Declaration) -> Vec<Declaration> {
    let named = settings.servers.iter();
    let named = named.flat_map(|server| server_facts(Some(&server.name.value), &server.facts));
    let defaults = server_facts(None, &settings.defaults.servers);
    named.chain([flags]).chain(defaults).collect()
}

fn server_facts(name: Option<&String>, facts: &ServerFacts) -> Vec<Declaration> {
    let at = |span: Span| Declaration {
        name: name.cloned(),
        span: Some(span),
        ..Declaration::default()
    };
    let memory = facts.memory.as_ref().map(|memory| Declaration {
        memory: Some(memory.value),
        ..at(memory.span)
    });
    let cpus = facts.cpus.as_ref().map(|cpus| Declaration {
        cpus: Some(cpus.value),
        ..at(cpus.span)
    });
    let version = facts.version.as_ref().map(|version| Declaration {
        flavor: version.value.flavor.clone(),
        version: Some(version.value.version.clone()),
        ..at(version.span)
    });
    let build = facts.build.as_ref().map(|build| Declaration {
        build: Some(build.value.clone()),
        ..at(build.span)
    });
    let role = facts.role.as_ref().map(|role| Declaration {
        role: Some(role.value.as_str().to_owned()),
        ..at(role.span)
    });
    let all = [memory, cpus, version, build, role];
    all.into_iter().flatten().collect()
}

/// What the settings say of programs.
pub fn services(settings: &Settings) -> Vec<ServiceDeclaration> {
    let text = |text: &Option<Spanned<String>>| {
        let text = text.as_ref();
        text.map(|text| (text.value.clone(), text.span))
    };
    let count = |count: &Option<Spanned<u64>>| count.as_ref().map(|n| (n.value, n.span));
    let services = settings.services.iter().map(|service| ServiceDeclaration {
        name: service.name.value.clone(),
        span: Some(service.name.span),
        paths: service
            .paths
            .iter()
            .map(|path| path.value.clone())
            .collect(),
        workload: text(&service.workload),
        server: text(&service.server),
        replicas: count(&service.replicas),
        blocking_consumers: count(&service.blocking_consumers),
    });
    services.collect()
}
