//! The files under deploy/: they are read as YAML, and what they say is what the program understands.

use crate::harness::program::{earmark, earmark_with};
use serde::Deserialize;
use serde_norway::Value;
use std::collections::BTreeSet;
use std::path::Path;

fn text(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn documents(name: &str) -> Vec<Value> {
    let text = text(name);
    let read = |document| {
        let mut value = Value::deserialize(document).unwrap_or_else(|error| panic!("{name}: {error}"));
        value.apply_merge().unwrap_or_else(|error| panic!("{name}: {error}"));
        value
    };
    serde_norway::Deserializer::from_str(&text).map(read).collect()
}

/// The settings that the program knows, as variables.
fn variables() -> BTreeSet<String> {
    let run = earmark(&["config", "check", "--database", "sqlite:unused.db"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let keys = run.out.lines().filter_map(|line| line.split_whitespace().next());
    keys.map(|key| format!("EARMARK_{}", key.to_uppercase())).collect()
}

fn words(value: &Value) -> Vec<String> {
    value.as_sequence().expect("a list").iter().map(|one| one.as_str().expect("a word").to_owned()).collect()
}

fn of_kind<'a>(all: &'a [Value], kind: &str) -> Vec<&'a Value> {
    all.iter().filter(|one| one["kind"] == kind).collect()
}

#[test]
fn every_process_on_kubernetes_has_probes_limits_and_few_rights() {
    let all = documents("deploy/kubernetes.yaml");
    let deployments = of_kind(&all, "Deployment");
    let mut roles = Vec::new();
    for deployment in &deployments {
        let pod = &deployment["spec"]["template"]["spec"];
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        assert_eq!(pod["automountServiceAccountToken"], false);
        // Longer than the service takes to end its last requests.
        assert!(pod["terminationGracePeriodSeconds"].as_u64().expect("seconds") > 20);
        let container = &pod["containers"][0];
        let ports = container["ports"][0]["name"].as_str().expect("a name");
        for (probe, path) in [("startupProbe", "/health"), ("livenessProbe", "/health"), ("readinessProbe", "/ready")] {
            assert_eq!(container[probe]["httpGet"]["path"], path, "{probe}");
            assert_eq!(container[probe]["httpGet"]["port"], ports, "{probe}");
        }
        for bound in ["requests", "limits"] {
            assert!(
                container["resources"][bound]["memory"].is_string() && container["resources"][bound]["cpu"].is_string()
            );
        }
        let rights = &container["securityContext"];
        assert_eq!(
            (&rights["allowPrivilegeEscalation"], &rights["readOnlyRootFilesystem"]),
            (&false.into(), &true.into())
        );
        assert_eq!(words(&rights["capabilities"]["drop"]), ["ALL"]);
        roles.push(words(&container["args"]));
    }
    roles.sort();
    assert_eq!(roles, [["serve", "--role", "web"], ["serve", "--role", "worker"]]);
}

#[test]
fn what_selects_processes_on_kubernetes_finds_them() {
    let all = documents("deploy/kubernetes.yaml");
    let labels: Vec<&Value> =
        of_kind(&all, "Deployment").iter().map(|one| &one["spec"]["template"]["metadata"]["labels"]).collect();
    let finds = |selector: &Value| {
        let wanted = selector.as_mapping().expect("labels");
        labels.iter().filter(|labels| wanted.iter().all(|(key, value)| labels.get(key) == Some(value))).count()
    };
    for deployment in of_kind(&all, "Deployment") {
        assert_eq!(finds(&deployment["spec"]["selector"]["matchLabels"]), 1);
    }
    let budgets = of_kind(&all, "PodDisruptionBudget");
    assert_eq!(budgets.len(), 2, "one for web, one for workers");
    for budget in budgets {
        assert_eq!(finds(&budget["spec"]["selector"]["matchLabels"]), 1);
        assert!(budget["spec"].get("minAvailable").is_some() || budget["spec"].get("maxUnavailable").is_some());
    }
    assert_eq!(finds(&of_kind(&all, "Service")[0]["spec"]["selector"]), 1, "requests go to web processes alone");
    let web = of_kind(&all, "Deployment")[0];
    assert_eq!(web["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"], 0);
}

#[test]
fn every_variable_that_deploy_sets_is_one_that_the_program_reads() {
    let known = variables();
    let mut set = BTreeSet::new();
    for config in of_kind(&documents("deploy/kubernetes.yaml"), "ConfigMap") {
        set.extend(config["data"].as_mapping().expect("data").keys().map(|key| key.as_str().expect("text").to_owned()));
    }
    let compose = &documents("deploy/compose.yaml")[0];
    for service in ["web", "worker"] {
        let environment = compose["services"][service]["environment"].as_mapping().expect("variables");
        set.extend(environment.keys().map(|key| key.as_str().expect("text").to_owned()));
    }
    for file in ["deploy/kubernetes.yaml", "deploy/Dockerfile", "docs/operating.md"] {
        let text = text(file);
        let words = text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
        let ours = words.filter(|word| word.starts_with("EARMARK_") && !word.starts_with("EARMARK_TEST_"));
        set.extend(ours.map(str::to_owned));
    }
    assert!(set.len() > 5, "{set:?}");
    let unknown: Vec<&String> = set.iter().filter(|name| !known.contains(*name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn every_process_of_compose_is_bounded_and_starts_when_its_database_is_there() {
    let compose = &documents("deploy/compose.yaml")[0];
    let services = compose["services"].as_mapping().expect("services");
    for (name, service) in services {
        assert!(service["deploy"]["resources"]["limits"]["memory"].is_string(), "{name:?}");
        assert!(service["restart"].is_string(), "{name:?}");
    }
    for (name, role) in [("web", "web"), ("worker", "worker")] {
        let service = &compose["services"][name];
        assert_eq!(words(&service["command"]), ["serve", "--role", role]);
        assert_eq!(service["depends_on"]["postgres"]["condition"], "service_healthy");
        assert_eq!((&service["read_only"], &service["user"]), (&true.into(), &"65532:65532".into()));
        assert!(service["stop_grace_period"].is_string());
    }
    assert!(compose["services"]["postgres"]["healthcheck"]["test"].is_sequence());
    let volumes = compose["volumes"].as_mapping().expect("volumes");
    for name in ["postgres", "qdrant"] {
        assert!(volumes.contains_key(name), "what {name} keeps outlives it");
    }
}

#[test]
fn the_image_is_built_in_two_stages_and_runs_as_nobody_in_particular() {
    let text = text("deploy/Dockerfile");
    let stages: Vec<&str> = text.lines().filter(|line| line.starts_with("FROM ")).collect();
    assert_eq!(stages.len(), 2, "{stages:?}");
    assert!(stages[0].ends_with(" AS build") && stages[1].contains("nonroot"), "{stages:?}");
    let last = text.rsplit("FROM ").next().expect("a stage");
    let user = last.lines().find_map(|line| line.strip_prefix("USER ")).expect("a user");
    assert!(!user.starts_with('0') && user != "root", "{user}");
    // The toolchain is no older than what the crate asks for.
    let wanted = text_of_key("rust-version");
    assert!(stages[0].contains(&format!("rust:{wanted}")), "{} and rust-version {wanted}", stages[0]);
    let entry = last.lines().find_map(|line| line.strip_prefix("ENTRYPOINT ")).expect("an entry point");
    let copied = last.lines().find(|line| line.starts_with("COPY --from=build")).expect("the program");
    assert!(copied.ends_with(entry.trim_matches(['[', ']', '"'])), "{copied} and {entry}");
    // Everything that the build reads is sent to it.
    let ignored = self::text(".dockerignore");
    for needed in
        ["Cargo.toml", "Cargo.lock", "askama.toml", "prices.toml", "README.md", "src", "models", "prompts", "rubrics"]
    {
        assert!(ignored.lines().any(|line| line == format!("!{needed}")), "{needed} is left out");
    }
}

fn text_of_key(key: &str) -> String {
    let manifest = text("Cargo.toml");
    let line = manifest.lines().find(|line| line.starts_with(key)).expect("a line");
    line.split('"').nth(1).expect("a value").to_owned()
}

#[test]
fn the_settings_of_the_image_are_read() {
    let run = earmark_with(
        &["config", "check", "--database", "sqlite:unused.db"],
        &[("EARMARK_LISTEN", "0.0.0.0:8340"), ("EARMARK_LOG", "json"), ("EARMARK_ROLE", "worker")],
    );
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("0.0.0.0:8340") && run.out.contains("EARMARK_ROLE"), "{}", run.out);
}
