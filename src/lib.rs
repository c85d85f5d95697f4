//! redvet works out what each Redis or Valkey server in a repository will really run with and how
//! each client will really connect, and checks the result against rule files.
//!
//! A [`Checker`] does for a program what `redvet check` does at a terminal:
//!
//! ```
//! # fn main() -> Result<(), redvet::CheckError> {
//! let root = redvet::Root::discover("fixtures/estates/relay-miner")?;
//! let report = redvet::Checker::new(root).check()?;
//! for finding in report.shown_findings() {
//!     let at = report.sources.start(finding.primary);
//!     let path = report.sources.path(finding.primary);
//!     println!("{path}:{}: {}: {}", at.line, finding.rule, finding.message);
//! }
//! assert_eq!(report.worst(), Some(redvet::Severity::Error));
//! # Ok(())
//! # }
//! ```
//!
//! Facts that no file tells and rules of one's own are given to it, and [`Checker::effective`] shows
//! what it works on:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let view = redvet::Checker::new(redvet::Root::at_path("fixtures/estates/relay-miner")?)
//!     .rules(redvet::Rules::built_in().extend("examples/acme-policies/rules")?)
//!     .server("redis:7.2".parse()?)
//!     .memory(32 << 30)
//!     .effective()?;
//! let server = &view.servers[0];
//! println!("{}: maxmemory {}", server.name, server.conf["maxmemory"].shown);
//! # Ok(())
//! # }
//! ```
//!
//! The items on this page are the library. Its modules are open to the tests and benchmarks of the
//! project alone, hidden here, and may change in any release.
//!
//! The stages are modules, one way through: `discover`, `syntax`, `extract`, `link`, `resolve`,
//! `policy`, `suppress`, `report`. `check` runs them all and is the place to start reading;
//! `docs/architecture.md` says what each may know.

#[doc(hidden)]
pub mod analysis;
#[doc(hidden)]
pub mod check;
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod config;
#[doc(hidden)]
pub mod discover;
#[doc(hidden)]
pub mod edit;
#[doc(hidden)]
pub mod extract;
#[doc(hidden)]
pub mod facts;
#[doc(hidden)]
pub mod finding;
#[doc(hidden)]
pub mod fix;
#[doc(hidden)]
pub mod inputs;
#[doc(hidden)]
pub mod knowledge;
#[doc(hidden)]
pub mod link;
#[doc(hidden)]
pub mod load;
#[doc(hidden)]
pub mod nearest;
#[doc(hidden)]
pub mod policy;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod resolve;
#[doc(hidden)]
pub mod server_simulation;
#[doc(hidden)]
pub mod source;
#[doc(hidden)]
pub mod suppress;
#[doc(hidden)]
pub mod syntax;
#[doc(hidden)]
pub mod tester;
#[doc(hidden)]
pub mod view;

pub use cli::library::{CheckError, Checker, InputMistake, Root, Rules};
pub use config::{ServerVersion, ServerVersionError};
pub use finding::{
    ClientView, ConditionTally, EstateView, Finding, FindingLabel, Fix, FormerFingerprint,
    GaugePart, GaugeView, LimitsView, LinkView, OverrideView, Report, ReportNote, ReportSummary,
    RuleRun, ServerView, ServiceView, Severity, SubjectRef, Suppressed, TextEdit, Undetermined,
    ValueView,
};
pub use source::{FileId, SourceFile, Sources, Span, TextPosition};
