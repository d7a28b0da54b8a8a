//! Policies that change, break and vanish while the program runs.

use super::*;

#[tokio::test]
async fn changed_policies_come_into_force_and_broken_ones_admit_nothing() {
    let files = Files::new(UNCHECKED);
    let running = files.start(&[]).await;
    let client = client(&files.authority).build().unwrap();
    assert!(allowed(&client, &running).await.unwrap().0);
    files.write("policy.yaml", REJECT);
    eventually(async || !allowed(&client, &running).await.unwrap().0).await;
    files.write("policy.yaml", "apiVersion: [unclosed\n");
    let failed = r#"doorward_reloads_total{outcome="failed",source="policies"} 1"#;
    eventually(async || health(&running, "/metrics").await.1.contains(failed)).await;
    assert!(
        !allowed(&client, &running).await.unwrap().0,
        "what is broken admits nothing"
    );
    assert_eq!(health(&running, "/readyz").await.0, 200);
    files.write("policy.yaml", UNCHECKED);
    eventually(async || allowed(&client, &running).await.unwrap().0).await;
}

#[tokio::test]
async fn a_broken_change_is_counted_once_although_it_is_looked_at_twice() {
    let files = Files::new(UNCHECKED);
    let running = files.start(&[]).await;
    let client = client(&files.authority).build().unwrap();
    files.write("policy.yaml", "apiVersion: [unclosed\n");
    eventually(async || !allowed(&client, &running).await.unwrap().0).await;
    files.write("policy.yaml", UNCHECKED);
    eventually(async || allowed(&client, &running).await.unwrap().0).await;
    let failed = r#"doorward_reloads_total{outcome="failed",source="policies"} 1"#;
    let counted = health(&running, "/metrics").await.1;
    assert!(counted.contains(failed), "{counted}");
}

#[tokio::test]
async fn a_pipe_among_the_policies_ends_neither_reloading_nor_the_program() {
    let files = Files::new(UNCHECKED);
    fs::create_dir(files.path("more")).unwrap();
    let more = files.path("more").display().to_string();
    let running = files.start(&["-f", &more]).await;
    let client = client(&files.authority).build().unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(files.path("more/fifo.yaml"))
        .status();
    assert!(made.unwrap().success());
    eventually(async || {
        health(&running, "/readyz")
            .await
            .1
            .contains("wrong in policies or beside them: 1")
    })
    .await;
    assert!(allowed(&client, &running).await.unwrap().0);
    files.write("policy.yaml", REJECT);
    eventually(async || !allowed(&client, &running).await.unwrap().0).await;
    // Whether something changed or nothing did, with the pipe there.
    for _ in 0..2 {
        let before = last_look(&running).await;
        eventually(async || last_look(&running).await > before).await;
    }
    running.stop(Duration::ZERO, Duration::from_secs(1)).await;
}

#[tokio::test]
async fn a_broken_neighbour_freezes_no_policy_and_the_program_starts_beside_it() {
    const BROKEN: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: app}\ndata:\n  password: ENC[AES256_GCM,data:x]\n";
    let files = Files::new(UNCHECKED);
    fs::create_dir(files.path("more")).unwrap();
    files.write("more/db.yaml", BROKEN);
    files.write("more/kustomization.yaml", "resources: [db.yaml]\n");
    let more = files.path("more").display().to_string();
    let running = files.start(&["-f", &more]).await;
    let client = client(&files.authority).build().unwrap();
    assert!(allowed(&client, &running).await.unwrap().0);
    let (status, text) = health(&running, "/readyz").await;
    assert!(
        status == 200 && text.contains("wrong in policies or beside them: 1"),
        "{text}"
    );
    assert!(
        health(&running, "/metrics")
            .await
            .1
            .contains("doorward_policy_faults 1")
    );
    files.write("policy.yaml", REJECT);
    eventually(async || !allowed(&client, &running).await.unwrap().0).await;
    fs::remove_file(files.path("more/db.yaml")).unwrap();
    eventually(async || health(&running, "/readyz").await.1 == "ok\n").await;
}

#[tokio::test]
async fn a_directory_that_vanishes_is_told_as_long_as_it_is_gone_and_what_was_in_force_stays() {
    let files = Files::new(UNCHECKED);
    fs::create_dir(files.path("more")).unwrap();
    let more = files.path("more").display().to_string();
    let running = files.start(&["-f", &more]).await;
    let client = client(&files.authority).build().unwrap();
    fs::rename(files.path("more"), files.path("away")).unwrap();
    eventually(async || {
        health(&running, "/readyz")
            .await
            .1
            .contains("cannot be looked at")
    })
    .await;
    let metrics = health(&running, "/metrics").await.1;
    assert!(metrics.contains("doorward_policy_faults 1"), "{metrics}");
    assert!(allowed(&client, &running).await.unwrap().0);
    fs::rename(files.path("away"), files.path("more")).unwrap();
    eventually(async || health(&running, "/readyz").await.1 == "ok\n").await;
    let metrics = health(&running, "/metrics").await.1;
    assert!(metrics.contains("doorward_policy_faults 0"), "{metrics}");
}

#[tokio::test]
async fn a_start_with_a_link_that_leads_nowhere_denies_and_names_the_file() {
    let files = Files::new(UNCHECKED);
    fs::create_dir(files.path("more")).unwrap();
    std::os::unix::fs::symlink("/mnt/not-there/x", files.path("more/floor.yaml")).unwrap();
    let more = files.path("more").display().to_string();
    let running = files.start(&["-f", &more]).await;
    let client = client(&files.authority).build().unwrap();
    let url = format!("https://{}/mutate", running.address);
    let answer = client.post(url).json(&pod(&["r.example/app:1"]));
    let answer: Value = answer.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["response"]["allowed"], false);
    let message = answer["response"]["status"]["message"].as_str().unwrap();
    assert!(message.contains("more/floor.yaml"), "{message}");
    fs::remove_file(files.path("more/floor.yaml")).unwrap();
    eventually(async || allowed(&client, &running).await.unwrap().0).await;
}

#[tokio::test]
async fn rules_that_weaken_are_in_force_after_the_second_look_and_counted() {
    let files = Files::new(REJECT);
    let running = files.start(&[]).await;
    let client = client(&files.authority).build().unwrap();
    assert!(!allowed(&client, &running).await.unwrap().0);
    files.write("policy.yaml", UNCHECKED);
    let held = r#"doorward_reloads_total{outcome="held",source="policies"} 1"#;
    eventually(async || health(&running, "/metrics").await.1.contains(held)).await;
    assert!(
        !allowed(&client, &running).await.unwrap().0,
        "not after one look"
    );
    eventually(async || allowed(&client, &running).await.unwrap().0).await;
}
