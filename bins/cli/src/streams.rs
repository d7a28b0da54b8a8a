//! Standard input, standard output and standard error.
//!
//! What is written is a [`Text`] for people or an [`Output`](crate::render::program::Output) for programs, never a plain
//! string: both have made harmless what came from outside.
//!
//! Data goes to standard output, everything else to standard error. A reader that goes away is no error: what is
//! left is not written, and the command still ends with the exit of its verdict, so that `doorward verify … | head`
//! under `pipefail` never turns a denial into a success.

use std::borrow::Cow;
use std::io::{ErrorKind, Read as _, Write as _};

use anyhow::Context as _;

use crate::failure::{Failure, Outcome};
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

/// Writes a remark. That it cannot be written is nobody's business.
pub(crate) fn remark(text: &Text, style: Style) {
    let text = text.render(style);
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
