use super::*;
use crate::FetchError;

#[test]
fn names_of_plug_ins_are_one_name_of_a_directory() {
    for good in ["a", "com.example.signer", "A-b_c.9", &"x".repeat(64)] {
        assert_eq!(
            good.parse::<PluginName>().map(|n| n.to_string()),
            Ok(good.to_owned())
        );
    }
    for bad in [
        "",
        ".",
        "..",
        ".a",
        "-a",
        "_a",
        "../../x",
        "a/b",
        "a\\b",
        "a b",
        "a\0",
        "a\n",
        "\u{e4}",
        &"x".repeat(65),
    ] {
        assert_eq!(bad.parse::<PluginName>(), Err(PluginNameError), "{bad:?}");
    }
}

#[test]
fn no_other_command_than_those_of_verification_can_be_named() {
    for command in [
        PluginCommand::GetPluginMetadata,
        PluginCommand::VerifySignature,
    ] {
        assert_eq!(command.as_str().parse(), Ok(command));
    }
    for other in [
        "",
        "generate-signature",
        "describe-key",
        "Verify-Signature",
        "verify-signature ",
    ] {
        assert_eq!(
            other.parse::<PluginCommand>(),
            Err(UnknownPluginCommand),
            "{other}"
        );
    }
}

#[test]
fn a_plug_in_that_fails_is_no_outage_of_a_server() {
    let detail = "it crashed".to_owned();
    let error = FetchError::from(PluginError::Failed { detail });
    assert_eq!(error.outage(), None);
    assert_eq!(
        FetchError::from(PluginError::NotInstalled),
        FetchError::NotSupported
    );
}
