//! The way to images and signatures.

mod local;

use std::sync::Arc;

use doorward::{KeySources, MemoryState, TrustRoots, WatchedKey};
use doorward_core::Fetcher;
use doorward_policy::KeySource;
use doorward_registry::{
    BuildError, Keychain, Layout, RegistryClient, RequestRate, Timeouts, TlsMaterial,
};
use tokio::time::timeout;

use crate::failure::{Failure, Outcome};
use crate::files;
use crate::options::ClockArgs;
use crate::settings::{AccessSettings, Memory};
use crate::terminal::Terminal;
use crate::trace::Trace;

/// The fetcher that the settings describe.
///
/// # Errors
/// When a setting is wrong, or the layout or the certificates cannot be read.
pub(crate) fn fetcher(
    settings: &AccessSettings,
    keychain: Arc<dyn Keychain>,
    terminal: Terminal,
) -> Outcome<Arc<dyn Fetcher>> {
    fetcher_through(&client(settings, terminal)?, settings, keychain)
}

/// The fetcher that the settings describe, which goes out through this client.
///
/// # Errors
/// As for [`fetcher`], but for the client.
pub(crate) fn fetcher_through(
    client: &RegistryClient,
    settings: &AccessSettings,
    keychain: Arc<dyn Keychain>,
) -> Outcome<Arc<dyn Fetcher>> {
    let outside = client.with_keychain(keychain);
    let outside: Arc<dyn Fetcher> = if settings.offline.value {
        Arc::new(local::Offline(outside))
    } else {
        with_plugins(outside, settings)?
    };
    match &settings.layout.value {
        None => Ok(outside),
        Some(path) => {
            let layout = Layout::open(path).map_err(Failure::invalid)?;
            Ok(Arc::new(local::LayoutFirst { layout, outside }))
        }
    }
}

/// The way to servers, and to plug-ins if there are some.
#[cfg(feature = "plugins")]
fn with_plugins(
    outside: impl Fetcher + 'static,
    settings: &AccessSettings,
) -> Outcome<Arc<dyn Fetcher>> {
    let Some(folder) = &settings.plugin_dir else {
        return Ok(Arc::new(outside));
    };
    let host = doorward_plugin_exec::ExecHost::open(folder).map_err(|error| {
        Failure::invalid(anyhow::Error::new(error).context("--plugin-dir cannot be used"))
    })?;
    Ok(Arc::new(doorward_core::WithPlugins::new(outside, host)))
}

/// The way to servers. Verification plug-ins are run by no build but one with the feature `plugins`;
/// credential providers and Docker credential helpers by any, if they are named.
#[cfg(not(feature = "plugins"))]
#[expect(clippy::unnecessary_wraps, reason = "as with the feature")]
fn with_plugins(outside: impl Fetcher + 'static, _: &AccessSettings) -> Outcome<Arc<dyn Fetcher>> {
    Ok(Arc::new(outside))
}

/// The trusted roots of sigstore that the settings describe. What is remembered of them is used without the network.
///
/// # Errors
/// When a file that is named cannot be read, or the certificates cannot.
pub(crate) fn trust_roots(
    settings: &AccessSettings,
    memory: &Memory,
    terminal: Terminal,
) -> Outcome<TrustRoots> {
    let client = client(settings, terminal)?.anonymous();
    let fetcher: Arc<dyn Fetcher> = match settings.offline.value {
        true => Arc::new(local::Offline(client)),
        false => Arc::new(client),
    };
    let store = memory.store.clone();
    let store = store.unwrap_or_else(|| Arc::new(MemoryState::default()));
    // Whatever time is decided at: to ask what another time would bring does not change what is published now.
    let clock = Arc::new(|| ClockArgs::default().now());
    TrustRoots::of(&settings.trust_root.value, &fetcher, &store, clock)
        .map_err(|error| Failure::invalid(anyhow::Error::new(error).context("--trust-root")))
}

