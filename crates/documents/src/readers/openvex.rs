//! OpenVEX 0.2.

use doorward_core::json::Value;
use doorward_core::{Digest, Timestamp};

use crate::member::{Node, push};
use crate::{DocumentError, PackageUrl, Product, Statement, Status, Vex, bounds};

use super::Content;

pub(super) fn read(root: &Node<'_>) -> Result<Content, DocumentError> {
    root.without_twins(&["author", "timestamp", "statements"])?;
    // "Document Struct Fields": both are required.
    let author = root.required_name("author")?.to_owned();
    let timestamp = root
        .time("timestamp")?
        .ok_or_else(|| root.malformed("an object with a timestamp"))?;
    let mut statements = Vec::new();
    for statement in root.elements("statements")? {
        push(
            &mut statements,
            read_statement(&statement, timestamp)?,
            "statements",
            bounds::STATEMENTS,
        )?;
    }
    Ok(Content {
        vex: Some(Vex {
            author,
            timestamp,
            statements,
        }),
        ..Content::default()
    })
}

fn read_statement(statement: &Node<'_>, inherited: Timestamp) -> Result<Statement, DocumentError> {
    statement.without_twins(&[
        "vulnerability",
        "status",
        "justification",
        "impact_statement",
        "products",
        "timestamp",
    ])?;
    let Some(subject) = statement.member("vulnerability")? else {
        return Err(statement.malformed("an object with a vulnerability"));
    };
    subject.without_twins(&["name", "aliases"])?;
    let mut vulnerability = vec![subject.required_name("name")?.to_owned()];
    for alias in subject.elements("aliases")? {
        push(
            &mut vulnerability,
            alias.as_text()?.to_owned(),
            "aliases of a vulnerability",
            bounds::ALIASES,
        )?;
    }
    let status = statement
        .required_name("status")?
        .parse()
        .map_err(|_| statement.malformed("a statement with a status of OpenVEX 0.2"))?;
    let mut justification = None;
    for member in ["justification", "impact_statement"] {
        if justification.is_none() {
            justification = statement
                .text(member)?
                .filter(|text| !text.is_empty())
                .map(str::to_owned);
        }
    }
    // "Status Labels": `not_affected` needs one of the two.
    if status == Status::NotAffected && justification.is_none() {
        return Err(statement.malformed("a justification or impact statement with `not_affected`"));
    }
    let mut products = Vec::new();
    for product in statement.elements("products")? {
        products.push(read_product(&product)?);
    }
    let texts = vulnerability.iter().map(|id| 32 + id.len()).sum::<usize>();
    let why = justification.as_ref().map_or(0, String::len);
    statement
        .effort()
        .hold(size_of::<Statement>() + texts + why)?;
    Ok(Statement {
        vulnerability,
        products,
        status,
        justification,
        timestamp: statement.time("timestamp")?.unwrap_or(inherited),
    })
}

fn read_product(product: &Node<'_>) -> Result<Product, DocumentError> {
    product.without_twins(&["@id", "identifiers", "hashes", "subcomponents"])?;
    product.effort().hold(size_of::<Product>())?;
    let mut digests = Vec::new();
    for purl in purls(product)? {
        digests.extend(purl.image_digest());
    }
    if let Some(hashes) = product.member("hashes")? {
        hashes.without_twins(&["sha-256", "sha-512"])?;
        for (algorithm, value) in hashes.value().as_object().unwrap_or_default() {
            // The names are those of IANA's Named Information Hash Algorithm Registry.
            let algorithm = match algorithm.as_str() {
                "sha-256" => "sha256",
                "sha-512" => "sha512",
                _ => continue,
            };
            let digest: Option<Digest> = value.as_str().and_then(|hex| {
                format!("{algorithm}:{}", hex.to_ascii_lowercase())
                    .parse()
                    .ok()
            });
            digests.push(digest.ok_or_else(|| hashes.malformed("hashes in hexadecimal digits"))?);
        }
    }
    let parts = match product.member("subcomponents")? {
        None => None,
        Some(list) => {
            // An empty list is a restriction to nothing, and not one that was left out.
            let Value::Array(_) = list.value() else {
                return Err(list.malformed("an array"));
            };
            let mut parts = Vec::new();
            for part in product.elements("subcomponents")? {
                part.without_twins(&["@id", "identifiers"])?;
                parts.extend(purls(&part)?);
            }
            Some(parts)
        }
    };
    Ok(Product { digests, parts })
}

/// The package URLs of a product or part: its `@id`, if that is one, and its identifier `purl`.
fn purls(component: &Node<'_>) -> Result<Vec<PackageUrl>, DocumentError> {
    let mut purls = Vec::new();
    if let Some(id) = component.name("@id")?
        && id
            .get(..4)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("pkg:"))
    {
        purls.extend(component.purl("@id")?);
    }
    if let Some(identifiers) = component.member("identifiers")? {
        identifiers.without_twins(&["purl"])?;
        purls.extend(identifiers.purl("purl")?);
    }
    Ok(purls)
}
