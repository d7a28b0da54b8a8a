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

use super::text::{self, Cut, Value};
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
        let mut line = Line::begun(self.format, event.metadata())?;
        event.record(&mut line);
        writeln!(writer, "{}", line.ended()?)
    }
}

/// The name under which a message is recorded.
const MESSAGE: &str = "message";

/// A line as far as it goes. The fields stand in the order in which they are recorded: the message comes first.
///
/// A line is written for every review, so a field is formatted into the line itself.
struct Line {
    format: LogFormat,
    text: String,
    /// Where a value is formatted that is not a string yet.
    value: Cut,
    /// How many bytes of values are not shown.
    cut: usize,
    /// How many fields are not shown.
    omitted: usize,
}

impl Line {
    fn begun(format: LogFormat, metadata: &Metadata<'_>) -> Result<Self, fmt::Error> {
        let mut text = String::with_capacity(MARGIN);
        if matches!(format, LogFormat::Json) {
            text.push_str("{\"timestamp\":\"");
        }
        SystemTime.format_time(&mut Writer::new(&mut text))?;
        match format {
            LogFormat::Json => write!(text, "\",\"level\":\"{}\"", metadata.level())?,
            LogFormat::Text => write!(text, " {:>5} {}:", metadata.level(), metadata.target())?,
        }
        Ok(Self {
            format,
            text,
            value: Cut::new(MAX_FIELD),
            cut: 0,
            omitted: 0,
        })
    }

    /// Adds a field that `write` writes, or counts it where it no longer fits. What `write` returns is how many bytes
    /// of the value are not shown.
    fn add(&mut self, name: &str, write: impl FnOnce(&mut String) -> usize) {
        let before = self.text.len();
        let is_message = name == MESSAGE && matches!(self.format, LogFormat::Text);
        for part in match self.format {
            LogFormat::Json => [",\"", name, "\":"],
            LogFormat::Text if is_message => [" ", "", ""],
            LogFormat::Text => [" ", name, "="],
        } {
            self.text.push_str(part);
        }
        let cut = write(&mut self.text);
        if self.text.len() > MAX_LINE - MARGIN {
            self.text.truncate(before);
            self.omitted += 1;
        } else {
            self.cut = self.cut.saturating_add(cut);
        }
    }

    /// Adds a number or a truth value.
    fn bare(&mut self, field: &Field, value: impl fmt::Display) {
        self.add(field.name(), |to| {
            // Writing to a string cannot fail.
            let _ = write!(to, "{value}");
            0
        });
    }

    fn words(&mut self, field: &Field, value: Value<'_>) {
        let write = match self.format {
            LogFormat::Json => text::json,
            LogFormat::Text if field.name() == MESSAGE => text::message,
            LogFormat::Text => text::word,
        };
        self.add(field.name(), |to| {
            value.bytes() - write(value, MAX_FIELD, to)
        });
    }

    fn formatted(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let mut text = std::mem::replace(&mut self.value, Cut::new(MAX_FIELD));
        // What cannot be formatted is logged as far as it could be.
        let _ = text.write_fmt(value);
        self.words(field, text.value());
        text.clear();
        self.value = text;
    }

    fn ended(mut self) -> Result<String, fmt::Error> {
        for (name, number) in [("cut_bytes", self.cut), ("omitted_fields", self.omitted)] {
            if number > 0 {
                match self.format {
                    LogFormat::Json => write!(self.text, ",\"{name}\":{number}")?,
                    LogFormat::Text => write!(self.text, " {name}={number}")?,
                }
            }
        }
        if matches!(self.format, LogFormat::Json) {
            self.text.push('}');
        }
        Ok(self.text)
    }
}

impl Visit for Line {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.bare(field, value);
        } else {
            self.bare(field, "null");
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.bare(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.bare(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.bare(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.words(field, Value::of(value, MAX_FIELD));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.formatted(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.formatted(field, format_args!("{value:?}"));
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
