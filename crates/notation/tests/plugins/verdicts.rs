//! What the verdict of a plug-in counts for.

use doorward_core::PluginCommand;
use doorward_notation::{Level, codes};
use doorward_testkit::{CertificateBuilder, ListBuilder, ListedCertificate};

use crate::world::{
    IDENTITY, NOW, REVOCATION, World, by, capabilities, no, nobody, rule, some, statement,
};

#[test]
fn a_plug_in_that_says_no_is_heard_with_its_reason() {
    for capability in [IDENTITY, REVOCATION] {
        let mut world = World::signed();
        world.verdict = no(capability);
        let refused = world
            .judge(statement(Level::Strict).plugin(rule()))
            .unwrap_err();
        assert_eq!(refused.code(), codes::PLUGIN_REFUSED);
        assert!(refused.to_string().contains("it is\\na no"), "{refused}");
        // What a level only logs it only logs of a plug-in.
        assert_eq!(world.code_by(statement(Level::Audit).plugin(rule())), None);
        let replacing = rule().replacing_identity().replacing_revocation();
        assert_eq!(
            world.code_by(statement(Level::Strict).plugin(replacing)),
            some(codes::PLUGIN_REFUSED)
        );
    }
}

#[test]
fn a_plug_in_does_not_widen_the_identities_unless_the_policy_says_so_by_name() {
    let world = World::signed();
    let strict = || by(Level::Strict, nobody());
    assert_eq!(
        world.code_by(strict().plugin(rule())),
        some(codes::UNTRUSTED_IDENTITY)
    );
    let revocation_only = rule().replacing_revocation();
    assert_eq!(
        world.code_by(strict().plugin(revocation_only)),
        some(codes::UNTRUSTED_IDENTITY)
    );
    let replacing = || rule().replacing_identity();
    assert_eq!(world.code_by(strict().plugin(replacing())), None);
    // What it cannot do, it does not replace.
    let mut world = World::signed();
    world.metadata = capabilities(&[REVOCATION]);
    assert_eq!(
        world.code_by(strict().plugin(replacing())),
        some(codes::UNTRUSTED_IDENTITY)
    );
    // Nor is it asked in place of the trust stores.
    let stranger = World::of_stranger();
    world.held = stranger.held;
    world.listed = stranger.listed;
    assert_eq!(
        world.code_by(strict().plugin(replacing())),
        some(codes::UNTRUSTED_ROOT)
    );
}

#[test]
fn a_plug_in_does_not_silence_revocation_unless_the_policy_says_so_by_name() {
    let mut world = World::unknown();
    world.attach(&world.envelope());
    assert_eq!(world.code(), some(codes::REVOCATION_UNKNOWN));
    // The failure is certain, so the plug-in is not asked for its verdict.
    assert_eq!(world.calls(), [PluginCommand::GetPluginMetadata]);
    let identity_only = statement(Level::Strict).plugin(rule().replacing_identity());
    assert_eq!(
        world.code_by(identity_only),
        some(codes::REVOCATION_UNKNOWN)
    );
    let asked = *world.authorities.lock().unwrap();
    let replacing = || statement(Level::Strict).plugin(rule().replacing_revocation());
    assert_eq!(world.code_by(replacing()), None);
    assert_eq!(*world.authorities.lock().unwrap(), asked);
    world.metadata = capabilities(&[IDENTITY]);
    assert_eq!(world.code_by(replacing()), some(codes::REVOCATION_UNKNOWN));
}

#[test]
fn a_plug_in_that_decides_about_revocation_decides_also_where_a_list_was_given() {
    let leaf = CertificateBuilder::code_signer("leaf").serial(7);
    let mut world = World::under("root", &leaf);
    world.attach(&world.envelope());
    let revoked = ListedCertificate {
        serial: 7,
        time: NOW.plus(-3600),
        reason: None,
        invalid_since: None,
    };
    world.given = Some(ListBuilder::new(&world.root, NOW).entry(revoked).build());
    assert_eq!(world.code(), some(codes::REVOKED));
    let replacing = || statement(Level::Strict).plugin(rule().replacing_revocation());
    assert_eq!(world.code_by(replacing()), None);
    world.verdict = no(REVOCATION);
    assert_eq!(world.code_by(replacing()), some(codes::PLUGIN_REFUSED));
    world.metadata = capabilities(&[IDENTITY]);
    assert_eq!(world.code_by(replacing()), some(codes::REVOKED));
}
