//! Mirrors of static Pods.
//!
//! A kubelet runs the Pods in its manifest directory whatever the API server says, and makes a Pod of the API for each, so
//! that it can be seen. To refuse that hides what runs; to change it makes it say what does not run.

use crate::operation::Operation;
use crate::user::User;
use crate::workload::Workload;

/// The group that every node is in (`system:nodes`), and what their names begin with (Kubernetes, "Using Node
/// Authorization").
const GROUP: &str = "system:nodes";
const USER: &str = "system:node:";

impl User {
    /// The node that makes the request.
    fn node(&self) -> Option<&str> {
        let is_node = self.groups.iter().any(|group| group == GROUP);
        let name = self.username.strip_prefix(USER)?;
        (is_node && !name.is_empty()).then_some(name)
    }

    /// The node of which `workload` is the mirror of a static Pod.
    ///
    /// All of it must hold, as `NodeRestriction` demands of nodes: a node creates a Pod with the annotation of mirrors, and
    /// the Pod is on that very node. Stricter than that plug-in, the annotation has a value, as that of every kubelet has.
    /// Anyone else may write the annotation too, and exempts nothing by it.
    pub(crate) fn mirrors(&self, operation: Operation, workload: &Workload) -> Option<String> {
        let node = self.node()?;
        let is_mirror = operation == Operation::Create && workload.mirror_on() == Some(node);
        is_mirror.then(|| node.to_owned())
    }
}
