//! No credential takes part in what is evidence of an outage, whatever servers answer.

use std::sync::{Arc, Mutex};

use doorward_registry::Credential;
use proptest::prelude::*;

use crate::outages::{MANIFEST, is_outage, manifest, private, quick};
use crate::scripted::{Asked, Reaction, Scripted};
use crate::support::*;

/// A registry like [`private`] with a token service on a port of its own, which puts off all who show nothing with this
/// status. That is no answer by which it would be seen to be up. The service is first.
async fn private_behind(
    put_off: u16,
    react: impl Fn(&Asked) -> Reaction + Clone + Send + Sync + 'static,
) -> [Scripted; 2] {
    let service = Scripted::start({
        let react = react.clone();
        move |_, asked| {
            if asked.shows_credential() {
                react(asked)
            } else {
                Reaction::status(put_off)
            }
        }
    })
    .await;
    let realm = format!(
        "Bearer realm=\"http://{}/token\",service=\"r\"",
        service.address
    );
    let registry = Scripted::start(move |_, asked| {
        if asked.shows_credential() {
            react(asked)
        } else {
            Reaction::challenge(&realm)
        }
    })
    .await;
    [service, registry]
}

fn some_reaction() -> impl Strategy<Value = Reaction> {
    let statuses = [
        200, 201, 204, 400, 401, 403, 404, 405, 408, 410, 413, 425, 429, 431, 500, 501, 502, 503,
        504, 507, 599,
    ];
    prop_oneof![
        8 => proptest::sample::select(statuses.to_vec()).prop_map(Reaction::status),
        3 => Just(Reaction::json(200, r#"{"token":"hers"}"#)),
        2 => Just(Reaction::json(200, MANIFEST)),
        2 => Just(Reaction::Reset),
        1 => Just(Reaction::Silence),
    ]
}

pub(crate) fn some_credential() -> impl Strategy<Value = Credential> {
    prop_oneof![
        3 => "[a-z]{1,8}".prop_map(|name| password(&name, "p")),
        1 => "[a-z]{1,8}".prop_map(|token| Credential::IdentityToken { username: String::new(), token }),
        1 => "[a-z]{1,8}".prop_map(Credential::RegistryToken),
    ]
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// Takes one after the other, and the last one from then on.
struct Sequence(Mutex<(Vec<Reaction>, usize)>);

impl Sequence {
    fn of(reactions: Vec<Reaction>) -> Self {
        Self(Mutex::new((reactions, 0)))
    }

    fn next(&self) -> Reaction {
        let mut state = self.0.lock().expect("not poisoned");
        let at = state.1.min(state.0.len() - 1);
        state.1 += 1;
        state.0[at].clone()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_answers_to_requests_with_a_credential_is_an_outage(
        reactions in proptest::collection::vec(some_reaction(), 1..10),
        credentials in proptest::collection::vec(some_credential(), 1..4),
    ) {
        run(async {
            let sequence = Sequence::of(reactions);
            let registry = private(move |_| sequence.next()).await;
            let client = with(&quick(&[&registry.address]), &credentials);
            for name in ["a", "b"] {
                let answer = get(&client, manifest(&registry.address, name)).await;
                assert!(!is_outage(&answer), "{answer:?} {:#?}", registry.log());
            }
        });
    }

    // A server that answered somebody lately counts as up, which hides the rule about credentials. A token service that
    // answered nobody needs that rule.
    #[test]
    fn trouble_of_a_token_service_that_only_a_credential_meets_is_no_outage(
        put_off in proptest::sample::select(vec![408_u16, 425]),
        reactions in proptest::collection::vec(some_reaction(), 1..4),
        credentials in proptest::collection::vec(some_credential(), 1..3),
    ) {
        run(async {
            let sequence = Arc::new(Sequence::of(reactions));
            let [service, registry] = private_behind(put_off, move |_| sequence.next()).await;
            let client = quick(&[&service.address, &registry.address]);
            let answer = get(&with(&client, &credentials), manifest(&registry.address, "a")).await;
            assert!(!is_outage(&answer), "{answer:?} {:#?}", service.log());
        });
    }

    #[test]
    fn an_outage_needs_an_anonymous_exchange_with_the_server_itself_that_failed(
        fixed in proptest::collection::vec(some_reaction(), 1..6),
        others in proptest::collection::vec(some_reaction(), 1..6),
        credentials in proptest::collection::vec(some_credential(), 0..3),
        names in proptest::collection::vec("[a-c]", 1..4),
    ) {
        run(async {
            let (fixed, others) = (Sequence::of(fixed), Sequence::of(others));
            let registry = Scripted::start(move |_, asked| {
                if asked.path == "/v2/" { fixed.next() } else { others.next() }
            })
            .await;
            let client = with(&quick(&[&registry.address]), &credentials);
            for name in names {
                let answer = get(&client, manifest(&registry.address, &name)).await;
                if is_outage(&answer) {
                    let log = registry.log();
                    let checks: Vec<_> =
                        log.iter().filter(|(asked, _)| asked.path == "/v2/").collect();
                    assert!(checks.iter().all(|(asked, _)| asked.authorization.is_none()));
                    assert!(
                        checks.last().is_some_and(|(_, reaction)| reaction.is_failure()),
                        "{answer:?} {log:#?}"
                    );
                    // And it answered nobody before, so that no number of requests can be the cause.
                    assert!(
                        log.iter().all(|(_, reaction)| reaction.is_failure()
                            || matches!(reaction, Reaction::Reply(408 | 425 | 429, ..))),
                        "{answer:?} {log:#?}"
                    );
                }
            }
        });
    }
}
