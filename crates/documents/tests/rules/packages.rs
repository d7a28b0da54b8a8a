//! Packages that are denied, by every name that they have.

use doorward_documents::{
    InventoryRules, LicensePattern, PackagePattern, PackageUrl, PatternError,
};

use crate::made::inventory;

#[test]
fn a_denied_package_has_no_other_name_to_hide_behind() {
    let package = r#"{"group": "org.apache.logging.log4j", "name": "log4j-core", "version": "2.14.1",
        "purl": "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar"}"#;
    let renamed =
        r#"{"name": "harmless", "version": "1", "purl": "pkg:npm/%40evil/Event-Stream@3.3.6"}"#;
    let unversioned = r#"{"name": "left-pad"}"#;
    let colon = r#"{"name": "org.apache.logging.log4j:log4j-core", "version": "2.14.1"}"#;
    let slash = r#"{"name": "org.apache.logging.log4j/Log4j-Core", "version": "2.14.1"}"#;
    for (package, pattern, denied) in [
        (colon, "log4j-core", true),
        (slash, "log4j-core@2.14.1", true),
        (colon, "log4j-core@2.15.0", false),
        (slash, "org.apache.logging.log4j", false),
        (colon, "core", false),
        (colon, "pkg:maven/org.example/log4j-core", false),
        (package, "log4j-core", true),
        (package, "LOG4J-core", true),
        (package, "log4j*", true),
        (package, "*", true),
        (package, "log4j", false),
        (package, "log4j-core@2.14.1", true),
        (package, "log4j-core@2.14", false),
        (package, "log4j-core@2.*", true),
        (package, "org.apache.logging.log4j/log4j-core", true),
        (package, "org.apache.logging.log4j:log4j-core@2.14.1", true),
        (
            package,
            "pkg:maven/org.apache.logging.log4j/log4j-core",
            true,
        ),
        (
            package,
            "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
            true,
        ),
        (
            package,
            "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar",
            true,
        ),
        (
            package,
            "pkg:maven/org.apache.logging.log4j/log4j-core?type=pom",
            false,
        ),
        (
            package,
            "pkg:maven/org.apache.logging.log4j/log4j-core@2.15.0",
            false,
        ),
        (package, "pkg:maven/org.apache.logging.*", true),
        (package, "pkg:maven/*@2.14.1", true),
        (package, "pkg:npm/*", false),
        (renamed, "event-stream", true),
        (renamed, "@evil/event-stream", true),
        (renamed, "@evil/event-stream@3.3.6", true),
        (renamed, "@evil/event-stream@3.3.7", false),
        (renamed, "pkg:npm/%40evil/event-stream", true),
        (renamed, "pkg:npm/@evil/*", true),
        (renamed, "harmless@1", true),
        (unversioned, "left-pad@1.3.0", true),
        (unversioned, "left@1.3.0", false),
    ] {
        let document = inventory(package);
        let rules =
            InventoryRules::new(vec![PackagePattern::parse(pattern).unwrap()], Vec::new()).unwrap();
        let violations = rules.judge(document.inventory().unwrap());
        assert_eq!(!violations.is_empty(), denied, "{package} {pattern}");
    }
}

#[test]
fn a_package_url_without_a_version_takes_the_one_of_its_package_and_without_that_any() {
    let told = r#"{"name": "event-stream", "version": "3.3.6", "purl": "pkg:npm/event-stream"}"#;
    let untold = r#"{"name": "event-stream", "purl": "pkg:npm/event-stream"}"#;
    let own = r#"{"name": "event-stream", "version": "4", "purl": "pkg:npm/event-stream@3.3.6"}"#;
    for (package, pattern, denied) in [
        (told, "pkg:npm/event-stream@3.3.6", true),
        (told, "pkg:npm/event-stream@3.3.7", false),
        (told, "pkg:npm/event-stream@3.*", true),
        (told, "pkg:npm/event-stream@4.*", false),
        (told, "pkg:npm/event-stream@*", true),
        (told, "pkg:npm/other@*", false),
        (told, "pkg:npm/@evil/event-*", false),
        (untold, "pkg:npm/event-stream@3.3.6", true),
        (untold, "pkg:npm/event-stream@3.*", true),
        (untold, "pkg:npm/event-stream@*", true),
        (untold, "pkg:npm/other@3.*", false),
        (untold, "pkg:pypi/event-stream@3.*", false),
        (own, "pkg:npm/event-stream@3.3.6", true),
        // Where the two differ, both count.
        (own, "pkg:npm/event-stream@4", true),
        (own, "pkg:npm/event-stream@4*", true),
        (own, "pkg:npm/event-stream@3.*", true),
        (own, "event-stream@4", true),
        (own, "pkg:npm/event-stream@5", false),
    ] {
        assert_eq!(is_denied(package, pattern), denied, "{package} {pattern}");
    }
}

