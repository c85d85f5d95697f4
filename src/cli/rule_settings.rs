//! What `redvet.toml` and the command line say of rules, held against the rules that there are: ids,
//! patterns and parameters that do not exist, and values that do not fit, are mistakes with a place.

use std::collections::BTreeMap;

use crate::config::{self, RuleSetting, Spanned};
use crate::load::{LoadError, settings};
use crate::nearest::nearest;
use crate::policy::{self, Override, ParamValue, Profile, Rule, RuleOverride, RuleSet};

use super::args::{CheckArgs, ProfileWord};
use super::failure::Failure;

/// Every mistake in what the settings say of rules.
pub(super) fn mistakes(settings: &config::Settings, rules: &RuleSet) -> Vec<LoadError> {
    let known: Vec<String> = rules.rules().map(|rule| rule.id().to_owned()).collect();
    let mut mistakes = settings::check_rule_ids(settings, &known);
    let of_parts = settings.overrides.iter().flat_map(|o| o.rules.values());
    for setting in settings.rules.values().chain(of_parts) {
        if let Some(rule) = rules.get(&setting.id.value) {
            mistakes.extend(params(setting, rule));
        }
    }
    mistakes.sort_by_key(|mistake| mistake.span);
    mistakes
}

fn params(setting: &RuleSetting, rule: &Rule) -> Vec<LoadError> {
    let known = &rule.draft.params;
    let one = |(name, param): (&String, &config::Param)| match known.get(name) {
        None => Some(unknown_param(name, param, rule)),
        Some(known) => {
            let error = known.accept(&param_value(&param.value.value)).err()?;
            let message = format!("`{name}` of {}: {error}", rule.id());
            Some(LoadError::new(param.value.span, message).with_help(&*known.about))
        }
    };
    setting.params.iter().filter_map(one).collect()
}

fn unknown_param(name: &str, param: &config::Param, rule: &Rule) -> LoadError {
    let known: Vec<&str> = rule.draft.params.keys().map(String::as_str).collect();
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "the rule has no parameters".to_owned(),
        None => format!("its parameters: {}", known.join(", ")),
    };
    let message = format!("{} has no parameter `{name}`", rule.id());
    LoadError::new(param.name, message).with_help(help)
}

fn param_value(value: &config::ParamValue) -> ParamValue {
    match value {
        config::ParamValue::Bool(flag) => ParamValue::Bool(*flag),
        config::ParamValue::Int(number) => ParamValue::Number(*number as f64),
        config::ParamValue::Float(number) => ParamValue::Number(*number),
        config::ParamValue::Text(text) => ParamValue::Text(text.clone()),
        config::ParamValue::List(items) => {
            ParamValue::List(items.iter().map(param_value).collect())
        }
    }
}

/// The settings of a file, as the rules' judge takes them.
pub(super) fn of_file(settings: &config::Settings) -> policy::Settings {
    let everywhere = Override {
        paths: None,
        rules: overrides(&settings.rules),
    };
    let parts = settings.overrides.iter().map(|part| Override {
        paths: Some(texts(&part.paths)),
        rules: overrides(&part.rules),
    });
    policy::Settings {
        profile: match settings.profile.as_ref().map(|p| p.value) {
            Some(config::Profile::Strict) => Profile::Strict,
            _ => Profile::Recommended,
        },
        overrides: std::iter::once(everywhere).chain(parts).collect(),
        quiet_tests: settings.quiet.tests.as_deref().map(texts),
        quiet_development: settings.quiet.development.as_deref().map(texts),
        ..policy::Settings::default()
    }
}

fn overrides(rules: &BTreeMap<String, RuleSetting>) -> BTreeMap<String, RuleOverride> {
    rules
        .iter()
        .map(|(id, setting)| (id.clone(), rule_override(setting)))
        .collect()
}

fn rule_override(setting: &RuleSetting) -> RuleOverride {
    RuleOverride {
        enabled: setting.enabled.as_ref().map(|enabled| enabled.value),
        severity: setting.severity.as_ref().map(|severity| severity.value),
        params: setting
            .params
            .iter()
            .map(|(name, param)| (name.clone(), param_value(&param.value.value)))
            .collect(),
    }
}

fn texts(globs: &[Spanned<String>]) -> Vec<String> {
    globs.iter().map(|glob| glob.value.clone()).collect()
}

/// Adds what flags say; they win over the file.
pub(super) fn with_flags(
    mut settings: policy::Settings,
    args: &CheckArgs,
    rules: &RuleSet,
) -> Result<policy::Settings, Failure> {
    settings.select = patterns("--select", &args.select, rules)?;
    settings.ignore = patterns("--ignore", &args.ignore, rules)?;
    match args.profile {
        Some(ProfileWord::Recommended) => settings.profile = Profile::Recommended,
        Some(ProfileWord::Strict) => settings.profile = Profile::Strict,
        None => {}
    }
    Ok(settings)
}

/// Patterns over rule ids; one that fits no rule is a slip that would silently check nothing.
fn patterns(flag: &str, given: &[String], rules: &RuleSet) -> Result<Vec<String>, Failure> {
    let given = given.iter().map(|p| p.trim()).filter(|p| !p.is_empty());
    given
        .map(|pattern| {
            let glob = policy::glob(pattern).map_err(|why| {
                Failure::new(format!("{flag} {pattern}: it is no pattern: {why}"))
            })?;
            if rules.rules().any(|rule| glob.is_match(rule.id())) {
                return Ok(pattern.to_owned());
            }
            let what = format!("{flag} {pattern}: no rule is called so");
            Err(Failure::with_help(what, meant(pattern, rules)))
        })
        .collect()
}

/// What a person may have meant by an id that no rule has.
pub(super) fn meant(id: &str, rules: &RuleSet) -> String {
    if rules.rules().any(|rule| rule.category() == id) {
        return format!("write '{id}/*' for all rules of the category");
    }
    rules
        .help_for(id)
        .unwrap_or_else(|| "`redvet rules list` names all rules".to_owned())
}
