//! What a scheme has to show of an image, for people and for programs.

mod item;
mod part;
mod problem;

pub use item::Item;
pub use part::{Cell, Field, Part, Table};
pub use problem::Problem;

use crate::{Class, Rejection, Scheme, Session};

/// What one scheme shows of an image. It decides nothing, and no proof can be made of it.
///
/// Who renders it knows no scheme: a program gets the [`lists`](Self::lists), and people the rest. What is for people
/// may hold names that anybody chose, so control characters in it must be made visible before it is printed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Section {
    /// The scheme.
    pub scheme: Scheme,
    /// What was found, in the published form: lists that become members of the inspection under these names. Lists of
    /// several sections under one name are put together.
    pub lists: Vec<(&'static str, Vec<Item>)>,
    /// Where was looked beside the registry.
    pub looked_in: Vec<String>,
    /// Lines about all of it, to stand beside those about the image.
    pub summary: Vec<Field>,
    /// All of it, in order.
    pub parts: Vec<Part>,
    /// Why nothing in it may be believed, if nothing in it was verified: a sentence without a full stop.
    pub unverified: Option<&'static str>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Whether somebody could not be asked, so that there may be more.
    pub is_incomplete: bool,
}

impl Section {
    /// A section with nothing in it.
    #[must_use]
    pub const fn new(scheme: Scheme) -> Self {
        Self {
            scheme,
            lists: Vec::new(),
            looked_in: Vec::new(),
            summary: Vec::new(),
            parts: Vec::new(),
            unverified: None,
            problems: Vec::new(),
            is_incomplete: false,
        }
    }

    /// Adds something that could not be read.
    pub fn problem(&mut self, problem: Problem) {
        self.is_incomplete |= problem.class() == Class::Unavailable;
        self.problems.push(problem);
    }

    /// Whether there is nothing to show: nobody named a place to look in, and nothing was found.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.looked_in.is_empty() && self.parts.is_empty()
    }
}

/// A session that looks at what there is of an image, and ends with nothing but having looked.
pub trait SurveySession: Session<()> {
    /// What was seen. Asked once, when the session is over, with how it ended: what was seen before something failed is
    /// shown all the same, and the failure beside it.
    fn section(&mut self, ended: Result<(), Rejection>) -> Section;
}
