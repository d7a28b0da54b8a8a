//! Flag before environment before file before default.

use serde_json::Value;

use crate::common::{Run, Site};

/// The value and the origin of one setting.
#[track_caller]
fn setting(run: &Run, name: &str) -> (Value, String) {
    let all = run.json();
    let found = all
        .as_array()
        .unwrap()
        .iter()
        .find(|setting| setting["setting"] == name);
    let found = found.unwrap_or_else(|| panic!("{name} in {all:#}"));
    (
        found["value"].clone(),
        found["origin"].as_str().unwrap().to_owned(),
    )
}

#[test]
fn a_flag_is_stronger_than_the_environment_which_is_stronger_than_the_file() {
    let site = Site::new();
    site.write(
        "doorward.yaml",
        "namespace: from-file\nhomeNamespace: from-file\n",
    );
    let config = ["config", "-o", "json"];
    let run = site.doorward(&config).run();
    assert_eq!(
        setting(&run, "namespace"),
        ("from-file".into(), "doorward.yaml".into())
    );
    let run = site
        .doorward(&config)
        .env("DOORWARD_NAMESPACE", "from-env")
        .run();
    assert_eq!(
        setting(&run, "namespace"),
        ("from-env".into(), "$DOORWARD_NAMESPACE".into())
    );
    assert_eq!(setting(&run, "homeNamespace").0, "from-file");
    let run = site
        .doorward(&["config", "-o", "json", "-n", "from-flag"])
        .env("DOORWARD_NAMESPACE", "from-env")
        .run();
    assert_eq!(
        setting(&run, "namespace"),
        ("from-flag".into(), "flag".into())
    );
    assert_eq!(setting(&run, "timeout"), ("30s".into(), "default".into()));
    site.doorward(&["config"])
        .run()
        .expect(0, &["SETTING", "homeNamespace", "doorward.yaml"]);
}

#[test]
fn the_files_are_looked_for_in_order() {
    let site = Site::new();
    site.write("xdg/doorward/config.yaml", "namespace: user\n");
    let config = |more: &[&str]| {
        site.doorward(&[&["config", "-o", "json"], more].concat())
            .env("XDG_CONFIG_HOME", site.path("xdg"))
            .run()
    };
    assert_eq!(setting(&config(&[]), "namespace").0, "user");
    site.write("doorward.yaml", "namespace: here\n");
    assert_eq!(setting(&config(&[]), "namespace").0, "here");
    site.write("other.yaml", "namespace: named\n");
    assert_eq!(
        setting(&config(&["--config", "other.yaml"]), "namespace").0,
        "named"
    );
}

#[test]
fn a_file_found_in_the_working_directory_is_announced() {
    let site = Site::new();
    site.write("doorward.yaml", "timeout: 5s\n");
    let run = site.doorward(&["config", "-o", "json"]).run();
    assert!(
        run.stderr
            .contains("note: settings from doorward.yaml in this directory"),
        "{run:#?}"
    );
    assert_eq!(site.doorward(&["config", "-q"]).run().stderr, "");
}

#[test]
fn a_file_can_say_all_that_a_verification_needs() {
    let site = Site::new();
    let digest = site.push("copies/web");
    let logical = "registry.example/shop/web:1.0";
    site.store
        .put("copies/web", &digest, site.signer.sign(logical, &digest));
    let policy = site.policy_named("shop", "registry.example/shop/*", "");
    site.write(
        "conf/policies/site.yaml",
        &format!("{policy}---\n{}", site.secret()),
    );
    let (address, store) = (site.registry.address(), site.store.address());
    site.write(
        "conf/settings.yaml",
        &format!(
            "filename: [policies]\noutput: name\ntimeout: 20s\nplainHttp: [\"{address}\", \"{store}\"]\nmirror: \
             {{registry.example/shop: \"{address}/copies\"}}\n"
        ),
    );
    let run = site
        .doorward(&["verify", logical, "--config", "conf/settings.yaml"])
        .env("DOORWARD_PLAIN_HTTP", "")
        .run();
    assert_eq!(
        (run.code, run.stdout),
        (0, format!("registry.example/shop/web@{digest}\n")),
        "{}",
        run.stderr
    );
}

