//! Who is answered, and what may run that nothing pins.

use clap::ValueEnum;

/// Which programs are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Door {
    /// The API server, and programs that ask about images by name.
    #[default]
    Admission,
    /// Gatekeeper.
    Gatekeeper,
}

/// Whether an image that is named by a tag may run where nothing pins it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImageReviewTags {
    /// It may, if it is verified.
    Allow,
    /// It may not.
    Refuse,
}
