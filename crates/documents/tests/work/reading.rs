//! What reading costs.

use doorward_documents::{Document, DocumentError, bounds};

use crate::made;

fn read(text: &str) -> Document {
    Document::read(text.as_bytes(), None).unwrap()
}

/// That twice as much of each part is at most a little more than twice the work and memory; a product would be four times.
fn is_linear(make: impl Fn(usize) -> String) {
    let (one, two) = (make(1), make(2));
    let (small, large) = (read(&one), read(&two));
    for (name, small, large) in [
        ("steps", small.steps(), large.steps()),
        ("bytes", small.held(), large.held()),
    ] {
        let start = &one[..60];
        assert!(large * 10 <= small * 22, "{name} {small} {large}: {start}");
    }
    // Beside what is allowed to every document.
    assert!(large.steps() <= bounds::STEPS_PER_BYTE * two.len());
    assert!(large.held() <= bounds::HELD_PER_BYTE * two.len());
}

#[test]
fn a_long_rule_with_many_results_costs_the_sum_of_both() {
    is_linear(|times| made::sarif(times * 20_000, times * 100_000));
}

#[test]
fn components_of_one_reference_and_what_affects_them_cost_the_sum_of_both() {
    is_linear(|times| made::cyclonedx(times * 4_000, times * 10_000));
}

#[test]
fn a_licence_of_many_names_and_packages_under_it_cost_the_sum_of_both() {
    is_linear(|times| made::spdx2(times * 500, times * 5_000));
}

#[test]
fn a_long_licence_and_many_packages_under_it_cost_the_sum_of_both() {
    is_linear(|times| made::spdx3(times * 30_000, times * 2_000));
}

#[test]
fn sets_of_licences_that_have_each_other_twice_cost_no_power_of_two() {
    is_linear(|times| made::nested(times * 8, times * 1_000));
}

#[test]
fn rows_of_a_report_cost_what_they_are() {
    is_linear(|times| made::trivy(times * 10_000));
}

#[test]
fn what_is_said_once_is_held_once() {
    let report = read(&made::sarif(1_000, 10_000));
    let findings = report.scan().unwrap().findings();
    for finding in findings {
        assert_eq!(finding.id().as_ptr(), findings[0].id().as_ptr());
        assert_eq!(
            finding.aliases().next().map(str::as_ptr),
            findings[0].aliases().next().map(str::as_ptr)
        );
        let places = |one: &doorward_documents::Finding| one.purls().map(std::ptr::from_ref).next();
        assert_eq!(places(finding), places(&findings[0]));
    }
    for text in [made::spdx2(10, 100), made::spdx3(1_000, 100)] {
        let document = read(&text);
        let packages = document.inventory().unwrap().packages();
        assert_eq!(packages.len(), 100);
        for package in packages {
            assert_eq!(
                package.licenses()[0].as_str().as_ptr(),
                packages[0].licenses()[0].as_str().as_ptr()
            );
        }
    }
    let document = read(&made::cyclonedx(10, 100));
    let findings = document.scan().unwrap().findings();
    let first = document.inventory().unwrap().packages()[0].purls().as_ptr();
    for finding in findings {
        assert_eq!(finding.purls().map(std::ptr::from_ref).next(), Some(first));
        assert_eq!(finding.purls().count(), 10);
    }
}

#[test]
fn a_document_at_its_bounds_is_read() {
    for text in [
        made::sarif(bounds::FINDINGS, 2_000_000),
        made::trivy(bounds::FINDINGS),
        made::spdx2(10_000, 50_000),
        made::cyclonedx(10_000, bounds::FINDINGS),
    ] {
        let document = read(&text);
        assert!(document.steps() <= bounds::STEPS + bounds::STEPS_PER_BYTE * text.len());
        assert!(document.held() <= 64 << 20, "{}", document.held());
    }
}

#[test]
fn work_that_is_a_product_after_all_is_refused_by_name() {
    let extensions = vec![r#"{"name":"e"}"#; 20_000].join(",");
    let result = r#"{"ruleId":"a","rule":{"toolComponent":{"name":"f"}}}"#;
    let results = vec![result; 20_000].join(",");
    let text = format!(
        r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"t"}},"extensions":[{extensions}]}},"results":[{results}]}}]}}"#
    );
    let limit = bounds::STEPS + bounds::STEPS_PER_BYTE * text.len();
    let error = Document::read(text.as_bytes(), None).unwrap_err();
    assert_eq!(
        error,
        DocumentError::TooCostly {
            what: "steps",
            limit
        }
    );
    assert_eq!(
        error.to_string(),
        format!("reading it takes more than {limit} steps, the most for a document of its size")
    );
}

#[test]
fn a_licence_beyond_its_bound_is_refused() {
    let read = |bytes: usize| {
        let name = "x".repeat(bytes);
        let text = format!(
            r#"{{"spdxVersion":"SPDX-2.3","packages":[{{"name":"a","licenseDeclared":"{name}"}}]}}"#
        );
        Document::read(text.as_bytes(), None).map(|_| ())
    };
    assert_eq!(read(bounds::LICENSE), Ok(()));
    assert_eq!(
        read(bounds::LICENSE + 1),
        Err(DocumentError::TooMany {
            what: "bytes of a licence",
            limit: bounds::LICENSE
        })
    );
}
