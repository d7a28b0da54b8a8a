//! Standard input, standard output and standard error.
//!
//! What is written is a [`Text`] for people or an [`Output`](crate::render::program::Output) for programs, never a
//! plain string: both have made harmless what came from outside.
//!
//! Data goes to standard output, everything else to standard error. A reader that goes away is no error: what is
//! left is not written, and the command still ends with the exit of its verdict, so that `doorward verify … | head`
//! under `pipefail` never turns a denial into a success.

use std::borrow::Cow;
use std::io::{ErrorKind, Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;

use crate::failure::{Failure, Outcome};
use crate::progress::Bar;
use crate::render::Rendered;
use crate::style::Style;
use crate::text::Text;

/// The most that is read from standard input: the largest request body that an API server sends is 3 MiB.
pub(crate) const MAX_INPUT: u64 = 16 << 20;

/// Writes a result: for people in `style`, for programs as it is.
///
/// # Errors
/// When standard output cannot be written, for any other reason than that nobody reads any more.
pub(crate) fn data(result: &Rendered, style: Style) -> Outcome<()> {
    let text = match result {
        Rendered::People(text) => Cow::Owned(text.render(style)),
        Rendered::Program(output) => Cow::Borrowed(output.as_str()),
    };
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::internal(
            anyhow::Error::new(error).context("cannot write to standard output"),
        )),
        _ => Ok(()),
    }
}

/// Whether a line of progress stands on standard error.
static HAS_BAR: AtomicBool = AtomicBool::new(false);
/// Goes to the start of the line and makes it empty.
const OVER: &str = "\r\u{1b}[K";

/// Writes the line of progress over the one that stands on standard error, or takes that away.
pub(crate) fn over(bar: Option<&Bar>) {
    HAS_BAR.store(bar.is_some(), Ordering::Relaxed);
    let bar = bar.map(ToString::to_string).unwrap_or_default();
    let mut remarks = std::io::stderr().lock();
    let _ = write!(remarks, "{OVER}{bar}").and_then(|()| remarks.flush());
}

/// Writes a remark. That it cannot be written is nobody's business.
pub(crate) fn remark(text: &Text, style: Style) {
    let mut text = text.render(style);
    if HAS_BAR.load(Ordering::Relaxed) {
        text.insert_str(0, OVER);
    }
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Everything on standard input, at most [`MAX_INPUT`] bytes.
///
/// # Errors
/// When it cannot be read or is larger.
pub(crate) fn input() -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(MAX_INPUT + 1)
        .read_to_end(&mut bytes)
        .context("cannot read standard input")
        .map_err(Failure::invalid)?;
    if bytes.len() as u64 > MAX_INPUT {
        return Err(Failure::invalid(anyhow::anyhow!(
            "standard input is larger than {} MiB",
            MAX_INPUT >> 20
        )));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    #[test]
    fn nothing_else_in_the_command_writes_to_a_stream() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut found = Vec::new();
        sources(&root, &mut found);
        assert!(found.len() > 20, "{found:?}");
        for path in found {
            let text = fs::read_to_string(&path).expect("readable");
            let name = path.strip_prefix(&root).expect("below the root");
            // The style only asks whether a stream is a terminal.
            if name == Path::new("streams.rs") || name == Path::new("style.rs") {
                continue;
            }
            for word in ["io::stdout", "io::stderr", "print!(", "println!("] {
                assert!(!text.contains(word), "{word} in {}", name.display());
            }
        }
    }
}
