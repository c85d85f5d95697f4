//! What `redvet.toml` and the command line say of rules, checked against the rules that exist: ids,
//! patterns and parameters that do not exist, and values that do not fit, are mistakes with a place.

use std::collections::BTreeSet;

use globset::GlobMatcher;

use crate::config::{self, RuleSetting};
use crate::facts::vocabulary::Vocabulary;
use crate::finding::{ReportNote, Severity};
use crate::load::rules::BUILTIN_PACK;
use crate::load::{LoadError, apply, settings};
use crate::nearest::nearest;
use crate::policy::{self, CompiledRule, RuleProfile, RuleSet};
use crate::source::{Sources, Span};

use super::args::{CheckArgs, ProfileWord};
use super::failure::CliError;
use super::settings_file::SettingsFile;

/// Every mistake in what the settings say of rules.
pub(super) fn mistakes(settings: &config::Settings, rules: &RuleSet) -> Vec<LoadError> {
    let of_today = rules.rules().map(CompiledRule::id);
    let known = of_today.chain(rules.former().map(|(old, _)| old));
    let known: Vec<String> = known.map(str::to_owned).collect();
    let mut mistakes = settings::check_rule_ids(settings, &known);
    let of_parts = settings.overrides.iter().flat_map(|o| o.rules.values());
    for setting in settings.rules.values().chain(of_parts) {
        if let Some(rule) = rules
            .current(&setting.id.value)
            .and_then(|id| rules.get(id))
        {
            mistakes.extend(params(setting, rule));
            mistakes.extend(check_weakened(setting, rule));
        } else {
            mistakes.extend(params_of_pattern(setting));
        }
    }
    mistakes.sort_by_key(|mistake| mistake.span);
    mistakes
}

/// A mistake for everything by which settings would loosen a rule that settings further up call
/// non_waivable: the author of a folder's settings could else switch off what the root requires.
pub(super) fn find_loosened(
    settings: &config::Settings,
    above: &SettingsFile,
    rules: &RuleSet,
) -> Vec<LoadError> {
    let kept = apply::non_waivable(&above.settings, rules);
    let kept: Vec<GlobMatcher> = kept
        .rules
        .keys()
        .filter_map(|id| policy::glob(id).ok())
        .collect();
    let is_kept = |id: &str| kept.iter().any(|glob| glob.is_match(id));
    // The first rule that a pattern stands for and that is not to be loosened.
    let found = |pattern: &str| {
        let current = rules.current(pattern).unwrap_or(pattern);
        let glob = policy::glob(current).ok()?;
        let mut ids = rules.rules().map(CompiledRule::id);
        ids.find(|id| glob.is_match(id) && is_kept(id))
    };
    let of_parts = settings.overrides.iter().flat_map(|o| o.rules.values());
    let of_rules = settings.rules.values().chain(of_parts).flat_map(|setting| {
        let off = setting.enabled.as_ref().filter(|flag| !flag.value);
        let off = off.map(|flag| flag.span);
        let severity = setting.severity.as_ref().map(|severity| severity.span);
        let params = setting.params.values().map(|param| param.name);
        let spans = off.into_iter().chain(severity).chain(params);
        spans.map(|span| (span, &setting.id.value))
    });
    let ignored = settings.ignore.iter().map(|p| (p.span, &p.value));
    let name = above.name.as_deref().unwrap_or_default();
    let mistake = |span, rule: &str| {
        let message = format!("{rule} is non_waivable in {name}");
        let help = "settings of a folder cannot turn it off, change it or hide its findings; change it there";
        LoadError::new(span, message).with_help(help)
    };
    let changed = of_rules
        .chain(ignored)
        .filter_map(|(span, pattern)| Some(mistake(span, found(pattern)?)));
    let mut ids = rules.rules().map(CompiledRule::id);
    let kept_rule = ids.find(|id| is_kept(id));
    let hidden = kept_rule.into_iter().flat_map(|id| {
        let spans = find_hiding(settings, &above.settings).into_iter();
        spans.map(move |span| mistake(span, id))
    });
    changed.chain(hidden).collect()
}

/// Settings that hide findings of whatever rule.
fn find_hiding(settings: &config::Settings, above: &config::Settings) -> Vec<Span> {
    let quiet = &settings.quiet;
    let quiet = [&quiet.tests, &quiet.samples, &quiet.development];
    let quiet = quiet.into_iter().flatten().flatten();
    let lists = settings.exclude.iter().chain(&settings.select).chain(quiet);
    let least =
        |of: &config::Settings| of.min_severity.as_ref().map_or(Severity::Info, |s| s.value);
    let raised = settings.min_severity.as_ref();
    let raised = raised.filter(|_| least(settings) > least(above));
    lists
        .map(|pattern| pattern.span)
        .chain(raised.map(|severity| severity.span))
        .collect()
}

/// What a rule says of itself is not taken back.
fn check_weakened(setting: &RuleSetting, rule: &CompiledRule) -> Option<LoadError> {
    let flag = setting.non_waivable.as_ref()?;
    (rule.draft.non_waivable && !flag.value).then(|| {
        let message = format!("{} is non_waivable in its rule file", rule.id());
        let help = "settings cannot change this; `enabled = false` turns the rule off";
        LoadError::new(flag.span, message).with_help(help)
    })
}

/// Parameters belong to a rule: what one of several rules makes of a name, another may not know.
fn params_of_pattern(setting: &RuleSetting) -> Option<LoadError> {
    let param = setting.params.values().next()?;
    let message = format!(
        "`{}` is a pattern; it cannot set parameters",
        setting.id.value
    );
    let help = "write a table with the id of the rule";
    Some(LoadError::new(param.name, message).with_help(help))
}

