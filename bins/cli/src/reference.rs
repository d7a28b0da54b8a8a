//! The command line reference of the book, generated from the description of the command line.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

/// All commands and options as a page of Markdown.
pub(crate) fn page(mut command: Command) -> String {
    command.build();
    let mut out = String::from(
        "# Command line\n\n<!-- Generated from the source of the command; do not edit by hand. -->\n\n",
    );
    section(&command, &mut out);
    out.push_str(CONFIGURATION);
    out.push_str(MATCH);
    out.push_str(INSPECT);
    out.push_str(TRUST);
    out.push_str(NOT_HERE);
    out
}

/// The file that stands in for options.
const CONFIGURATION: &str = "\
## Configuration file

`--config FILE`, else `doorward.yaml` in the working directory (its use is announced on standard error), else
`$XDG_CONFIG_HOME/doorward/config.yaml` or `~/.config/doorward/config.yaml`. A name that is not listed here is refused.
Relative paths are relative to the file.

```yaml
filename: [policies/]
namespace: team
homeNamespace: doorward
serviceAccount: deployer
output: table
color: auto
layout: images/
offline: false
mirror: {docker.io: mirror.example/hub}
plainHttp: [\"localhost:5000\"]
allowAddress: [10.0.0.0/8]
trustRoot: [sigstore=https://mirror.example/sigstore-tuf]
sharedSecretNamespace: [public-keys]
caFile: ca.pem
certsDir: certs.d/
timeout: 30s
stateDir: state/
# instead of filename:
# containersPolicy: /etc/containers/policy.json
# registriesD: /etc/containers/registries.d
# or:
# trustPolicy: notation/trustpolicy.oci.json
# trustStore: notation/truststore
# revocation: notation/revocation
```

A variable that is set to nothing counts as not set; lists in variables are separated by commas. Of `filename`,
`containersPolicy` and `trustPolicy` the one from the strongest source counts.

A file that an option or an argument names, or `REGISTRY_AUTH_FILE`, may be a pipe, as a shell makes for `<(…)`, and is
read to its end. A pipe that nobody has open for writing is refused at once, and so are devices and sockets. What lies in a
directory, and what a file names in turn, must be a regular file, and so must `--replay` and `--layout`.

Credentials for registries come from the pull Secrets of the ServiceAccount in the files, then from the file that
`REGISTRY_AUTH_FILE` names, else from `$DOCKER_CONFIG/config.json` or `~/.docker/config.json` and the credential helpers
named there.

";

/// The published form of `policy match`.
const MATCH: &str = "\
## What `policy match -o json` says

| field | |
|---|---|
| `image` | the image as written |
| `reference` | the same, normalised |
| `scope` | whose policies were searched: `namespace`, `cluster`, `containers` or `notation`; `null` if there are none |
| `policy` | the name of the policy object or file of the first entry, or `null` |
| `entry` | the pattern or scope of the first entry, or `null` |
| `entries[]` | every entry that governs the image, in order; all must pass |
| `entries[].kind`, `.namespace`, `.policy`, `.entry` | where it comes from |
| `entries[].floor` | whether it belongs to a floor |
| `entries[].mode` | `enforce`, `warn` or `audit`; `null` where the entry has an error |
| `entries[].demands` | the checks it demands; empty where images pass unchecked or the entry has an error |
| `entries[].unchecked` | whether images pass unchecked |
| `entries[].error` | why the entry denies whatever it governs, or `null` |
| `verdict` | `selected`, `no-match` or `no-policy`; the last two deny the image and end with 4 |

For several images it is a list of these.

";

/// The published form of `inspect`.
const INSPECT: &str = "\
## What `inspect -o json` says

An `ImageInspection` of `inspect.doorward.dev/v1`. `digest` and `manifest` are `null` where the registry does not have the
image and a signed collection was shown all the same. `signatures[].unverified` is what simple signatures claim.
`referrers[]` is what refers to the image: `digest`, `mediaType`, `artifactType`, `size`, `depth`, `of` (the place in this list
of what it refers to, absent for the image), `unreadable` (why it cannot be shown), and for signatures of the Notary Project
`unverified`, what they claim: `format`, `signer`, `certificate`, `scheme`, `signedAt`, `agent`, `hasTimestamp`, `digest` and
`digestIsOfSubject`. `trust[]`, absent if
no collection was looked at, has one entry for each policy entry that demands one:

