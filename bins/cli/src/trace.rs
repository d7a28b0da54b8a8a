//! `-v`: what happens on the way to a verdict.

use doorward_registry::{Exchange, ExchangeOutcome, Observer};

use crate::render::words::bytes;
use crate::streams;
use crate::style::{Style, printable};
use crate::terminal::Terminal;

/// Prints every HTTP exchange, when it ends, to standard error.
#[derive(Debug)]
pub(crate) struct Trace(Style);

impl Trace {
    /// A trace in this style.
    pub(crate) const fn new(style: Style) -> Self {
        Self(style)
    }
}

impl Observer for Trace {
    fn exchange(&self, exchange: &Exchange) {
        streams::remark(&format!("{}\n", line(self.0, exchange)));
    }
}

fn line(style: Style, exchange: &Exchange) -> String {
    let outcome = match exchange.outcome {
        ExchangeOutcome::Answered(status) => status.to_string(),
        ExchangeOutcome::Broken => "broken off".to_owned(),
        ExchangeOutcome::Cancelled => "cancelled".to_owned(),
        ExchangeOutcome::TimedOut => "timed out".to_owned(),
        ExchangeOutcome::TooLarge => "too large".to_owned(),
        other => format!("{other:?}"),
    };
    let text = format!(
        "http: {:<19} {}  {outcome}  {}  {} ms",
        exchange.kind.as_str(),
        printable(&exchange.host),
        bytes(exchange.bytes),
        exchange.duration.as_millis(),
    );
    style.faint(&text)
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
        .with_writer(std::io::stderr)
        .with_ansi(terminal.err != Style::plain());
    // An error only says that a subscriber is set already, which one process of ours never does.
    let _ = tracing_subscriber::registry()
        .with(layer)
        .with(ours)
        .try_init();
}