fn params(setting: &RuleSetting, rule: &CompiledRule) -> Vec<LoadError> {
    let known = &rule.draft.params;
    let one = |(name, param): (&String, &config::ParamSetting)| match known.get(name) {
        None => Some(unknown_param(name, param, rule)),
        Some(known) => {
            let error = known.accept(&param.value.value).err()?;
            let message = format!("`{name}` of {}: {error}", rule.id());
            Some(LoadError::new(param.value.span, message).with_help(&*known.about))
        }
    };
    setting.params.iter().filter_map(one).collect()
}

fn unknown_param(name: &str, param: &config::ParamSetting, rule: &CompiledRule) -> LoadError {
    let known: Vec<&str> = rule.draft.params.keys().map(String::as_str).collect();
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "the rule takes no parameters".to_owned(),
        None => format!("known parameters: {}", known.join(", ")),
    };
    let message = format!("{} has no parameter `{name}`", rule.id());
    LoadError::new(param.name, message).with_help(help)
}

/// What names rules by ids that they had before, in the settings and in flags: understood, and told.
pub(super) fn former_ids(
    settings: &config::Settings,
    path: Option<&String>,
    args: &CheckArgs,
    rules: &RuleSet,
) -> Vec<ReportNote> {
    let named = settings.rules.keys();
    let of_parts = settings.overrides.iter().flat_map(|o| o.rules.keys());
    let waived = settings.waivers.iter().map(|waiver| &waiver.rule.value);
    let chosen = settings.select.iter().chain(&settings.ignore);
    let chosen = chosen.map(|pattern| &pattern.value);
    let in_file = named.chain(of_parts).chain(waived).chain(chosen);
    let in_file = in_file.map(|id| (path, id));
    let flags = args.select.iter().chain(&args.ignore).map(|id| (None, id));
    let notes: BTreeSet<ReportNote> = in_file
        .chain(flags)
        .filter_map(|(path, id)| {
            let current = rules.current(id).filter(|current| current != id)?;
            Some(ReportNote {
                path: path.cloned(),
                message: format!("`{id}` was renamed to `{current}`"),
            })
        })
        .collect();
    notes.into_iter().collect()
}

/// The facts that rules name by a former name: understood, and told with the name of today.
pub(super) fn former_facts(rules: &RuleSet, sources: &Sources) -> Vec<ReportNote> {
    // The built-in pack has sources of its own, and a test sees to it that it names facts as of today.
    let of_packs = rules.rules().filter(|rule| rule.pack != BUILTIN_PACK);
    let texts = of_packs.flat_map(|rule| rule.draft.texts());
    let notes: BTreeSet<ReportNote> = texts
        .flat_map(|text| {
            let found = Vocabulary::former_names(text.text());
            found.into_iter().map(move |(range, kind, name)| {
                let (subject, former) = (kind.as_str(), &text.text()[range.clone()]);
                let at = text.span(range);
                let line = sources.start(at).line;
                ReportNote {
                    path: Some(sources.path(at).to_owned()),
                    message: format!(
                        "line {line}: `{subject}.{former}` is deprecated, write `{subject}.{name}`"
                    ),
                }
            })
        })
        .collect();
    notes.into_iter().collect()
}

/// Adds what flags say; they win over the file.
pub(super) fn with_flags(
    mut settings: policy::RuleSettings,
    args: &CheckArgs,
    rules: &RuleSet,
) -> Result<policy::RuleSettings, CliError> {
    // What the file selects is replaced, and what it ignores is added to.
    settings.select = match args.select.is_empty() {
        true => patterns("select", &settings.select, rules)?,
        false => patterns("--select", &args.select, rules)?,
    };
    settings.ignore = patterns("ignore", &settings.ignore, rules)?;
    let more = patterns("--ignore", &args.ignore, rules)?;
    settings.ignore.extend(more);
    settings.without_bundles |= args.no_bundles;
    match args.profile {
        Some(ProfileWord::Recommended) => settings.profile = RuleProfile::Recommended,
        Some(ProfileWord::Strict) => settings.profile = RuleProfile::Strict,
        None => {}
    }
    Ok(settings)
}

/// Patterns over rule ids; one that fits no rule is a slip that would silently check nothing. One that
/// fits a former id stands for the rule of today, too.
fn patterns(flag: &str, given: &[String], rules: &RuleSet) -> Result<Vec<String>, CliError> {
    let given = given.iter().map(|p| p.trim()).filter(|p| !p.is_empty());
    let chosen: Result<Vec<Vec<String>>, CliError> = given
        .map(|pattern| {
            let glob = policy::glob(pattern).map_err(|why| {
                CliError::new(format!("{flag} {pattern}: invalid pattern: {why}"))
            })?;
            let former = rules.former().filter(|(old, _)| glob.is_match(old));
            let mut ids: Vec<String> = former.map(|(_, new)| new.to_owned()).collect();
            if rules.rules().any(|rule| glob.is_match(rule.id())) {
                ids.push(pattern.to_owned());
            }
            if !ids.is_empty() {
                return Ok(ids);
            }
            let what = format!("{flag} {pattern}: unknown rule");
            Err(CliError::with_help(what, suggest_rule(pattern, rules)))
        })
        .collect();
    Ok(chosen?.concat())
}

/// What a person may have meant by an id that no rule has.
pub(super) fn suggest_rule(id: &str, rules: &RuleSet) -> String {
    if rules.rules().any(|rule| rule.category() == id) {
        return format!("use '{id}/*' for all rules in the category");
    }
    rules
        .help_for(id)
        .unwrap_or_else(|| "run `redvet rules list` to see all rules".to_owned())
}
