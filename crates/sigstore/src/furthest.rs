//! Which of several refusals of one signature is told.

use doorward_core::Rejection;

use crate::codes;

/// Of the refusals of several authorities the one that is told: one that leaves something open, then the one that got furthest,
/// then the first.
#[derive(Debug, Default)]
pub(crate) struct Furthest(Option<Rejection>);

impl Furthest {
    pub(crate) fn keep(&mut self, rejection: Rejection) {
        let how_far = |one: &Rejection| (codes::is_left_open(one), one.reach());
        if self
            .0
            .as_ref()
            .is_none_or(|known| how_far(known) < how_far(&rejection))
        {
            self.0 = Some(rejection);
        }
    }

    pub(crate) fn told(self) -> Rejection {
        self.0
            .unwrap_or_else(|| Rejection::new(codes::NONE, "no authority is trusted"))
    }
}