#[test]
fn a_package_without_a_url_may_be_the_one_that_a_url_names() {
    let plain = r#"{"name": "Event-Stream", "version": "3.3.6"}"#;
    let grouped = r#"{"group": "@evil", "name": "event-stream"}"#;
    let joined = r#"{"name": "@evil/event-stream"}"#;
    let other = r#"{"name": "event-stream", "version": "3.3.6", "purl": "pkg:pypi/event-stream"}"#;
    for (package, pattern, denied) in [
        (plain, "pkg:npm/event-stream", true),
        (plain, "pkg:npm/event-stream@3.3.6", true),
        (plain, "pkg:npm/event-stream@3.3.7", false),
        (plain, "pkg:npm/%40evil/event-stream", true),
        (plain, "pkg:npm/event", false),
        // The beginning of a URL names a type first, and that is not told.
        (plain, "pkg:npm/*", false),
        (grouped, "pkg:npm/%40evil/event-stream", true),
        (grouped, "pkg:npm/%40good/event-stream", false),
        (grouped, "pkg:npm/event-stream", false),
        (joined, "pkg:npm/%40evil/event-stream", true),
        (joined, "pkg:npm/event-stream", false),
        (other, "pkg:npm/event-stream", false),
    ] {
        assert_eq!(is_denied(package, pattern), denied, "{package} {pattern}");
    }
}

fn is_denied(package: &str, pattern: &str) -> bool {
    let document = inventory(package);
    let patterns = vec![PackagePattern::parse(pattern).unwrap()];
    let rules = InventoryRules::new(patterns, Vec::new()).unwrap();
    !rules.judge(document.inventory().unwrap()).is_empty()
}

#[test]
fn a_pattern_that_could_be_misunderstood_is_refused() {
    for (pattern, error) in [
        ("", PatternError::Empty),
        ("  ", PatternError::Empty),
        ("a@", PatternError::Empty),
        ("log4j-core@<2.15.0", PatternError::Range),
        ("log4j-core@>=2.0", PatternError::Range),
        ("log4j-core@^2", PatternError::Range),
        ("log4j-core@!=2", PatternError::Range),
        ("pkg:npm", PatternError::PackageUrl),
        ("pkg:npm/%zz", PatternError::PackageUrl),
        ("pkg:npm/%40evil/*", PatternError::PackageUrl),
        ("pkg:npm/a*?x=y", PatternError::PackageUrl),
    ] {
        assert_eq!(PackagePattern::parse(pattern), Err(error), "{pattern}");
    }
    assert_eq!(
        PackagePattern::parse(&"a".repeat(257)),
        Err(PatternError::TooLong)
    );
    for pattern in [
        "MIT OR GPL-2.0-only",
        "(MIT)",
        "MIT and X",
        "MIT WITH",
        "A WITH B C",
    ] {
        assert_eq!(
            LicensePattern::parse(pattern),
            Err(PatternError::License),
            "{pattern}"
        );
    }
    let many = vec![PackagePattern::parse("a").unwrap(); 257];
    assert_eq!(
        InventoryRules::new(many, Vec::new()),
        Err(PatternError::TooMany)
    );
}

#[test]
fn package_urls_are_taken_apart_as_their_specification_says() {
    for (text, kind, namespace, name, version) in [
        (
            "pkg:npm/%40angular/animation@12.3.1",
            "npm",
            "@angular",
            "animation",
            Some("12.3.1"),
        ),
        (
            "pkg:npm/@angular/animation@12.3.1",
            "npm",
            "@angular",
            "animation",
            Some("12.3.1"),
        ),
        (
            "pkg:npm/@angular/animation",
            "npm",
            "@angular",
            "animation",
            None,
        ),
        (
            "pkg:golang/google.golang.org/genproto@abcdedf#googleapis/api",
            "golang",
            "google.golang.org",
            "genproto",
            Some("abcdedf"),
        ),
        (
            "PKG:PyPI/Django_package@1.11",
            "pypi",
            "",
            "django-package",
            Some("1.11"),
        ),
        (
            "pkg://deb/Debian/curl@7.50.3-1?arch=i386&distro=jessie",
            "deb",
            "debian",
            "curl",
            Some("7.50.3-1"),
        ),
        (
            "pkg:oci/Debian@sha256%3A244f?repository_url=docker.io/library/debian",
            "oci",
            "",
            "debian",
            Some("sha256:244f"),
        ),
        ("pkg:generic/a@1%2B2", "generic", "", "a", Some("1+2")),
    ] {
        let url = PackageUrl::parse(text).unwrap();
        assert_eq!(
            (url.kind(), url.namespace(), url.name(), url.version()),
            (kind, namespace, name, version),
            "{text}"
        );
        assert_eq!(url.as_str(), text);
    }
    for text in [
        "",
        "pkg:",
        "pkg:npm",
        "pkg:npm/",
        "npm/a",
        "pkg:n pm/a",
        "pkg:npm/%4",
        "pkg:npm/%ff",
    ] {
        assert!(
            PackageUrl::parse(text).is_err(),
            "{text}: {:?}",
            PackageUrl::parse(text)
        );
    }
}
