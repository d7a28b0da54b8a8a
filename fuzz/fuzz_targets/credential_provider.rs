//! What the kubelet's credential providers are configured by and what they answer: no input panics, what is read is within the
//! bounds, and no error or debug output shows a password.

#![no_main]

use doorward_core::Repository;
use doorward_credential_provider::{Answer, ApiVersion, Configuration, ImagePattern};
use libfuzzer_sys::fuzz_target;

/// What stands for a password in the seeds. It is in none of the names that are shown.
const PASSWORD: &str = "Pa55-w0rd-of-the-seeds";

fuzz_target!(|data: &[u8]| {
    let image: Repository = "1.dkr.ecr.eu-west-1.amazonaws.com/shop/web"
        .parse()
        .expect("a repository");
    let shown = match Configuration::parse("config", data) {
        Ok(configuration) => {
            assert!((1..=64).contains(&configuration.providers.len()));
            for provider in &configuration.providers {
                assert!(!provider.name.contains('/') && !provider.name.is_empty());
                assert!(!matches!(provider.name.as_str(), "." | ".."));
                assert!(!provider.match_images.is_empty());
                for pattern in &provider.match_images {
                    reads_the_same(pattern, &image);
                }
            }
            format!("{configuration:?}")
        }
        Err(error) => error.to_string(),
    };
    assert!(shown.len() < 1 << 20);
    for version in ApiVersion::ALL {
        let shown = match Answer::parse(data, version) {
            Ok(answer) => {
                assert!(answer.auth.len() <= 256);
                for (pattern, _) in &answer.auth {
                    reads_the_same(pattern, &image);
                }
                format!("{answer:?}")
            }
            // A password that somebody took for a key is one that is shown.
            Err(error) => format!("{}", error.to_string().len()),
        };
        assert!(!shown.contains(PASSWORD));
    }
});

/// A pattern is what its text says.
fn reads_the_same(pattern: &ImagePattern, image: &Repository) {
    let again = ImagePattern::parse(&pattern.to_string()).expect("its own spelling");
    assert_eq!(again, *pattern);
    assert_eq!(again.matches(image), pattern.matches(image));
}