#[test]
fn the_settings_beside_the_policies_are_no_policy() {
    let site = Site::new();
    site.push_signed("shop/web");
    site.write("site.yaml", &site.documents());
    site.write("doorward.yaml", "filename: [.]\n");
    let home = site.path("home");
    std::fs::create_dir_all(home).unwrap();
    site.doorward(&["verify", &site.reference("shop/web")])
        .run()
        .expect(0, &["ALLOWED"]);
}

#[test]
fn what_a_file_cannot_say_is_refused() {
    let site = Site::new();
    for text in [
        "namespaces: a\n",
        "timeout: soon\n",
        "output: xml\n",
        "mirror: [a=b]\n",
        "offline: perhaps\n",
        "- a\n",
        "a: [",
    ] {
        site.write("bad.yaml", text);
        site.doorward(&["config", "--config", "bad.yaml"])
            .run()
            .expect_failure(6, &["cannot use the configuration file bad.yaml"]);
    }
    site.doorward(&["config", "--config", "missing.yaml"])
        .run()
        .expect_failure(6, &["missing.yaml"]);
}

#[test]
fn of_the_two_forms_of_policy_the_stronger_source_counts() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    site.write("doorward.yaml", "containersPolicy: nowhere.json\n");
    let image = site.reference("shop/web");
    site.doorward(&["verify", &image, "-f", "site.yaml"])
        .run()
        .expect(0, &["ALLOWED"]);
    site.doorward(&["verify", &image])
        .env("DOORWARD_FILENAME", "site.yaml")
        .env("DOORWARD_CONTAINERS_POLICY", "nowhere.json")
        .run()
        .expect_failure(2, &["two forms of policy"]);
}

#[test]
fn of_three_forms_of_policy_the_strongest_source_counts_and_two_contradict() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    let image = site.reference("shop/web");
    let forms = [
        ["--filename", "a.yaml"],
        ["--containers-policy", "a.json"],
        ["--trust-policy", "a.json"],
    ];
    for [one, value] in forms {
        for [other, also] in forms {
            if one == other {
                continue;
            }
            site.doorward(&["verify", &image, one, value, other, also])
                .run()
                .expect_failure(2, &["two forms of policy", one, other]);
        }
    }
    site.write(
        "doorward.yaml",
        "trustPolicy: nowhere.json\ncontainersPolicy: nowhere.json\ntrustStore: nowhere\n",
    );
    site.doorward(&["verify", &image])
        .run()
        .expect_failure(2, &["two forms of policy"]);
    site.doorward(&["verify", &image, "-f", "site.yaml"])
        .run()
        .expect(0, &["ALLOWED"]);
    site.doorward(&["verify", &image])
        .env("DOORWARD_FILENAME", "site.yaml")
        .run()
        .expect(0, &["ALLOWED"]);
    site.doorward(&["verify", &image, "-f", "site.yaml"])
        .env("DOORWARD_TRUST_POLICY", "nowhere.json")
        .env("DOORWARD_TRUST_STORE", "nowhere")
        .run()
        .expect(0, &["ALLOWED"]);
}

#[test]
fn a_variable_that_is_set_to_nothing_says_nothing() {
    let site = Site::new();
    let run = site
        .doorward(&["config", "-o", "json"])
        .env("DOORWARD_TIMEOUT", "")
        .env("DOORWARD_NAMESPACE", "")
        .env("DOORWARD_FILENAME", "")
        .run();
    assert_eq!(setting(&run, "timeout"), ("30s".into(), "default".into()));
    assert_eq!(setting(&run, "namespace").0, "default");
    assert_eq!(setting(&run, "filename").0, serde_json::json!([]));
}

