//! Which plug-ins run at all.

use doorward_notation::{Level, PluginRule, codes};
use doorward_testkit::EnvelopeBuilder;

use crate::world::{MINIMUM, NAMES_IT, NOW, World, by, image, nobody, rule, some, statement};

#[test]
fn a_signer_cannot_choose_a_plug_in_that_the_policy_does_not_allow() {
    let world = World::signed();
    let other = PluginRule::new("com.example.signe".parse().unwrap());
    for builder in [
        statement(Level::Audit),
        statement(Level::Audit).plugin(other),
    ] {
        assert_eq!(world.code_by(builder), some(codes::PLUGIN_UNAVAILABLE));
    }
    assert_eq!(world.calls(), []);
    for (name, value) in [
        (NAMES_IT, ""),
        (NAMES_IT, "../../x"),
        (NAMES_IT, "COM.example.signer"),
        (MINIMUM, "1.0.0"),
    ] {
        let mut world = World::new();
        let envelope = EnvelopeBuilder::new(&[&world.leaf, &world.root], &image());
        world.attach(&envelope.attribute(name, true, value));
        assert_eq!(
            world.code(),
            some(codes::PLUGIN_UNAVAILABLE),
            "{name} {value}"
        );
        assert_eq!(world.calls(), []);
    }
}

#[test]
fn a_stranger_cannot_make_a_plug_in_run() {
    let stranger = World::of_stranger();
    let mut world = World::new();
    world.held = stranger.held;
    world.listed = stranger.listed;
    for level in [Level::Strict, Level::Permissive] {
        let code = world.code_by(statement(level).plugin(rule()));
        assert_eq!(code, some(codes::UNTRUSTED_ROOT));
    }
    let code = world.code_by(statement(Level::Audit).plugin(rule()));
    assert_eq!(code, some(codes::PLUGIN_FAILED));
    assert_eq!(world.calls(), []);
}

#[test]
fn nothing_that_is_refused_without_a_plug_in_has_one_run() {
    let mut expired = World::new();
    expired.attach(&expired.envelope().expires(NOW.plus(-1)));
    let mut forged = World::new();
    forged.attach(&forged.envelope().forged());
    let listed = World::signed();
    for world in [&expired, &forged] {
        assert!(world.code().is_some());
        assert_eq!(world.calls(), []);
    }
    let code = listed.code_by(by(Level::Strict, nobody()).plugin(rule()));
    assert_eq!(code, some(codes::UNTRUSTED_IDENTITY));
    assert_eq!(listed.calls(), []);
}

#[test]
fn a_statement_allows_each_plug_in_once_and_no_more_than_sixteen() {
    let twice = statement(Level::Strict)
        .plugin(rule())
        .plugin(rule().replacing_identity());
    assert!(twice.build().is_err());
    let many = |count: usize| {
        (0..count).fold(statement(Level::Strict), |builder, number| {
            builder.plugin(PluginRule::new(format!("p{number}").parse().unwrap()))
        })
    };
    assert!(many(16).build().is_ok() && many(17).build().is_err());
}
