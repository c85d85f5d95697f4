//! One option of one candidate: what is written, what the URL says, what the library makes of it,
//! and its default.

use crate::facts::cause::Cause;
use crate::facts::quantity;
use crate::facts::raw::{ConstValue, OptionWrite, RawClient, SourceLanguage};
use crate::facts::value::{
    Datum, Explicitness, FactValue, Meaning, OverriddenPlace, ValueOrigin, ValueState,
};
use crate::knowledge::clients::expression::{DefaultExpression, NumberRange};
use crate::knowledge::clients::model::{
    ConstructionForm, OptionModel, OptionSourceModel, ValueKind, VersionRanged,
};
use crate::knowledge::clients::rust::RustValue;
use crate::knowledge::servers::waiting::TimeUnit;
use crate::resolve::client::candidate::ModelCandidate;
use crate::resolve::client::datum::{datum, figure, format_datum, is_zero, zero_of};
use crate::resolve::client::url::ConnectionUrl;
use crate::resolve::process::ProcessorCount;
use crate::source::MASK;

/// How far a default may lead from option to option.
const MAX_STEPS: usize = 4;
/// How the language's null is shown, and how a model writes it.
const NOTHING: &str = "none";

/// The value of an option, and how many times the number of CPUs its default is.
pub(super) struct ResolvedOption {
    pub(super) value: FactValue,
    pub(super) per_cpu: Option<i64>,
}

/// Resolves an option that the candidate's option type has.
pub(super) fn resolve(
    candidate: &ModelCandidate<'_>,
    client: &RawClient,
    machine: &ProcessorCount<'_>,
    option: &OptionModel,
) -> ResolvedOption {
    step(candidate, client, machine, option, 0)
}

fn step(
    candidate: &ModelCandidate<'_>,
    client: &RawClient,
    machine: &ProcessorCount<'_>,
    option: &OptionModel,
    steps: usize,
) -> ResolvedOption {
    let one = CandidateOption {
        candidate,
        client,
        machine,
        option,
        steps,
    };
    if let Some(by_url) = one.find_override() {
        return by_url;
    }
    match one.write() {
        Some(write) => one.resolve_write(write),
        None => one.not_written(),
    }
}

/// The last place in code that writes the option.
pub(super) fn find_write<'c>(
    candidate: &ModelCandidate<'_>,
    client: &'c RawClient,
    option: &OptionModel,
) -> Option<&'c OptionWrite> {
    let model = candidate.model;
    let types = model.types(&client.option_type);
    let mut writes = client.writes.iter();
    writes.rfind(|write| model.writes_option(option, &types, &write.ident, candidate.version))
}

struct CandidateOption<'a> {
    candidate: &'a ModelCandidate<'a>,
    client: &'a RawClient,
    machine: &'a ProcessorCount<'a>,
    option: &'a OptionModel,
    steps: usize,
}