/// The keys of these sources, which are asked now: nobody is while images are judged. What is remembered of them is used
/// without the network. A source that gives none is no error: what needs its key is refused for that.
///
/// # Errors
/// When the folder of programs cannot be used, or the certificates cannot be read.
pub(crate) async fn key_sources(
    sources: &[KeySource],
    settings: &AccessSettings,
    memory: &Memory,
    terminal: Terminal,
) -> Outcome<KeySources> {
    let store = memory.store.clone();
    let store = store.unwrap_or_else(|| Arc::new(MemoryState::default()));
    let clock = Arc::new(|| ClockArgs::default().now());
    let mut keys = KeySources::new(store, clock);
    if sources.is_empty() {
        return Ok(keys);
    }
    if let Some(service) = settings.kms.open(settings.offline.value, terminal)? {
        keys = keys.with_service(service);
    }
    let watched = sources.iter().map(|source| WatchedKey {
        source,
        is_kept: true,
    });
    if keys.watch(watched) > 0 {
        terminal.warn(
            "the policies name more keys by their addresses than are asked for; what needs one of the others is refused",
        );
    }
    let client = client(settings, terminal)?.anonymous();
    let round = async {
        match settings.offline.value {
            true => keys.refresh(&local::Offline(client)).await,
            false => keys.refresh(&client).await,
        }
    };
    // As long as an image may take: many sources that hang would otherwise be waited for one after the other.
    let Ok(renewed) = timeout(settings.timeout.value.duration(), round).await else {
        terminal.warn("not all services with keys answered within --timeout");
        return Ok(keys);
    };
    for renewal in renewed {
        let Err(error) = &renewal.said else {
            continue;
        };
        let (address, what) = (renewal.source.address(), renewal.source.form().as_str());
        terminal.warn(&match renewal.counts {
            true => format!("the last good {what} of {address} counts: {error}"),
            false => format!("no usable {what} at {address}: {error}"),
        });
    }
    Ok(keys)
}

/// The client of registries that the settings describe.
///
/// # Errors
/// As for [`fetcher`].
pub(crate) fn client(settings: &AccessSettings, terminal: Terminal) -> Outcome<RegistryClient> {
    client_at(settings, None, terminal)
}

/// The same, which asks each registry no more often than this.
///
/// # Errors
/// As for [`fetcher`].
pub(crate) fn client_at(
    settings: &AccessSettings,
    rate: Option<RequestRate>,
    terminal: Terminal,
) -> Outcome<RegistryClient> {
    let timeout = settings.timeout.value.duration();
    let defaults = Timeouts::default();
    let timeouts = defaults
        .total(timeout)
        .idle(defaults.idle.min(timeout))
        .connect(defaults.connect.min(timeout));
    let mut builder = RegistryClient::builder().local_stores().timeouts(timeouts);
    if let Some(rate) = rate {
        builder = builder.rate(rate);
    }
    for mirror in &settings.mirrors.value {
        builder = builder.mirror(&mirror.prefix, &mirror.location);
    }
    for host in &settings.plain_http.value {
        builder = builder.plain_http(host);
    }
    for address in &settings.allow_address.value {
        builder = builder.allow_address(address);
    }
    if let Some(path) = &settings.ca_file.value {
        builder = builder.ca_pem(None, files::read_file(path)?);
    }
    if let Some(path) = &settings.certs_dir.value {
        let material = TlsMaterial::read_certs_dir(path);
        let material = material.map_err(|error| {
            Failure::invalid(anyhow::Error::new(error).context("--certs-dir cannot be used"))
        })?;
        builder = builder.tls(material);
    }
    builder = settings.advisor.apply(builder);
    builder = builder.observer(Arc::new(Trace::new(terminal)));
    builder.build().map_err(|error| {
        // What is wrong with a file is said with its name.
        let context = match (&error, &settings.ca_file.value) {
            (BuildError::InvalidCertificate { .. }, Some(path)) => {
                format!("{} cannot be used as --ca-file", path.display())
            }
            (BuildError::InvalidClientCertificate { .. }, _) => {
                "--certs-dir cannot be used".to_owned()
            }
            _ => "the registry client cannot be set up".to_owned(),
        };
        Failure::invalid(anyhow::Error::new(error).context(context))
    })
}
