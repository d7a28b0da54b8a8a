//! Distinguished names of policies. What is read has a type and a value, and does not depend on what stands around it.

#![no_main]

use doorward_notation::TrustedIdentities;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let entry = format!("x509.subject:{text}");
    for read in [
        TrustedIdentities::compatible::<String>,
        TrustedIdentities::wider::<String>,
    ] {
        let Ok(identities) = read(&[entry.clone()]) else {
            continue;
        };
        assert!(text.contains('='));
        assert_ne!(identities, TrustedIdentities::any());
        // Parts that stand in another order and with space between are the same name.
        let spaced = format!("x509.subject:  {text} ");
        if !text.ends_with('\\') && spaced.len() <= 4096 {
            assert_eq!(read(&[spaced]).as_ref(), Ok(&identities));
        }
        // Every name is a part of itself.
        assert!(read(&[entry.clone(), entry.clone()]).is_err());
    }
});
