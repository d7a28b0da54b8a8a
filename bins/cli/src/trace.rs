//! `-v`: what happens on the way to a verdict.

use std::io;

use doorward_registry::{Exchange, ExchangeOutcome, Observer};

use crate::streams;
use crate::style::Style;
use crate::terminal::Terminal;
use crate::text::Text;
use crate::tone::Tone;
use doorward_core::text::size;

/// Prints what registries want people to know, and with `-v` every HTTP exchange when it ends, to standard error.
#[derive(Debug)]
pub(crate) struct Trace(Terminal);

impl Trace {
    /// A trace for this terminal.
    pub(crate) const fn new(terminal: Terminal) -> Self {
        Self(terminal)
    }
}

impl Observer for Trace {
    fn exchange(&self, exchange: &Exchange) {
        if self.0.verbose > 0 {
            let text = [Tone::Faint.of(line(exchange))];
            streams::remark(Text::new().line(text), self.0.err);
        }
    }

    fn warning(&self, host: &str, text: &str) {
        self.0.note(&format!("{host} says: {text}"));
    }
}

fn line(exchange: &Exchange) -> String {
    let outcome = match exchange.outcome {
        ExchangeOutcome::Answered(status) => status.to_string(),
        ExchangeOutcome::Broken => "broken off".to_owned(),
        ExchangeOutcome::Cancelled => "cancelled".to_owned(),
        ExchangeOutcome::TimedOut => "timed out".to_owned(),
        ExchangeOutcome::TooLarge => "too large".to_owned(),
        other => format!("{other:?}"),
    };
    format!(
        "http: {:<19} {}  {outcome}  {}  {} ms",
        exchange.kind.as_str(),
        exchange.host,
        size(exchange.bytes),
        exchange.duration.as_millis(),
    )
}

/// Lets the libraries' own log through to standard error, from the second `-v` on.
pub(crate) fn log(terminal: Terminal) {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;

    if terminal.verbose < 2 {
        return;
    }
    let ours = Targets::new().with_targets(
        [
            "doorward",
            "doorward_core",
            "doorward_policy",
            "doorward_registry",
            "doorward_simple_signing",
        ]
        .map(|target| (target, LevelFilter::DEBUG)),
    );
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(|| Event(Vec::new()))
        // What the libraries log came from outside, so nothing in it is taken for colour.
        .with_ansi(false);
    // An error only says that a subscriber is set already, which one process of ours never does.
    let _ = tracing_subscriber::registry()
        .with(layer)
        .with(ours)
        .try_init();
}

/// One event of the log, written when it is whole.
struct Event(Vec<u8>);

impl io::Write for Event {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        let event = String::from_utf8_lossy(&self.0);
        let event = event.strip_suffix('\n').unwrap_or(&event);
        if !event.is_empty() {
            streams::remark(Text::new().line([event.into()]), Style::plain());
        }
    }
}
