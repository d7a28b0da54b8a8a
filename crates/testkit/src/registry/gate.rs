//! Who may pass, for servers that are no registries but identify clients as registries do.

use super::access::{self, Need};
use super::builder::Settings;
use super::manners::Authentication;
use super::{State, token};
use crate::http::{Addresses, Endpoint, Exchange, Reply};

impl State {
    /// A registry without content at these addresses, which answers for its token endpoint and knows who may pull.
    pub(crate) fn gate(settings: Settings, addresses: &Addresses) -> Self {
        Self::new(settings, addresses)
    }

    /// The answer of the token endpoint, if that is what was asked.
    pub(crate) fn token_answer(&self, exchange: &Exchange) -> Option<Reply> {
        let (authentication, separate, path) = {
            let shape = &self.settings().shape;
            (
                shape.authentication,
                shape.separate_token_host,
                shape.token_path,
            )
        };
        let endpoint = if separate {
            Endpoint::Token
        } else {
            Endpoint::Main
        };
        (authentication == Authentication::Bearer
            && exchange.endpoint == endpoint
            && exchange.path == path)
            .then(|| token::answer(self, exchange))
    }

    /// The refusal of a request that may not pull from `repository`, or for `None` may not ask anything at all.
    pub(crate) fn refuse_pull(
        &self,
        exchange: &Exchange,
        repository: Option<&str>,
    ) -> Option<Reply> {
        let need = Need {
            repository: repository.map(str::to_owned),
            push: false,
        };
        access::refuse(self, exchange, need)
    }
}
