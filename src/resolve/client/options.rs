//! One option of one candidate: what is written, what the URL says, what the library makes of it,
//! and its default.

use crate::facts::cause::Cause;
use crate::facts::quantity;
use crate::facts::raw::{Folded, Language, OptionWrite, RawClient};
use crate::facts::value::{Datum, Meaning, Origin, Overridden, State, Value, Written};
use crate::knowledge::clients::expression::{Expression, Figures};
use crate::knowledge::clients::model::{Form, OptionModel, OptionSource, Ranged, ValueKind};
use crate::knowledge::clients::rust::RustValue;
use crate::resolve::client::candidate::Candidate;
use crate::resolve::client::datum::{datum, figure, is_zero, shown, zero_of};
use crate::resolve::client::url::Url;
use crate::resolve::process::Machine;
use crate::source::MASK;

/// How far a default may lead from option to option.
const MAX_STEPS: usize = 4;
/// How the language's null is shown, and how a model writes it.
const NOTHING: &str = "none";

/// The value of an option, and how many times the number of CPUs its default is.
pub(super) struct Resolved {
    pub(super) value: Value,
    pub(super) per_cpu: Option<i64>,
}

/// Resolves an option that the candidate's option type has.
pub(super) fn resolve(
    candidate: &Candidate<'_>,
    (client, machine): (&RawClient, &Machine<'_>),
    option: &OptionModel,
) -> Resolved {
    step(candidate, (client, machine), option, 0)
}

fn step(
    candidate: &Candidate<'_>,
    (client, machine): (&RawClient, &Machine<'_>),
    option: &OptionModel,
    steps: usize,
) -> Resolved {
    let one = One {
        candidate,
        client,
        machine,
        option,
        steps,
    };
    match one.write() {
        Some(write) => one.written(write),
        None => one.not_written(),
    }
}

struct One<'a> {
    candidate: &'a Candidate<'a>,
    client: &'a RawClient,
    machine: &'a Machine<'a>,
    option: &'a OptionModel,
    steps: usize,
}

impl One<'_> {
    /// The last place in code that writes the option.
    fn write(&self) -> Option<&OptionWrite> {
        let types = self.types();
        let mut writes = self.client.writes.iter();
        writes.rfind(|write| self.option.has_name(&types, &write.ident))
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
        written_on.and_then(|ty| model.form(ty)) == Some(Form::Struct)
    }

    fn written(&self, write: &OptionWrite) -> Resolved {
        if write.conditional {
            let reason = Cause::Client("it is set only in some branches of the code");
            let mut value = Value::set_unknown(reason.clone(), write.span);
            value.written = Written::Unknown(reason);
            return Resolved {
                value,
                per_cpu: None,
            };
        }
        if write.value == Folded::Nil
            && let Some(meaning) = self.effect_of_nothing()
        {
            let raw = Box::new(Datum::Text(NOTHING.to_owned()));
            return Resolved {
                value: Value::set(Datum::Special { raw, meaning }, write.span),
                per_cpu: None,
            };
        }
        let zero = self.zero_is_nothing(&write.ident);
        match (self.form_of(write), &write.value) {
            (Some(RustValue::Milliseconds), Folded::Int(n)) => {
                let duration = Folded::Duration(n.saturating_mul(1_000_000));
                self.folded(&duration, write.span, zero)
            }
            _ => self.folded(&write.value, write.span, zero),
        }
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
                s.range == Figures::Nothing
                    && s.on.iter().any(|on| on == ty)
                    && s.range().contains(version)
            })
        })?;
        Some(row.effect)
    }

    /// A value that stands at this place in code or in a URL; `zero`: a zero value is none.
    fn folded(&self, folded: &Folded, span: crate::source::Span, zero: bool) -> Resolved {
        let plain = |value| Resolved {
            value,
            per_cpu: None,
        };
        let open = match folded {
            Folded::Unknown(reason) => Some(reason.clone()),
            Folded::Fallback(fallback) => Some(fallback.reason()),
            _ => None,
        };
        if let Some(reason) = open {
            return plain(Value::set_unknown(
                Cause::From {
                    what: "it comes from",
                    cause: Box::new(reason),
                },
                span,
            ));
        }
        let Some(datum) = datum(folded, self.option.kind) else {
            let reason = Cause::Client("its value is of a kind that is not followed");
            return plain(Value::set_unknown(reason, span));
        };
        if zero && is_zero(folded) {
            return self.zero(datum, span);
        }
        if self.is_ignored() {
            let because = format!("`{}` does not use it", self.client.constructor);
            return self.replaced(&datum, span, Written::Yes, because);
        }
        let effect = figure(folded).and_then(|figure| {
            let (lineage, version) = (&self.candidate.lineage, self.candidate.version);
            self.option.sentinel(lineage, version, figure)
        });
        match effect.map(|row| row.effect) {
            None => plain(Value::set(datum, span)),
            Some(Meaning::Replaced) => {
                let because = "the library uses its default instead of this figure";
                self.replaced(&datum, span, Written::Yes, because.to_owned())
            }
            Some(meaning) => {
                let raw = Box::new(datum);
                plain(Value::set(Datum::Special { raw, meaning }, span))
            }
        }
    }

    /// The zero value of a field is the same as no field: it stands for the default.
    fn zero(&self, datum: Datum, span: crate::source::Span) -> Resolved {
        let default = self.default();
        let same = match &default.value.state {
            State::Default(default) => *default.raw() == datum,
            State::Absent => true,
            _ => false,
        };
        if !same {
            let because = "the zero value stands for the library's default".to_owned();
            return self.replaced(&datum, span, Written::No, because);
        }
        let datum = default.value.known().cloned().unwrap_or(datum);
        Resolved {
            value: Value::set(datum, span),
            per_cpu: None,
        }
    }

    /// Something is written and the default holds all the same.
    fn replaced(
        &self,
        datum: &Datum,
        span: crate::source::Span,
        written: Written,
        because: String,
    ) -> Resolved {
        let mut resolved = self.default();
        let value = &mut resolved.value;
        if let State::Default(default) = &value.state {
            value.state = State::Default(Datum::Special {
                raw: Box::new(default.raw().clone()),
                meaning: Meaning::Replaced,
            });
        }
        value.written = written;
        value.origin = Origin::Written(span);
        value.because.push(because);
        let text = if self.option.is_secret() {
            MASK.to_owned()
        } else {
            shown(datum)
        };
        value.overrides.push(Overridden { span, text });
        resolved
    }

    fn is_ignored(&self) -> bool {
        self.candidate.constructor.ignores.iter().any(|ignored| {
            ignored.option == self.option.key && ignored.range().contains(self.candidate.version)
        })
    }

    /// Why something that cannot be seen may set the option.
    fn unseen(&self) -> Option<&Cause> {
        let mut names = self.option.names.iter();
        let part = names.find_map(|name| self.client.unseen.get(&name.ident));
        self.client.rest_unknown.as_ref().or(part)
    }

    fn not_written(&self) -> Resolved {
        let carried = self.client.carried_unknown.as_ref();
        let carried = carried.filter(|_| self.is_carried());
        if let Some(reason) = carried.or(self.unseen()) {
            let value = Value::unknown(Cause::From {
                what: "the options come from",
                cause: Box::new(reason.clone()),
            });
            let mut resolved = self.default();
            resolved.value.state = value.state;
            resolved.value.written = value.written;
            resolved.value.origin = Origin::None;
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
            Folded::Text(url) => self.by_url(url, source.url_span, parser),
            _ if self.url_may_set(parser) => {
                let reason = Cause::UrlMaySet(source.url_name.clone());
                let mut resolved = self.default();
                resolved.value.state = State::Unknown(reason.clone());
                resolved.value.written = Written::NotSeen(reason);
                resolved.value.origin = Origin::None;
                resolved
            }
            _ => self.default(),
        }
    }

    fn url_may_set(&self, parser: &OptionSource) -> bool {
        let mut rows = self.option.url_params(&parser.call, self.candidate.version);
        self.option.url_part.is_some() || rows.next().is_some()
    }

    fn by_url(&self, text: &str, span: crate::source::Span, parser: &OptionSource) -> Resolved {
        let refuse = |why: &str| Resolved {
            value: Value::unknown(Cause::UrlRefused {
                call: parser.call.clone(),
                why: why.to_owned(),
            }),
            per_cpu: None,
        };
        let version = self.candidate.version;
        let Some(url) = Url::parse(text) else {
            return refuse("it is not a URL");
        };
        if let Some(why) = url.refused(parser, self.candidate.model, version) {
            return refuse(&why);
        }
        match url.parameter(self.option, parser, version) {
            Some(Ok(Folded::Unknown(reason))) => {
                let mut value = Value::set_unknown(reason, span);
                value.secret = self.option.is_secret();
                return Resolved {
                    value,
                    per_cpu: None,
                };
            }
            Some(Ok(folded)) => return self.folded(&folded, span, true),
            Some(Err(why)) => return refuse(&why),
            None => {}
        }
        let part = self
            .option
            .url_part
            .and_then(|part| url.part(part, self.option.kind));
        match part {
            Some(folded) => self.folded(&folded, span, true),
            None => self.default(),
        }
    }

    fn default(&self) -> Resolved {
        let lineage = &self.candidate.lineage;
        let version_of = |krate: Option<&str>| self.candidate.version_of(krate);
        let Some(row) = self.option.default_by(lineage, version_of) else {
            let zero = zero_of(self.option.kind);
            let zero = zero.filter(|_| self.client.language == Language::Go);
            return self.of_state(zero.map_or(State::Absent, State::Default));
        };
        if row.open {
            let mut resolved = self.of_state(State::Absent);
            let reason = Cause::Client("the default is that of the underlying library");
            resolved.value.state = State::Unknown(reason);
            resolved.value.origin = Origin::Default(release(self.candidate));
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
        self.of_state(datum.map_or(State::Absent, State::Default))
    }

    fn of_state(&self, state: State) -> Resolved {
        let mut value = match state {
            State::Default(datum) => Value::default(datum, release(self.candidate)),
            _ => Value::absent(),
        };
        value.secret = self.option.is_secret();
        Resolved {
            value,
            per_cpu: None,
        }
    }

    fn expression(&self, expression: &Expression, otherwise: Option<Datum>) -> Resolved {
        match expression {
            Expression::PerCpu { factor, cpus } => {
                let follows = format!("{factor} x {}", cpus.as_str());
                let mut resolved = self.of_state(State::Absent);
                let processors = self.machine.processors(*cpus);
                self.count(&mut resolved.value, (*factor, &follows), processors);
                resolved.value.origin = Origin::Default(release(self.candidate));
                resolved.value.follows = Some(follows);
                resolved.per_cpu = Some(*factor);
                resolved
            }
            Expression::Option { key, plus } => match self.other(key) {
                Some(option) => self.after(option, *plus, otherwise),
                None => self.of_state(State::Absent),
            },
            Expression::Times { factor, key, least } => match self.other(key) {
                Some(option) => self.times(option, *factor as f64, *least),
                None => self.of_state(State::Absent),
            },
        }
    }

    /// So many for each processor, where their number is known.
    fn count(&self, value: &mut Value, (factor, follows): (i64, &str), processors: Option<Value>) {
        let follows_on = |cause: Option<Cause>| Cause::DefaultFollows {
            follows: follows.to_owned(),
            cause: cause.map(Box::new),
        };
        value.state = State::Unknown(follows_on(None));
        let Some(processors) = processors else { return };
        match processors.state {
            State::Set(Datum::Int(count)) => {
                value.state = State::Default(Datum::Int(factor.saturating_mul(count)));
                value.strength = processors.strength;
                value.because = processors.because;
            }
            State::Unknown(why) => {
                value.state = State::Unknown(follows_on(Some(why)));
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
    fn times(&self, option: &OptionModel, factor: f64, least: f64) -> Resolved {
        let other = step(
            self.candidate,
            (self.client, self.machine),
            option,
            self.steps + 1,
        );
        let known = other.value.number().filter(|n| n.is_finite());
        let mut resolved = self.of_state(match known {
            Some(seconds) => State::Default(Datum::Duration(factor * seconds.max(least))),
            None => State::Absent,
        });
        if let (None, State::Unknown(reason)) = (known, other.value.state) {
            resolved.value.state = State::Unknown(reason);
        }
        resolved
    }

    /// A default that is another option's value, or so much more.
    fn after(&self, option: &OptionModel, plus: Option<f64>, otherwise: Option<Datum>) -> Resolved {
        let other = step(
            self.candidate,
            (self.client, self.machine),
            option,
            self.steps + 1,
        );
        let mut resolved = self.of_state(State::Absent);
        resolved.value.follows = other.value.follows.clone();
        let Some(datum) = other.value.known() else {
            if let State::Unknown(reason) = other.value.state {
                resolved.value.state = State::Unknown(reason);
                resolved.value.origin = Origin::Default(release(self.candidate));
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
            resolved = self.of_state(State::Default(sum));
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
pub(super) fn release(candidate: &Candidate<'_>) -> String {
    let (name, version) = (candidate.library.name(), candidate.version.to_string());
    let major = version.split('.').next().unwrap_or_default();
    match name.strip_suffix(&format!(" v{major}")) {
        Some(stem) => format!("{stem} v{version}"),
        None => format!("{name} {version}"),
    }
}
