//! What Portieris does with IBM Vulnerability Advisor, by what its own unit tests are given.
//!
//! The requests differ in one thing by design: the advisor is asked for the digest, also where the image is named by a tag.

use doorward::core::Code;
use doorward::{Decision, Verdict};
use doorward_testkit::{Advisor, Endpoint, Fault, FaultRule};
use serde_yaml::Value;

use super::advisor_site::{ADVISOR, NAME, Site, user};
use super::{Judged, text};

/// How a decision went: the code of the refusal, and what was asked of the two services.
struct Went {
    code: Option<Code>,
    verdict: Verdict,
    asked: Vec<String>,
    accounts: Vec<Option<String>>,
}

pub(crate) async fn judge(case: &Value) -> Judged {
    let given = case.get("given").cloned().unwrap_or_default();
    let site = match given.get("account").and_then(Value::as_str) {
        None if text(case, "id") != "va019" => Site::under(ADVISOR).await,
        account => {
            let account = account.unwrap_or("anaccount");
            let body = format!("vulnerability: {{ICCRVA: {{enabled: true, account: {account}}}}}");
            Site::under(&body).await
        }
    };
    let basic = ["main GET basic 200"];
    match text(case, "id") {
        "va002" | "va003" | "va004" => {
            let went = says(site, text(&given, "status")).await;
            expect(went.code.is_none() && went.asked == basic, &went)
        }
        "va005" => {
            let status = text(&given, "status");
            let status = if status.is_empty() { "BLOCK" } else { status }.to_owned();
            let went = says(site, &status).await;
            let message = went.verdict.message();
            let is_named = message.contains(NAME) && message.contains(&status);
            expect(
                refused(&went, "vulnerability-status-failed") && is_named,
                &went,
            )
        }
        "va006" => {
            let went = fails(site, &[403], 1).await;
            expect(refused(&went, "registry-unauthorized"), &went)
        }
        "va008" => {
            let mut site = site;
            site.credentials = vec![user("alice", "hunter2")];
            site.advisor.say(&site.scanned(), "OK");
            let verdict = site.decide_about(&site.scanned()).await;
            let path = site.advisor.requests()[0].path.clone();
            let is_same = path == Advisor::path(&site.scanned());
            expect(is_same, &went(&site, verdict))
        }
        "va009" => {
            let went = says(site, "OK").await;
            expect(went.accounts == [Some("anaccount".to_owned())], &went)
        }
        "va010" => {
            let went = fails(site, &[401, 403], 3).await;
            let is_third = went.asked.len() == 3 && went.asked[2..] == basic;
            expect(went.code.is_none() && is_third, &went)
        }
        // The client asks again after 502, 503 and 504, and not after 500, which another try rarely mends.
        "va012" => {
            let went = fails(site, &[503, 502, 500], 1).await;
            expect(
                refused(&went, "registry-unavailable") && went.asked.len() == 3,
                &went,
            )
        }
        "va015" => {
            let mut site = site;
            site.credentials = vec![user("alice", "hunter2")];
            site.advisor.answer(&site.scanned(), "{\"status\": 1}");
            let verdict = site.decide().await;
            let went = went(&site, verdict);
            expect(
                refused(&went, "registry-malformed") && went.asked == basic,
                &went,
            )
        }
        "va019" => {
            site.advisor.say(&site.scanned(), "OK");
            let verdict = site.decide().await;
            let went = went(&site, verdict);
            let asked = ["token POST - 200", "main GET bearer 200"];
            let accounts = [None, Some("anaccount".to_owned())];
            let is_right = went.asked == asked && went.accounts == accounts;
            expect(went.code.is_none() && is_right, &went)
        }
        // The set-up of an exchange and the exchange are one thing here.
        "va020" | "va021" => {
            site.advisor.say(&site.scanned(), "OK");
            site.advisor
                .fault(FaultRule::new(Fault::Status(500)).at(Endpoint::Token));
            let verdict = site.decide().await;
            let went = went(&site, verdict);
            // This advisor knows no user of that name, so that it refuses it.
            let asked = ["token POST - 500", "main GET basic 401"];
            expect(
                refused(&went, "registry-unavailable") && went.asked == asked,
                &went,
            )
        }
        "va023" => {
            let mut site = site;
            site.advisor.say(&site.scanned(), "OK");
            site.fetcher = Some(site.asks());
            let _ = site.decide().await;
            let verdict = site.decide().await;
            let went = went(&site, verdict);
            let exchanges = went.asked.iter().filter(|it| it.starts_with("token"));
            let is_once = exchanges.count() == 1 && went.asked.len() == 3;
            expect(went.code.is_none() && is_once, &went)
        }
        other => Err(format!("expected a known case, got {other} (code -)")),
    }
}

/// A decision where the advisor says this to the first credential.
async fn says(mut site: Site, status: &str) -> Went {
    site.credentials = vec![user("alice", "hunter2")];
    site.advisor.say(&site.scanned(), status);
    let verdict = site.decide().await;
    went(&site, verdict)
}

/// A decision where the advisor answers with these statuses first, and the image has so many credentials.
async fn fails(mut site: Site, statuses: &[u16], credentials: usize) -> Went {
    let others = (1..credentials).map(|number| user(&format!("user{number}"), "hunter2"));
    site.credentials = others.chain([user("alice", "hunter2")]).collect();
    site.advisor.say(&site.scanned(), "OK");
    for status in statuses {
        site.advisor
            .fault(FaultRule::new(Fault::Status(*status)).times(1));
    }
    let verdict = site.decide().await;
    went(&site, verdict)
}

fn went(site: &Site, verdict: Verdict) -> Went {
    let requests = site.advisor.requests();
    let told = |it: &doorward_testkit::RecordedRequest| {
        let status = it.status.map_or(0, |status| status.as_u16());
        let shown = it.authorization_scheme().unwrap_or("-".to_owned());
        format!("{} {} {shown} {status}", it.endpoint, it.method)
    };
    Went {
        code: verdict.code(),
        verdict,
        asked: requests.iter().map(told).collect(),
        accounts: requests
            .iter()
            .map(|it| it.header("account").map(str::to_owned))
            .collect(),
    }
}

fn refused(went: &Went, code: &str) -> bool {
    went.verdict.decision() == Decision::Deny && went.code.is_some_and(|it| it.as_str() == code)
}

fn expect(is_right: bool, went: &Went) -> Judged {
    if is_right {
        return Ok(());
    }
    let code = went.code.map_or("none", |code| code.as_str());
    Err(format!("got {:?} (code {code})", went.asked))
}
