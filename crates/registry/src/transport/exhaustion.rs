//! That this process or machine has run out of something that a connection takes.

use std::io::{self, ErrorKind};

/// Whether an error of the system says that this process or machine has no files, ports or memory left.
pub(super) fn is_exhaustion(error: &io::Error) -> bool {
    /// ENFILE and EMFILE have the same numbers on all systems that this runs on; ENOBUFS has not.
    const NUMBERS: &[i32] = &[23, 24, if cfg!(target_os = "linux") { 105 } else { 55 }];
    matches!(
        error.kind(),
        ErrorKind::AddrNotAvailable | ErrorKind::OutOfMemory
    ) || error
        .raw_os_error()
        .is_some_and(|number| NUMBERS.contains(&number))
}
