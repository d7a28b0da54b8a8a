//! What people should know of what is passed over.

/// The most that is said.
const MAX: usize = 8;

/// What is said, up to a bound, and that there is more.
pub(super) struct Notes(Vec<String>);

impl Notes {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn add(&mut self, text: String) {
        match self.0.len() {
            0..MAX => self.0.push(text),
            MAX => self
                .0
                .push("more of what is listed counts for nothing".to_owned()),
            _ => {}
        }
    }

    pub(super) fn said(&self) -> Vec<String> {
        self.0.clone()
    }
}