#[test]
fn a_policy_under_the_name_of_the_settings_is_explained() {
    let site = Site::with_policy();
    site.write("doorward.yaml", &site.documents());
    site.doorward(&["verify", "a/b:1", "-f", "site.yaml"])
        .run()
        .expect_failure(
            6,
            &[
                "configuration file doorward.yaml",
                "hint: a file of this name",
            ],
        );
}

#[test]
fn the_example_of_the_reference_is_a_file_that_can_be_read() {
    let site = Site::new();
    let reference = doorward_cli::reference();
    let example = reference
        .split("```yaml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    site.write("example.yaml", example);
    let run = site
        .doorward(&["config", "-o", "json", "--config", "example.yaml"])
        .env("DOORWARD_PLAIN_HTTP", "")
        .run();
    for setting in run.json().as_array().unwrap() {
        let named = ![
            "containersPolicy",
            "registriesD",
            "revocation",
            "trustPolicy",
            "trustStore",
            "output",
        ]
        .contains(&setting["setting"].as_str().unwrap());
        assert_eq!(setting["origin"] == "example.yaml", named, "{setting}");
    }
}

#[test]
fn an_option_that_is_given_nothing_is_a_mistake_of_the_command_line() {
    let site = Site::with_policy();
    let image = site.reference("shop/web");
    let verify = ["verify", &image, "-f", "site.yaml"];
    for option in [
        "--allow-address",
        "--ca-file",
        "--config",
        "--containers-policy",
        "--filename",
        "--home-namespace",
        "--layout",
        "--mirror",
        "--namespace",
        "--plain-http",
        "--record",
        "--registries-d",
        "--revocation",
        "--service-account",
        "--shared-secret-namespace",
        "--state-dir",
        "--timeout",
        "--trust-policy",
        "--trust-store",
    ] {
        let run = site.doorward(&[&verify[..], &[option, ""]].concat()).run();
        run.expect_failure(2, &["error: ", option]);
    }
    let blob = ["verify", "--blob", "a", "--signature", "b"];
    for option in ["--media-type", "--policy-name", "--user-metadata"] {
        let run = site.doorward(&[&blob[..], &[option, ""]].concat()).run();
        run.expect_failure(2, &["error: ", option]);
    }
    for arguments in [
        &["verify", "--blob", "", "--signature", "b"][..],
        &["verify", "--blob", "a", "--signature", ""],
        &["verify", "--replay", ""],
        &["inspect", "--registry", ""],
        &["inspect", &image, "--artifact-type", ""],
        &["inspect", &image, "--lookaside", ""],
        &["inspect", &image, "--trust-server", ""],
        &["inspect", &image, "--trust-server", "https://"],
        &["trust", "import", ""],
        &["trust", "import", ".", ""],
        &["trust", "import", ".", "--namespace", ""],
        &["trust", "pin", ""],
        &["trust", "pin", "r.example/app", "--root", ""],
        &["policy", "lint", ""],
        &["admit", ""],
        &["man", "--dir", ""],
    ] {
        let run = site.doorward(arguments).run();
        assert_eq!(run.code, 2, "{arguments:?}: {run:#?}");
        run.expect_failure(2, &["error: "]);
    }
}

#[test]
fn a_setting_of_the_file_that_is_empty_is_a_mistake_of_the_file() {
    let site = Site::new();
    for setting in [
        "allowAddress: ['']",
        "caFile: ''",
        "containersPolicy: ''",
        "filename: [policies, '']",
        "layout: ''",
        "plainHttp: [localhost, '']",
        "registriesD: ''",
        "revocation: ''",
        "serviceAccount: ''",
        "stateDir: ''",
        "trustPolicy: ''",
        "trustStore: ''",
    ] {
        site.write("doorward.yaml", setting);
        let run = site.doorward(&["config"]).run();
        let name = setting.split(':').next().unwrap();
        assert_eq!(run.code, 6, "{setting}: {run:#?}");
        run.expect_failure(6, &["doorward.yaml", &format!("{name} is empty")]);
    }
}
