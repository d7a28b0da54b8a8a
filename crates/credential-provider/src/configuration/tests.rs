use super::*;

const GOOD: &str = "\
apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
  - name: ecr-credential-provider
    matchImages:
      - '*.dkr.ecr.*.amazonaws.com'
      - '*.dkr.ecr.*.amazonaws.com.cn'
    defaultCacheDuration: 12h0m0s
    apiVersion: credentialprovider.kubelet.k8s.io/v1
    args:
      - get-credentials
    env:
      - name: AWS_PROFILE
        value: s3cret
";

fn read(text: &str) -> Result<Configuration, ConfigurationError> {
    Configuration::parse("config.yaml", text.as_bytes())
}

fn refused(text: &str) -> String {
    read(text).expect_err(text).to_string()
}

/// The good configuration with one thing in another's place.
fn but(what: &str, with: &str) -> String {
    assert!(GOOD.contains(what), "{what}");
    GOOD.replacen(what, with, 1)
}

#[test]
fn the_file_of_the_kubelet_is_read() {
    for version in ["v1", "v1beta1", "v1alpha1"] {
        let text = but("k8s.io/v1\nkind", &format!("k8s.io/{version}\nkind"));
        let configuration = read(&text).expect(version);
        let [provider] = configuration.providers.as_slice() else {
            panic!("{configuration:?}");
        };
        assert_eq!(provider.name, "ecr-credential-provider");
        assert_eq!(provider.match_images.len(), 2);
        assert_eq!(
            provider.default_cache_duration,
            Duration::from_secs(12 * 3600)
        );
        assert_eq!(provider.api_version, ApiVersion::V1);
        assert_eq!(provider.args, ["get-credentials"]);
        assert_eq!(
            provider.env,
            [("AWS_PROFILE".to_owned(), "s3cret".to_owned())]
        );
        let shown = format!("{configuration:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[test]
fn json_is_read_too_and_what_may_be_left_out_may_be_null() {
    let text = r#"{"apiVersion":"kubelet.config.k8s.io/v1","kind":"CredentialProviderConfig","providers":[
        {"name":"p","matchImages":["r.example"],"defaultCacheDuration":"0s","args":null,"env":null,"tokenAttributes":null,
        "apiVersion":"credentialprovider.kubelet.k8s.io/v1beta1"}]}"#;
    let configuration = read(text).expect("a configuration");
    let provider = &configuration.providers[0];
    assert_eq!(provider.api_version, ApiVersion::V1Beta1);
    assert_eq!(provider.default_cache_duration, Duration::ZERO);
    assert!(provider.args.is_empty() && provider.env.is_empty());
}

#[test]
fn a_field_that_is_misspelt_is_refused_with_what_was_probably_meant() {
    for (what, with, meant) in [
        ("matchImages", "matchImage", "matchImages"),
        ("matchImages", "MatchImages", "matchImages"),
        ("    args", "    arg", "args"),
        (
            "defaultCacheDuration",
            "defaultCacheDurations",
            "defaultCacheDuration",
        ),
        ("    env", "    envs", "env"),
        ("providers", "provider", "providers"),
        ("        value", "        values", "value"),
    ] {
        let told = refused(&but(what, with));
        assert!(told.contains(&format!("did you mean `{meant}`?")), "{told}");
    }
    let told = refused(&but("    args", "    tokens"));
    assert_eq!(told, "providers[0].tokens: there is no such field");
}

#[test]
fn tokens_of_service_accounts_are_refused_and_never_left_out() {
    let tokens = "    tokenAttributes:\n      serviceAccountTokenAudience: x\n      requireServiceAccount: true\n    args";
    let told = refused(&but("    args", tokens));
    assert_eq!(
        told,
        "providers[0].tokenAttributes: tokens of the workload's service account are not supported, and without one this \
         provider would answer for somebody else"
    );
}

#[test]
fn a_name_is_one_of_a_file_of_the_folder() {
    for (name, why) in [
        ("../ecr", "it has a slash"),
        ("a/b", "it has a slash"),
        ("'a\\b'", "it has a slash"),
        (".", "it names a folder"),
        ("..", "it names a folder"),
        ("a b", "it has white space"),
        (
            "\"a\\u202eb\"",
            "it has white space or a character that is not seen",
        ),
        ("''", "it is empty"),
        ("7", "it is no text"),
    ] {
        let told = refused(&but("ecr-credential-provider", name));
        assert!(
            told.starts_with(&format!("providers[0].name: {why}")),
            "{told}"
        );
    }
    let told = refused(&but("ecr-credential-provider", &"n".repeat(256)));
    assert!(told.contains("longer than 255 bytes"), "{told}");
}

#[test]
fn what_the_kubelet_refuses_is_refused() {
    for (what, with, why) in [
        (
            "12h0m0s",
            "-1s",
            "providers[0].defaultCacheDuration: -1s is no time as Go writes it",
        ),
        (
            "12h0m0s",
            "1d",
            "providers[0].defaultCacheDuration: 1d is no time as Go writes it",
        ),
        (
            "    defaultCacheDuration: 12h0m0s\n",
            "",
            "providers[0].defaultCacheDuration: it is missing",
        ),
        (
            "credentialprovider.kubelet.k8s.io/v1",
            "credentialprovider.kubelet.k8s.io/v2",
            "providers[0].apiVersion: credentialprovider.kubelet.k8s.io/v2 is none of",
        ),
        (
            "    apiVersion: credentialprovider.kubelet.k8s.io/v1\n",
            "",
            "providers[0].apiVersion: it is missing",
        ),
        (
            "'*.dkr.ecr.*.amazonaws.com.cn'",
            "https://r.example",
            "providers[0].matchImages[1]: https://r.example: it has a scheme",
        ),
        (
            "'*.dkr.ecr.*.amazonaws.com.cn'",
            "r.example/*",
            "providers[0].matchImages[1]: r.example/*: `*` stands in the host only",
        ),
        (
            "AWS_PROFILE",
            "A=B",
            "providers[0].env[0].name: a variable cannot be called so",
        ),
        (
            "s3cret",
            "[s3cret]",
            "providers[0].env[0].value: it is no text",
        ),
        (
            "      - get-credentials",
            "      - 5",
            "providers[0].args[0]: it is no text",
        ),
        (
            "\n      - get-credentials",
            " get-credentials",
            "providers[0].args: it is no list",
        ),
    ] {
        let told = refused(&but(what, with));
        assert!(told.starts_with(why), "{told}");
        assert!(!told.contains("s3cret"), "{told}");
    }
}

#[test]
fn without_providers_or_images_nothing_could_be_asked() {
    let head = "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\n";
    for rest in ["", "providers: []\n", "providers: null\n"] {
        let told = refused(&format!("{head}{rest}"));
        assert_eq!(told, "providers: there is none, and one at least is needed");
    }
    let images = "      - '*.dkr.ecr.*.amazonaws.com'\n      - '*.dkr.ecr.*.amazonaws.com.cn'\n";
    let told = refused(&but(images, ""));
    assert_eq!(
        told,
        "providers[0].matchImages: there is none, and one at least is needed"
    );
}

#[test]
fn two_providers_of_one_name_are_refused() {
    let (_, provider) = GOOD.split_once("providers:\n").expect("providers");
    let told = refused(&format!("{GOOD}{provider}"));
    assert_eq!(
        told,
        "providers[1].name: ecr-credential-provider stands here twice"
    );
}

#[test]
fn another_kind_of_file_is_told_by_what_it_is() {
    for (text, why) in [
        (
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n",
            "it is a KubeletConfiguration of",
        ),
        (
            "apiVersion: kubelet.config.k8s.io/v2\nkind: CredentialProviderConfig\n",
            "it is a CredentialProviderConfig of",
        ),
        ("apiVersion: v1\nkind: Secret\n", "it is a Secret of v1"),
        ("providers: []\n", "it has no apiVersion and kind"),
    ] {
        let told = refused(text);
        assert!(
            told.starts_with(&format!(
                "config.yaml is no CredentialProviderConfig: {why}"
            )),
            "{told}"
        );
    }
    assert!(refused(&format!("{GOOD}---\n{GOOD}")).contains("more than one document"));
    for text in ["", "{", "a: b: c", "\u{0}"] {
        let told = refused(text);
        assert!(told.starts_with("config.yaml"), "{told}");
    }
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let told = refused(&but("    args", "    name: other\n    args"));
    assert!(told.contains("name"), "{told}");
}

#[test]
fn a_configuration_has_bounds() {
    let long = format!("{GOOD}# {}\n", "x".repeat(1 << 20));
    assert_eq!(refused(&long), "config.yaml is longer than 1 MiB");
    let (head, provider) = GOOD.split_once("providers:\n").expect("providers");
    let many: String = (0..65)
        .map(|n| provider.replacen("ecr-credential-provider", &format!("p{n}"), 1))
        .collect();
    assert!(
        refused(&format!("{head}providers:\n{many}"))
            .starts_with("providers: it has more than 64 items")
    );
    let arguments: String = (0..1025).map(|_| "      - x\n").collect();
    let told = refused(&but("      - get-credentials\n", &arguments));
    assert_eq!(told, "providers[0].args: it has more than 1024 items");
}

#[test]
fn all_mistakes_are_told_up_to_a_bound() {
    let wrong = but("12h0m0s", "x").replacen("    args", "    arg", 1);
    assert_eq!(refused(&wrong).matches("providers[0]").count(), 2);
    let items: String = (0..50).map(|_| "      - 1\n").collect();
    let Err(ConfigurationError::Invalid { problems }) =
        read(&but("      - get-credentials\n", &items))
    else {
        panic!("mistakes");
    };
    assert_eq!(problems.len(), 20);
}
