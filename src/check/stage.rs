//! The stages of a check, and who is told when one is over: the clock is the caller's.

use std::fmt;
use std::sync::Arc;

/// A part of a check, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckStage {
    /// Files are parsed, linked and resolved to an estate.
    Analysis,
    /// Rules look at the estate.
    Judging,
    /// Findings are suppressed, sorted and joined.
    Joining,
}

impl CheckStage {
    pub fn name(self) -> &'static str {
        match self {
            Self::Analysis => "analysis",
            Self::Judging => "rules",
            Self::Joining => "joining findings",
        }
    }
}

/// Is called at the end of each stage.
#[derive(Clone, Default)]
pub struct StageListener(Option<Arc<dyn Fn(CheckStage) + Send + Sync>>);

impl StageListener {
    pub fn new(listen: impl Fn(CheckStage) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listen)))
    }

    pub(super) fn tell(&self, stage: CheckStage) {
        if let Some(listen) = &self.0 {
            listen(stage);
        }
    }
}

impl fmt::Debug for StageListener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StageListener")
    }
}
