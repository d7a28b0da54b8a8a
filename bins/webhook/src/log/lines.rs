//! One event, one line, within bounds.
//!
//! This is where all lines pass, those of libraries included. So the bound on a field, the bound on a line, and the
//! escapes are here, and no caller can forget them.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::text::{self, Cut};
use crate::args::LogFormat;

/// The most bytes of one value: a reference, two digests and a sentence fit.
const MAX_FIELD: usize = 2 << 10;
/// The most bytes of a line. What collects the output of containers splits longer ones.
const MAX_LINE: usize = 16 << 10;
/// What is left of a line for its frame, and for the counts of what was left out.
const MARGIN: usize = 512;

/// Writes events as lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    format: LogFormat,
}

impl Lines {
    pub(super) const fn new(format: LogFormat) -> Self {
        Self { format }
    }
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = match self.format {
            LogFormat::Json => fields.json(&timestamp, event.metadata()),
            LogFormat::Text => fields.text(&timestamp, event.metadata()),
        };
        writeln!(writer, "{line}")
    }
}

/// The fields of an event.
#[derive(Default)]
struct Fields(Vec<(&'static str, Value)>);

enum Value {
    /// A number or a truth value.
    Bare(String),
    Text(Cut),
}

impl Fields {
    fn text(self, timestamp: &str, metadata: &Metadata<'_>) -> String {
        let mut line = Line::begun(format!(
            "{timestamp} {:>5} {}:",
            metadata.level(),
            metadata.target()
        ));
        for (name, value) in self.ordered() {
            match value {
                Value::Bare(value) => line.add(&format!(" {name}={value}"), 0),
                Value::Text(value) if name == MESSAGE => {
                    let (said, shown) = text::message(&value, MAX_FIELD);
                    line.add(&format!(" {said}"), value.bytes() - shown);
                }
                Value::Text(value) => {
                    let (word, shown) = text::word(&value, MAX_FIELD);
                    line.add(&format!(" {name}={word}"), value.bytes() - shown);
                }
            }
        }
        line.ended(|name, count| format!(" {name}={count}"))
    }

    fn json(self, timestamp: &str, metadata: &Metadata<'_>) -> String {
        let mut line = Line::begun(format!(
            "{{\"timestamp\":\"{timestamp}\",\"level\":\"{}\"",
            metadata.level()
        ));
        for (name, value) in self.ordered() {
            match value {
                Value::Bare(value) => line.add(&format!(",\"{name}\":{value}"), 0),
                Value::Text(value) => {
                    let (word, shown) = text::json(&value, MAX_FIELD);
                    line.add(&format!(",\"{name}\":{word}"), value.bytes() - shown);
                }
            }
        }
        let mut text = line.ended(|name, count| format!(",\"{name}\":{count}"));
        text.push('}');
        text
    }

    /// The message first.
    fn ordered(mut self) -> Vec<(&'static str, Value)> {
        self.0.sort_by_key(|(name, _)| *name != MESSAGE);
        self.0
    }

    fn push(&mut self, field: &Field, value: Value) {
        self.0.push((field.name(), value));
    }

    fn formatted(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let mut text = Cut::new(MAX_FIELD);
        // What cannot be formatted is logged as far as it could be.
        let _ = text.write_fmt(value);
        self.push(field, Value::Text(text));
    }
}

/// The name under which a message is recorded.
const MESSAGE: &str = "message";

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        let value = if value.is_finite() {
            Value::Bare(value.to_string())
        } else {
            Value::Bare("null".to_owned())
        };
        self.push(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, Value::Bare(value.to_string()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, Value::Bare(value.to_string()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, Value::Bare(value.to_string()));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.formatted(field, format_args!("{value}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.formatted(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.formatted(field, format_args!("{value:?}"));
    }
}

/// A line as far as it goes.
struct Line {
    text: String,
    cut: usize,
    omitted: usize,
}

impl Line {
    const fn begun(text: String) -> Self {
        Self {
            text,
            cut: 0,
            omitted: 0,
        }
    }

    /// Adds a field of whose value `cut` bytes are not shown, or counts it where it no longer fits.
    fn add(&mut self, field: &str, cut: usize) {
        if self.text.len() + field.len() > MAX_LINE - MARGIN {
            self.omitted += 1;
            return;
        }
        self.text.push_str(field);
        self.cut = self.cut.saturating_add(cut);
    }

    fn ended(mut self, count: impl Fn(&str, usize) -> String) -> String {
        for (name, number) in [("cut_bytes", self.cut), ("omitted_fields", self.omitted)] {
            if number > 0 {
                self.text.push_str(&count(name, number));
            }
        }
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::logged;

    const HOSTILE: &str = "r.example/a:1 verdict=allow\n2026-01-01T00:00:00Z  INFO x: review verdict=\"allow\" \u{1b}[2J\u{202e}";

    #[test]
    fn an_image_name_cannot_forge_a_field_or_a_line_of_a_text_log() {
        let text = logged(LogFormat::Text, || {
            tracing::info!(image = HOSTILE, name = %HOSTILE, debug = ?HOSTILE, verdict = "deny", "review");
        });
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.trim_end().ends_with("verdict=deny"), "{text}");
        // Outside quotes there is one verdict.
        let mut outside = String::new();
        let (mut quoted, mut escaped) = (false, false);
        for c in text.chars() {
            match c {
                '"' if !escaped => quoted = !quoted,
                c if !quoted => outside.push(c),
                _ => {}
            }
            escaped = c == '\\' && !escaped;
        }
        assert_eq!(outside.matches("verdict=").count(), 1, "{outside}");
        assert!(
            !text
                .trim_end()
                .chars()
                .any(|c| c.is_control() || c == '\u{202e}'),
            "{text:?}"
        );
    }

    #[test]
    fn an_image_name_cannot_forge_a_field_or_a_line_of_a_json_log() {
        let text = logged(LogFormat::Json, || {
            tracing::info!(image = HOSTILE, "{HOSTILE}");
        });
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["image"], HOSTILE);
        assert_eq!(line["message"], HOSTILE);
        assert_eq!(line["level"], "INFO");
        assert!(line["timestamp"].is_string());
    }

    #[test]
    fn a_value_of_many_megabytes_is_cut_and_what_was_cut_is_counted() {
        let huge = "\u{1}x".repeat(8 << 20);
        for format in [LogFormat::Json, LogFormat::Text] {
            let text = logged(format, || {
                tracing::info!(image = huge, reason = %huge, again = ?huge, "{huge}");
            });
            assert!(text.len() <= MAX_LINE, "{}", text.len());
            assert_eq!(text.lines().count(), 1);
            assert!(text.contains("cut_bytes"), "{text}");
        }
    }

    #[test]
    fn a_line_of_many_long_fields_says_how_many_it_leaves_out() {
        let long = "\n".repeat(4 << 10);
        let text = logged(LogFormat::Json, || {
            tracing::info!(
                a = long,
                b = long,
                c = long,
                d = long,
                e = long,
                f = long,
                g = long,
                h = long,
                i = long,
                j = long,
                last = 1,
                "m"
            );
        });
        assert!(text.len() <= MAX_LINE, "{}", text.len());
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(line["omitted_fields"].as_u64().unwrap() >= 1, "{text}");
        assert_eq!(line["last"], 1, "what fits is there");
    }

    #[test]
    fn numbers_and_absent_values_keep_their_types() {
        let none: Option<&str> = None;
        let text = logged(LogFormat::Json, || {
            tracing::warn!(
                count = 3_usize,
                took = 0.5,
                odd = f64::NAN,
                yes = true,
                none,
                "m"
            );
        });
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["count"], 3);
        assert_eq!(line["took"], 0.5);
        assert_eq!(line["odd"], serde_json::Value::Null);
        assert_eq!(line["yes"], true);
        assert!(line.get("none").is_none());
    }
}