impl CandidateOption<'_> {
    fn write(&self) -> Option<&OptionWrite> {
        find_write(self.candidate, self.client, self.option)
    }

    fn types(&self) -> Vec<&str> {
        self.candidate.model.types(&self.client.option_type)
    }

    /// Only what a value carries along has the option.
    fn is_carried(&self) -> bool {
        let own = [self.client.option_type.as_str()];
        self.option.ident(&own, self.candidate.version).is_none()
    }

    /// A written zero is the same as nothing written where the options are a struct.
    fn zero_is_nothing(&self, ident: &str) -> bool {
        let model = self.candidate.model;
        let mut types = self.types().into_iter();
        let written_on = types.find(|ty| self.option.has_name(&[ty], ident));
        written_on.and_then(|ty| model.form(ty)) == Some(ConstructionForm::Struct)
    }

    fn resolve_write(&self, write: &OptionWrite) -> ResolvedOption {
        if write.conditional {
            let reason = Cause::Client("it is set only in some branches of the code");
            let mut value = FactValue::set_unknown(reason.clone(), write.span);
            value.written = Explicitness::Unknown(reason);
            return ResolvedOption {
                value,
                per_cpu: None,
            };
        }
        if let Some(on) = self.parse_switch(write) {
            return self.resolve_folded(&ConstValue::Bool(on), write.span, false);
        }
        if write.value == ConstValue::Nil
            && let Some(meaning) = self.effect_of_nothing()
        {
            let raw = Box::new(Datum::Text(NOTHING.to_owned()));
            return ResolvedOption {
                value: FactValue::set(Datum::Special { raw, meaning }, write.span),
                per_cpu: None,
            };
        }
        let zero = self.zero_is_nothing(&write.ident);
        match (self.form_of(write), &write.value) {
            (Some(RustValue::Milliseconds), ConstValue::Int(n)) => {
                let duration = ConstValue::Duration(n.saturating_mul(1_000_000));
                self.resolve_folded(&duration, write.span, zero)
            }
            _ => self.resolve_folded(&write.value, write.span, zero),
        }
    }

    /// A switch that is written as a word: whether the word is one that turns it on.
    fn parse_switch(&self, write: &OptionWrite) -> Option<bool> {
        let mut names = self.option.names.iter();
        let name = names.find(|n| n.ident == write.ident && !n.on_for.is_empty())?;
        let word = match &write.value {
            ConstValue::Text(text) => text.to_lowercase(),
            ConstValue::Nil => NOTHING.to_owned(),
            ConstValue::Bool(value) => value.to_string(),
            ConstValue::Int(value) => value.to_string(),
            _ => return None,
        };
        Some(name.on_for.contains(&word))
    }

    /// A bare figure as the duration that the library takes it for, and a figure in a text: what the
    /// server is sent is the same.
    fn parse_count(&self, folded: &ConstValue) -> Option<ConstValue> {
        let unit = self.candidate.model.client.duration_unit?;
        if let (ValueKind::Int, ConstValue::Text(text)) = (self.option.kind, folded) {
            return text.parse().ok().map(ConstValue::Int);
        }
        let seconds = match (self.option.kind, folded) {
            (ValueKind::Duration, ConstValue::Int(n)) => *n as f64,
            (ValueKind::Duration, ConstValue::Float(n)) => *n,
            (ValueKind::Duration, ConstValue::Text(text)) => text.parse().ok()?,
            _ => return None,
        };
        let figure = match unit {
            TimeUnit::Seconds => seconds * 1e9,
            TimeUnit::Milliseconds => seconds * 1e6,
        };
        Some(ConstValue::Duration(figure.round() as i64))
    }

    /// What a URL says that holds whatever else is written.
    fn find_override(&self) -> Option<ResolvedOption> {
        let source = self.client.source.as_ref()?;
        let parser = self.candidate.model.option_source(&source.call)?;
        let ConstValue::Text(text) = &source.url else {
            return None;
        };
        let url = ConnectionUrl::parse(text).filter(|_| parser.overrides)?;
        let version = self.candidate.version;
        let said = url.parameter(self.option, parser, version).is_some()
            || self
                .option
                .url_part
                .is_some_and(|part| url.part(part, self.option.kind).is_some());
        said.then(|| self.by_url(text, source.url_span, parser))
    }

    /// How this release takes the option.
    fn form_of(&self, write: &OptionWrite) -> Option<RustValue> {
        let mut names = self.option.names.iter();
        let name = names.find(|n| {
            n.ident == write.ident
                && n.on.contains(&self.client.option_type)
                && n.range().contains(self.candidate.version)
        })?;
        name.rust_value
    }

    /// What the language's null does to the option, where the model says it.
    fn effect_of_nothing(&self) -> Option<Meaning> {
        let (lineage, version) = (&self.candidate.lineage, self.candidate.version);
        let row = lineage.iter().find_map(|ty| {
            self.option.sentinels.iter().find(|s| {
                s.range == NumberRange::Nothing
                    && s.on.iter().any(|on| on == ty)
                    && s.range().contains(version)
            })
        })?;
        Some(row.effect)
    }

    /// A value that stands at this place in code or in a URL; `zero`: a zero value is none.
    fn resolve_folded(
        &self,
        folded: &ConstValue,
        span: crate::source::Span,
        zero: bool,
    ) -> ResolvedOption {
        let plain = |value| ResolvedOption {
            value,
            per_cpu: None,
        };
        let counted = self.parse_count(folded);
        let folded = counted.as_ref().unwrap_or(folded);
        let open = match folded {
            ConstValue::Unknown(reason) => Some(reason.clone()),
            ConstValue::Fallback(fallback) => Some(fallback.reason()),
            _ => None,
        };
        if let Some(reason) = open {
            return plain(FactValue::set_unknown(
                Cause::From {
                    what: "it comes from",
                    cause: Box::new(reason),
                },
                span,
            ));
        }
        let Some(datum) = datum(folded, self.option.kind) else {
            let reason = Cause::Client("its value is of a kind that is not followed");
            return plain(FactValue::set_unknown(reason, span));
        };
        if zero && is_zero(folded) {
            return self.zero(datum, span);
        }
        if self.is_ignored() {
            let because = format!("`{}` does not use it", self.client.constructor);
            return self.replace_value(&datum, span, Explicitness::Yes, because);
        }
        let effect = figure(folded).and_then(|figure| {
            let (lineage, version) = (&self.candidate.lineage, self.candidate.version);
            self.option.sentinel(lineage, version, figure)
        });
        match effect.map(|row| row.effect) {
            None => plain(FactValue::set(datum, span)),
            Some(Meaning::Replaced) => {
                let because = "the library uses its default instead of this figure";
                self.replace_value(&datum, span, Explicitness::Yes, because.to_owned())
            }
            Some(meaning) => {
                let raw = Box::new(datum);
                plain(FactValue::set(Datum::Special { raw, meaning }, span))
            }
        }
    }

    /// The zero value of a field is the same as no field: it stands for the default.
    fn zero(&self, datum: Datum, span: crate::source::Span) -> ResolvedOption {
        let default = self.default();
        let same = match &default.value.state {
            ValueState::Default(default) => *default.raw() == datum,
            ValueState::Absent => true,
            _ => false,
        };
        if !same {
            let because = "the zero value stands for the library's default".to_owned();
            return self.replace_value(&datum, span, Explicitness::No, because);
        }
        let datum = default.value.known_datum().cloned().unwrap_or(datum);
        ResolvedOption {
            value: FactValue::set(datum, span),
            per_cpu: None,
        }
    }

    /// Something is written and the default holds all the same.
    fn replace_value(
        &self,
        datum: &Datum,
        span: crate::source::Span,
        written: Explicitness,
        because: String,
    ) -> ResolvedOption {
        let mut resolved = self.default();
        let value = &mut resolved.value;
        if let ValueState::Default(default) = &value.state {
            value.state = ValueState::Default(Datum::Special {
                raw: Box::new(default.raw().clone()),
                meaning: Meaning::Replaced,
            });
        }
        value.written = written;
        value.origin = ValueOrigin::Written(span);
        value.because.push(because);
        let text = if self.option.is_secret() {
            MASK.to_owned()
        } else {
            format_datum(datum)
        };
        value.overrides.push(OverriddenPlace { span, text });
        resolved
    }

    fn is_ignored(&self) -> bool {
        self.candidate.constructor.ignores.iter().any(|ignored| {
            ignored.option == self.option.key && ignored.range().contains(self.candidate.version)
        })
    }

    /// Why something that cannot be seen may set the option.
    fn find_unseen(&self) -> Option<&Cause> {
        let mut names = self.option.names.iter();
        let part = names.find_map(|name| self.client.unseen.get(&name.ident));
        self.client.rest_unknown.as_ref().or(part)
    }

    fn not_written(&self) -> ResolvedOption {
        let carried = self.client.carried_unknown.as_ref();
        let carried = carried.filter(|_| self.is_carried());
        if let Some(reason) = carried.or(self.find_unseen()) {
            let value = FactValue::unknown(Cause::From {
                what: "the options come from",
                cause: Box::new(reason.clone()),
            });
            let mut resolved = self.default();
            resolved.value.state = value.state;
            resolved.value.written = value.written;
            resolved.value.origin = ValueOrigin::None;
            return resolved;
        }
        let parser = self
            .client
            .source
            .as_ref()
            .and_then(|s| Some((s, self.candidate.model.option_source(&s.call)?)));
        let Some((source, parser)) = parser else {
            return self.default();
        };
        match &source.url {
            ConstValue::Text(url) => self.by_url(url, source.url_span, parser),
            _ if self.url_may_set(parser) => {
                let reason = Cause::UrlMaySet(source.url_name.clone());
                let mut resolved = self.default();
                resolved.value.state = ValueState::Unknown(reason.clone());
                resolved.value.written = Explicitness::MaybeElsewhere(reason);
                resolved.value.origin = ValueOrigin::None;
                resolved
            }
            _ => self.default(),
        }
    }

    fn url_may_set(&self, parser: &OptionSourceModel) -> bool {
        let mut rows = self.option.url_params(&parser.call, self.candidate.version);
        self.option.url_part.is_some() || rows.next().is_some()
    }

    fn by_url(
        &self,
        text: &str,
        span: crate::source::Span,
        parser: &OptionSourceModel,
    ) -> ResolvedOption {
        let refuse = |why: &str| ResolvedOption {
            value: FactValue::unknown(Cause::UrlRefused {
                call: parser.call.clone(),
                why: why.to_owned(),
            }),
            per_cpu: None,
        };
        let version = self.candidate.version;
        let Some(url) = ConnectionUrl::parse(text) else {
            return refuse("it is not a URL");
        };
        if let Some(why) = url.find_refusal(parser, self.candidate.model, version) {
            return refuse(&why);
        }
        match url.parameter(self.option, parser, version) {
            Some(Ok(ConstValue::Unknown(reason))) => {
                let mut value = FactValue::set_unknown(reason, span);
                value.secret = self.option.is_secret();
                return ResolvedOption {
                    value,
                    per_cpu: None,
                };
            }
            Some(Ok(folded)) => return self.resolve_folded(&folded, span, true),
            Some(Err(why)) => return refuse(&why),
            None => {}
        }
        let part = self
            .option
            .url_part
            .and_then(|part| url.part(part, self.option.kind));
        match part {
            Some(folded) => self.resolve_folded(&folded, span, true),
            None => self.default(),
        }
    }

    fn default(&self) -> ResolvedOption {
        let lineage = &self.candidate.lineage;
        let version_of = |krate: Option<&str>| self.candidate.version_of(krate);
        let Some(row) = self.option.default_by(lineage, version_of) else {
            let zero = zero_of(self.option.kind);
            let zero = zero.filter(|_| self.client.language == SourceLanguage::Go);
            return self.of_state(zero.map_or(ValueState::Absent, ValueState::Default));
        };
        if row.open {
            let mut resolved = self.of_state(ValueState::Absent);
            let reason = Cause::Client("the default is that of the underlying library");
            resolved.value.state = ValueState::Unknown(reason);
            resolved.value.origin = ValueOrigin::Default(release(self.candidate));
            return resolved;
        }
        if let Some(expression) = &row.expr {
            let otherwise = row.otherwise.as_ref();
            return self.expression(expression, otherwise.and_then(|v| self.constant(v)));
        }
        let datum = row.value.as_ref().and_then(|value| self.constant(value));
        let datum = match (datum, row.effect) {
            (Some(raw), Some(meaning)) => Some(Datum::Special {
                raw: Box::new(raw),
                meaning,
            }),
            (datum, _) => datum,
        };
        self.of_state(datum.map_or(ValueState::Absent, ValueState::Default))
    }

    fn of_state(&self, state: ValueState) -> ResolvedOption {
        let mut value = match state {
            ValueState::Default(datum) => FactValue::default(datum, release(self.candidate)),
            _ => FactValue::absent(),
        };
        value.secret = self.option.is_secret();
        ResolvedOption {
            value,
            per_cpu: None,
        }
    }

    fn expression(
        &self,
        expression: &DefaultExpression,
        otherwise: Option<Datum>,
    ) -> ResolvedOption {
        match expression {
            DefaultExpression::PerCpu { factor, cpus } => {
                let follows = format!("{factor} x {}", cpus.as_str());
                let mut resolved = self.of_state(ValueState::Absent);
                let processors = self.machine.processors(*cpus);
                self.count(&mut resolved.value, *factor, &follows, processors);
                resolved.value.origin = ValueOrigin::Default(release(self.candidate));
                resolved.value.derived_from = Some(follows);
                resolved.per_cpu = Some(*factor);
                resolved
            }
            DefaultExpression::Option { key, plus } => match self.other(key) {
                Some(option) => self.after(option, *plus, otherwise),
                None => self.of_state(ValueState::Absent),
            },
            DefaultExpression::Times { factor, key, least } => match self.other(key) {
                Some(option) => self.times(option, *factor as f64, *least),
                None => self.of_state(ValueState::Absent),
            },
        }
    }

    /// So many for each processor, where their number is known.
    fn count(
        &self,
        value: &mut FactValue,
        factor: i64,
        follows: &str,
        processors: Option<FactValue>,
    ) {
        let follows_on = |cause: Option<Cause>| Cause::DefaultFollows {
            follows: follows.to_owned(),
            cause: cause.map(Box::new),
        };
        value.state = ValueState::Unknown(follows_on(None));
        let Some(processors) = processors else { return };
        match processors.state {
            ValueState::Set(Datum::Int(count)) => {
                value.state = ValueState::Default(Datum::Int(factor.saturating_mul(count)));
                value.strength = processors.strength;
                value.because = processors.because;
            }
            ValueState::Unknown(why) => {
                value.state = ValueState::Unknown(follows_on(Some(why)));
            }
            _ => {}
        }
    }

    /// Another option, unless the way there is too long.
    fn other(&self, key: &str) -> Option<&OptionModel> {
        let option = self.candidate.model.option(key);
        option.filter(|_| self.steps < MAX_STEPS)
    }

    /// A default that is a multiple of another option's value.
    fn times(&self, option: &OptionModel, factor: f64, least: f64) -> ResolvedOption {
        let other = step(
            self.candidate,
            self.client,
            self.machine,
            option,
            self.steps + 1,
        );
        let known = other.value.number().filter(|n| n.is_finite());
        let mut resolved = self.of_state(match known {
            Some(seconds) => ValueState::Default(Datum::Duration(factor * seconds.max(least))),
            None => ValueState::Absent,
        });
        if let (None, ValueState::Unknown(reason)) = (known, other.value.state) {
            resolved.value.state = ValueState::Unknown(reason);
        }
        resolved
    }

    /// A default that is another option's value, or so much more.
    fn after(
        &self,
        option: &OptionModel,
        plus: Option<f64>,
        otherwise: Option<Datum>,
    ) -> ResolvedOption {
        let other = step(
            self.candidate,
            self.client,
            self.machine,
            option,
            self.steps + 1,
        );
        let mut resolved = self.of_state(ValueState::Absent);
        resolved.value.derived_from = other.value.derived_from.clone();
        let Some(datum) = other.value.known_datum() else {
            if let ValueState::Unknown(reason) = other.value.state {
                resolved.value.state = ValueState::Unknown(reason);
                resolved.value.origin = ValueOrigin::Default(release(self.candidate));
            }
            return resolved;
        };
        let off = matches!(
            datum,
            Datum::Special {
                meaning: Meaning::Off,
                ..
            }
        );
        let sum = match (plus, otherwise) {
            (None, _) => Some(datum.clone()),
            (Some(_), Some(otherwise)) if off => Some(otherwise),
            (Some(plus), _) if off => Some(Datum::Duration(plus)),
            (Some(plus), _) => datum.as_number().map(|n| Datum::Duration(n + plus)),
        };
        if let Some(sum) = sum {
            resolved = self.of_state(ValueState::Default(sum));
        }
        resolved
    }

    /// A default of the model as a datum of the option's kind.
    fn constant(&self, value: &toml::Value) -> Option<Datum> {
        Some(match (self.option.kind, value) {
            (ValueKind::Int, toml::Value::Integer(n)) => Datum::Int(*n),
            (ValueKind::Bytes, toml::Value::Integer(n)) => Datum::Size(u64::try_from(*n).ok()?),
            (ValueKind::Float, toml::Value::Float(n)) => Datum::Float(*n),
            (ValueKind::Duration, toml::Value::Integer(n)) => Datum::Duration(*n as f64),
            (ValueKind::Duration, toml::Value::String(text)) if text != NOTHING => {
                Datum::Duration(quantity::duration(text)?)
            }
            (ValueKind::Float, toml::Value::Integer(n)) => Datum::Float(*n as f64),
            (_, toml::Value::Boolean(b)) => Datum::Bool(*b),
            (_, toml::Value::String(text)) => Datum::Text(text.clone()),
            _ => return None,
        })
    }
}

/// The release as people write it: `go-redis v9.7.0`.
pub(super) fn release(candidate: &ModelCandidate<'_>) -> String {
    let (name, version) = (candidate.library.name(), candidate.version.to_string());
    let major = version.split('.').next().unwrap_or_default();
    match name.strip_suffix(&format!(" v{major}")) {
        Some(stem) => format!("{stem} v{version}"),
        None => format!("{name} {version}"),
    }
}
