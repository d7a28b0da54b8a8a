//! How a session asks plug-ins.

use std::collections::VecDeque;

use doorward_core::{
    Checked, CheckedAnswer, Fetch, Halt, Meter, PluginCommand, Progress, Rejection,
};

use super::NotationSession;
use super::state::{Held, State, Trying};
use crate::plugin::resource;
use crate::{Accepted, PluginRequest};

impl NotationSession {
    /// Gives a walk what its plug-in answered to a command before. Returns what the plug-in must be asked first.
    pub(super) fn consult(&self, held: &mut Held, command: PluginCommand) -> Option<PluginRequest> {
        let wanted = held.walk.wants_plugin();
        let request = wanted.filter(|request| request.command == command)?;
        match self.plugins.get(&request) {
            None => Some(request),
            Some(answer) => {
                held.walk.hear_plugin(answer.as_deref());
                None
            }
        }
    }

    /// Asks a plug-in about one signature.
    pub(super) fn ask_plugin(
        &mut self,
        trying: Trying,
        about: Held,
        request: PluginRequest,
        others: VecDeque<Held>,
    ) -> Progress<Accepted> {
        let fetch = Fetch::new(resource(request.clone()), PluginRequest::MAX_ANSWER_BYTES);
        self.state = State::Plugin(trying, Box::new(about), request, others);
        Err(Halt::Wants(vec![fetch]))
    }

    /// Takes what a plug-in answered.
    pub(super) fn plugin_answered(
        &mut self,
        trying: Trying,
        about: Held,
        request: PluginRequest,
        others: VecDeque<Held>,
        answers: Vec<CheckedAnswer>,
        meter: &mut Meter,
    ) -> Progress<Accepted> {
        let answer = answers.into_iter().next();
        let answer = answer.ok_or_else(Rejection::out_of_step)?;
        let answer = answer.map(|found| Checked::into_fetched(found).bytes);
        self.plugins.insert(request, answer);
        self.go_on(trying, Some(about.into()), others, meter)
    }
}
