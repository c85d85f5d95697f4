//! A defect of redvet costs the piece of work in which it shows, never the whole report: work that may
//! panic is attempted, and its caller reports what is missing.
//!
//! A stack that runs out ends the program all the same: depth has bounds where trees are walked.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What is done when a panic is caught. Tests let one of them fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkStage {
    /// A file is read.
    Reading,
    /// Facts of several files are put together.
    Joining,
    /// A rule looks at a subject.
    Judging,
    /// A fix is written.
    Fixing,
    /// Comments, waivers and the baseline are applied.
    Suppressing,
    /// Copies and bundles become one finding.
    Merging,
    /// A report becomes text.
    Rendering,
    /// The whole command.
    Running,
}

/// Does the work; `None` where it panics. What the work was changing by then is to be thrown away.
pub fn attempt<T>(stage: WorkStage, work: impl FnOnce() -> T) -> Option<T> {
    let work = || {
        fail_for_test(stage);
        work()
    };
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// What is said of a part that is missing.
pub fn internal_error(while_doing: &str) -> String {
    format!("internal error while {while_doing}; please report this bug")
}

#[cfg(not(test))]
fn fail_for_test(_: WorkStage) {}

#[cfg(test)]
thread_local! {
    static FAILING: std::cell::Cell<Option<WorkStage>> = const { std::cell::Cell::new(None) };
}

#[cfg(test)]
#[allow(clippy::panic, reason = "it stands for a defect")]
fn fail_for_test(stage: WorkStage) {
    assert!(FAILING.get() != Some(stage), "a defect while {stage:?}");
}

/// Runs a test's work with a defect in a stage, on this thread.
#[cfg(test)]
pub(crate) fn with_defect_in<T>(stage: WorkStage, work: impl FnOnce() -> T) -> T {
    FAILING.set(Some(stage));
    let outcome = work();
    FAILING.set(None);
    outcome
}
