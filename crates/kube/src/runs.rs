//! Whether an image runs whatever is decided about it.

/// Whether an image runs whatever is decided about it, for events and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// It runs already, and is judged again.
    Already,
    /// As a static Pod of its node, which no answer stops.
    AsStaticPod,
    /// Only if it is admitted.
    IfAdmitted,
}

impl Runs {
    /// Of the images of a review that somebody waits for.
    #[must_use]
    pub fn of_reviewed(review: &crate::Review) -> Self {
        match review.mirrors() {
            Some(_) => Self::AsStaticPod,
            None => Self::IfAdmitted,
        }
    }
}
