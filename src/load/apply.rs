//! What the settings of a project come to for the stages: settings of the policy, and declarations
//! about servers. Texts are read by [`settings`](super::settings); this only translates.

use std::collections::BTreeMap;

use crate::config::{self, Settings, Spanned};
use crate::facts::raw::{Declaration, ServiceDeclaration};
use crate::policy;
use crate::policy::{Override, Profile, RuleOverride, RuleSet};

/// The policy's settings, without what the command line adds. What is said of a rule by a former id
/// holds for the rule of today, unless that is spoken of itself.
pub fn policy_settings(settings: &Settings, set: &RuleSet) -> policy::Settings {
    let everywhere = overrides(None, &settings.rules, set);
    let by_path = settings.overrides.iter().flat_map(|over| {
        let paths = over.paths.iter().map(|path| path.value.clone()).collect();
        overrides(Some(&paths), &over.rules, set)
    });
    let profile = settings
        .profile
        .as_ref()
        .map(|profile| match profile.value {
            config::Profile::Recommended => Profile::Recommended,
            config::Profile::Strict => Profile::Strict,
        });
    let globs = |list: &Option<Vec<Spanned<String>>>| {
        list.as_ref()
            .map(|list| list.iter().map(|glob| glob.value.clone()).collect())
    };
    policy::Settings {
        profile: profile.unwrap_or_default(),
        overrides: everywhere.into_iter().chain(by_path).collect(),
        quiet_tests: globs(&settings.quiet.tests),
        quiet_development: globs(&settings.quiet.development),
        ..policy::Settings::default()
    }
}

/// The settings by former ids first: later ones win.
fn overrides(
    paths: Option<&Vec<String>>,
    settings: &BTreeMap<String, config::RuleSetting>,
    set: &RuleSet,
) -> [Override; 2] {
    let is_former = |id: &str| set.current(id).is_some_and(|current| current != id);
    [true, false].map(|former| {
        let chosen = settings.iter().filter(|(id, _)| is_former(id) == former);
        let rules = chosen.map(|(id, setting)| {
            let current = set.current(id).unwrap_or(id);
            (current.to_owned(), rule_override(setting))
        });
        Override {
            paths: paths.cloned(),
            rules: rules.collect(),
        }
    })
}

fn rule_override(setting: &config::RuleSetting) -> RuleOverride {
    let params = setting
        .params
        .iter()
        .map(|(name, param)| (name.clone(), param_value(&param.value.value)));
    RuleOverride {
        enabled: setting.enabled.as_ref().map(|flag| flag.value),
        severity: setting.severity.as_ref().map(|severity| severity.value),
        params: params.collect(),
        non_waivable: setting.non_waivable.as_ref().is_some_and(|flag| flag.value),
    }
}

/// A parameter as the policy takes it.
pub fn param_value(value: &config::ParamValue) -> policy::ParamValue {
    match value {
        config::ParamValue::Bool(flag) => policy::ParamValue::Bool(*flag),
        config::ParamValue::Int(n) => policy::ParamValue::Number(*n as f64),
        config::ParamValue::Float(n) => policy::ParamValue::Number(*n),
        config::ParamValue::Text(text) => policy::ParamValue::Text(text.clone()),
        config::ParamValue::List(items) => {
            policy::ParamValue::List(items.iter().map(param_value).collect())
        }
    }
}

/// What the settings say of servers: each `[[server]]` by name, then `[defaults]` for those that have
/// no figure of their own.
pub fn declarations(settings: &Settings) -> Vec<Declaration> {
    let named = settings.servers.iter().map(|server| Declaration {
        name: Some(server.name.value.clone()),
        memory: server.memory.as_ref().map(|memory| memory.value),
        cpus: server.cpus.as_ref().map(|cpus| cpus.value),
        flavor: server.version.as_ref().and_then(|v| v.value.flavor.clone()),
        version: server.version.as_ref().map(|v| v.value.version.clone()),
        role: server
            .role
            .as_ref()
            .map(|role| role.value.as_str().to_owned()),
        build: server.build.as_ref().map(|build| build.value.clone()),
        span: Some(server.name.span),
    });
    let defaults = &settings.defaults;
    let span = defaults
        .server
        .as_ref()
        .map(|server| server.span)
        .or(defaults.memory.as_ref().map(|memory| memory.span))
        .or(defaults.cpus.as_ref().map(|cpus| cpus.span))
        .or(defaults.build.as_ref().map(|build| build.span));
    let general = Declaration {
        name: None,
        memory: defaults.memory.as_ref().map(|memory| memory.value),
        cpus: defaults.cpus.as_ref().map(|cpus| cpus.value),
        flavor: defaults
            .server
            .as_ref()
            .and_then(|s| s.value.flavor.clone()),
        version: defaults.server.as_ref().map(|s| s.value.version.clone()),
        role: None,
        build: defaults.build.as_ref().map(|build| build.value.clone()),
        span,
    };
    named.chain([general]).collect()
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