| field | |
|---|---|
| `rule` | the policy entry; absent with `--trust-server` alone |
| `gun`, `servers` | the collection, and where it was asked for |
| `trusted` | how the root comes to be trusted: `pinned`, `imported`, `first-use`; `null` if it is not |
| `untrusted` | why a decision would not begin with this root: `code` and `message`. Everything else is then only what a server says |
| `rootKeys[]` | `id`, `signed`, and the `certificate` with `commonName`, `notBefore`, `notAfter`, `sha256` |
| `roles[]` | verified roles: `role`, `version`, `expires`, `threshold`, `keys`, `signedBy`; delegations also `paths`, how the tags begin that they may sign |
| `released`, `notReleased` | what the image is released as (`tag`, `digest`, `role`), or why it is not |
| `tagCount`, `tags[]` | how many tags are released, and the first thousand: `tag`, `digest`, `releasedBy`, `signers` of the same digest, `dissenters` who signed another |
| `unverified[]` | delegations that could not be verified: `role`, `code`, `message` |
| `remembered` | what the state directory has: `for`, `origin`, `lastVerified`, `lastAsked`, `versions`; or `null` |
| `problem` | why the verification ended before everything was looked at |

";

/// The published forms of the commands under `trust`.
const TRUST: &str = "\
## What `trust pin` and `trust import` say with `-o json`

`trust pin`: a `TrustPin` of `trust.doorward.dev/v1` with `gun`, `source`, `firstUse` (whether only a server says so), `version`,
`expires`, `threshold`, `keys[]` as `rootKeys[]` above, and `rootKeyIds[]`, what to pin.

`trust import`: a `TrustImport` with `collections[]`: `gun`, `servers`, `root` (`version`, `expires`, `keys[]`; `null` if there is
none that holds), `rememberedFor[]`, `knownFor[]` (`cluster`, `namespace/NAME`), and `refused[]` with `for`, `code` and
`message`.

";

/// What a reader may look for and not find.
const NOT_HERE: &str = "\
## Not there yet

`explain`, `bundle`, `policy test` and `policy convert` do not exist in this version.
";

fn section(command: &Command, out: &mut String) {
    let name = command
        .get_bin_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned();
    let _ = writeln!(out, "## `{name}`\n");
    if let Some(about) = command.get_long_about().or_else(|| command.get_about()) {
        let _ = writeln!(out, "{about}\n");
    }
    let usage = command.clone().render_usage().to_string();
    let _ = writeln!(
        out,
        "```text\n{}\n```\n",
        usage.trim_start_matches("Usage: ")
    );
    let subcommands: Vec<&Command> = command
        .get_subcommands()
        .filter(|inner| inner.get_name() != "help")
        .collect();
    if !subcommands.is_empty() {
        out.push_str("| command | does |\n|---|---|\n");
        for inner in &subcommands {
            let about = inner
                .get_about()
                .map(ToString::to_string)
                .unwrap_or_default();
            let _ = writeln!(out, "| `{}` | {about} |", inner.get_name());
        }
        out.push('\n');
    }
    // Options that every command shares are described once, at the top.
    let top = !name.contains(' ');
    let arguments: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version"))
        .filter(|arg| top || !arg.is_global_set())
        .collect();
    if !arguments.is_empty() {
        out.push_str("| option | variable | meaning |\n|---|---|---|\n");
        for arg in arguments {
            row(arg, out);
        }
        out.push('\n');
    }
    if let Some(after) = command.get_after_long_help().filter(|_| top) {
        let _ = writeln!(out, "```text\n{after}\n```\n");
    }
    for inner in subcommands {
        section(inner, out);
    }
}

fn row(arg: &Arg, out: &mut String) {
    let value = arg
        .get_value_names()
        .filter(|_| takes_value(arg))
        .map(|names| {
            names
                .iter()
                .map(|name| format!("<{name}>"))
                .collect::<Vec<_>>()
                .join(" ")
        })
        .unwrap_or_default();
    let spelling = match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long} {value}"),
        (None, Some(long)) => format!("--{long} {value}"),
        (Some(short), None) => format!("-{short} {value}"),
        (None, None) => value,
    };
    let variable = arg
        .get_env()
        .map(|name| format!("`{}`", name.to_string_lossy()))
        .unwrap_or_default();
    let mut help = arg
        .get_long_help()
        .or_else(|| arg.get_help())
        .map(|text| sentences(&text.to_string()))
        .unwrap_or_default();
    let values: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|_| takes_value(arg))
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if !values.is_empty() {
        let _ = write!(help, " One of {}.", values.join(", "));
    }
    let cell = |text: &str| text.trim().replace('|', "\\|");
    let _ = writeln!(
        out,
        "| `{}` | {variable} | {} |",
        cell(&spelling),
        cell(&help)
    );
}

/// The paragraphs of a help text in one line, each with its full stop.
fn sentences(text: &str) -> String {
    text.split("\n\n")
        .map(|paragraph| format!("{}.", paragraph.replace('\n', " ").trim_end_matches('.')))
        .collect::<Vec<_>>()
        .join(" ")
}

fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}
