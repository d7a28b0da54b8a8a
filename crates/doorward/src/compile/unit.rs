//! The door that each scheme comes through.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use doorward_core::{Rejection, Scheme};
use doorward_policy::Demand;

use super::entry::PolicyEntry;
use crate::compile::inspecting::Inspecting;
use crate::plan::Node;
use crate::survey::Survey;

/// The node that a demand of a policy becomes, or why there is none.
pub type NodeFuture<'a> = Pin<Box<dyn Future<Output = Result<Node, Rejection>> + Send + 'a>>;

/// What an inspection looks at for one scheme, or why that cannot be told.
pub type SurveysFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<Box<dyn Survey>>, Rejection>> + Send + 'a>>;

/// One scheme: makes a node of a plan from what a policy demands of it.
///
/// A unit is made once for an engine and asked about every demand of every entry that governs an image, so what it
/// parses belongs into [`PolicyEntry::parsed`], which remembers it. It reads no Secret but through its entry, which
/// knows what the author of the policy may name.
pub trait CompileUnit: Send + Sync + fmt::Debug {
    /// The scheme.
    fn scheme(&self) -> Scheme;

    /// The node for `demand`. Returns `None` if the demand is not one of this scheme.
    ///
    /// A rejection becomes a node that is never met: a demand that cannot be compiled denies.
    fn compile<'a>(&'a self, demand: &'a Demand, entry: PolicyEntry<'a>) -> Option<NodeFuture<'a>>;

    /// What an inspection looks at for this scheme: what the entries that govern the image demand, and what was named
    /// by hand. Nothing, for a scheme that shows nothing.
    ///
    /// Only what is needed for looking is read, so that an image can be looked at though a key for a decision is
    /// missing. A rejection ends the inspection.
    fn surveys<'a>(&'a self, inspecting: &'a Inspecting<'a>) -> SurveysFuture<'a> {
        let _ = inspecting;
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}
