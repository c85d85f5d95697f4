//! How long the stages of a command took, and how much memory it needed at most, for `--statistics`.

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The stages that are over, each with the time since the one before.
#[derive(Clone)]
pub(super) struct StageTimes(Arc<Mutex<StageLog>>);

struct StageLog {
    last: Instant,
    stages: Vec<(&'static str, Duration)>,
}

/// Where Linux says what a process needed (proc_pid_status(5): `VmHWM`, in kB).
const PROCESS_STATUS: &str = "/proc/self/status";
const PEAK_MEMORY: &str = "VmHWM:";

impl StageTimes {
    pub(super) fn start() -> Self {
        Self(Arc::new(Mutex::new(StageLog {
            last: Instant::now(),
            stages: Vec::new(),
        })))
    }

    /// Notes that a stage is over.
    pub(super) fn end(&self, stage: &'static str) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let took = now.duration_since(log.last);
        log.stages.push((stage, took));
        log.last = now;
    }

    /// One line: `time: 41 ms (reading files 3, analysis 30, rules 8), memory: at most 31 MiB`.
    pub(super) fn describe(&self) -> String {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let total: Duration = log.stages.iter().map(|(_, took)| *took).sum();
        let stages = log.stages.iter();
        let stages: Vec<String> = stages
            .map(|(stage, took)| format!("{stage} {}", took.as_millis()))
            .collect();
        let mut line = format!("time: {} ms ({})", total.as_millis(), stages.join(", "));
        let status = fs::read_to_string(PROCESS_STATUS).unwrap_or_default();
        if let Some(peak) = peak_memory(&status) {
            line.push_str(&format!(", memory: at most {peak} MiB"));
        }
        line.push('\n');
        line
    }
}

/// In MiB, where the system says it.
fn peak_memory(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(PEAK_MEMORY))?;
    let kib: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kib.div_ceil(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_the_stages_in_order() {
        let times = StageTimes::start();
        times.end("reading files");
        times.end("analysis");
        let line = times.describe();
        assert!(line.starts_with("time: "), "{line}");
        let (first, second) = (line.find("(reading files "), line.find(", analysis "));
        assert!(first.is_some() && first < second, "{line}");
    }

    #[test]
    fn the_peak_is_read_where_the_system_tells_it() {
        assert_eq!(peak_memory("Name:\tx\nVmHWM:\t    2049 kB\n"), Some(3));
        assert_eq!(peak_memory("Name:\tx\n"), None);
    }
}
