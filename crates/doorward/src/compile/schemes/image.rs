//! The `image` block, compiled: what an image must say about itself.

pub(super) mod codes;
mod inputs;
mod rules;
mod session;

use std::sync::Arc;

use doorward_core::Scheme;

use self::inputs::ImageInputs;
use self::rules::Rules;
use crate::compile::entry::PolicyEntry;
use crate::compile::unit::{CompileUnit, NodeFuture};
use crate::inputs::Inputs;
use crate::plan::{Demand, Node, Opening};

/// The name of these rules in reports.
pub(super) const IMAGE: Scheme = Scheme::custom("image");

/// The unit of image rules.
#[derive(Debug)]
pub(super) struct ImageUnit;

impl CompileUnit for ImageUnit {
    fn scheme(&self) -> Scheme {
        IMAGE
    }

    fn compile<'a>(
        &'a self,
        demand: &'a doorward_policy::Demand,
        _: PolicyEntry<'a>,
    ) -> Option<NodeFuture<'a>> {
        let doorward_policy::Demand::Image(rules) = demand else {
            return None;
        };
        let rules = Arc::new(Rules::of(rules));
        let node = Node::Demand(Box::new(ImageDemand { rules }));
        Some(Box::pin(std::future::ready(Ok(node))))
    }
}

/// That an image says what it must.
struct ImageDemand {
    rules: Arc<Rules>,
}

impl Demand for ImageDemand {
    fn scheme(&self) -> Scheme {
        IMAGE
    }

    fn inputs(&self, opening: &Opening<'_>) -> Box<dyn Inputs> {
        Box::new(ImageInputs {
            pinned: opening.pinned.clone(),
            rules: Arc::clone(&self.rules),
        })
    }
}
