//! Describing and starting a server.

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread;

use super::ApiServer;
use super::start::Running;

/// How often it is tried: another process may have taken a port in the meantime.
const ATTEMPTS: usize = 3;

/// Describes an [`ApiServer`].
#[derive(Clone, Debug, Default)]
pub struct ApiServerBuilder {
    controllers: bool,
    admission: Option<Admission>,
}

/// An admission plug-in that is off by default.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    pub(crate) plug_in: String,
    /// An `AdmissionConfiguration` of `apiserver.config.k8s.io`.
    pub(crate) configuration: PathBuf,
}

impl ApiServerBuilder {
    /// Turns an admission plug-in on, which is configured by this file.
    #[must_use]
    pub fn admission(mut self, plug_in: &str, configuration: &Path) -> Self {
        self.admission = Some(Admission {
            plug_in: plug_in.to_owned(),
            configuration: configuration.to_owned(),
        });
        self
    }

    /// Starts the controller manager too: Deployments get ReplicaSets, ReplicaSets get Pods, and namespaces that are
    /// deleted become empty and go.
    #[must_use]
    pub const fn controller_manager(mut self) -> Self {
        self.controllers = true;
        self
    }

    /// Starts everything. It is ready when this returns, which takes some seconds.
    ///
    /// # Panics
    /// If a program is [missing](ApiServer::missing) or does not come up; the message has the end of its log.
    #[must_use]
    pub fn start_blocking(self) -> ApiServer {
        let controllers = self.controllers;
        let (stop, stopped) = channel::<()>();
        let (ready, started) = channel();
        // The kernel ends the programs with the thread that started them, so that is one that lasts as long as the handle
        // does, or this process. One of a test would end with the test.
        let keeper = thread::Builder::new()
            .name("doorward-kubernetes".to_owned())
            .spawn(move || {
                let running = start(&self);
                let facts = (
                    running.url.clone(),
                    running.papers.authority.ca_pem().to_owned(),
                    running.folder.path().to_owned(),
                    running.api.clone(),
                );
                if ready.send(facts).is_ok() {
                    let _ = stopped.recv();
                }
            })
            .expect("the operating system allows one more thread");
        match started.recv() {
            Ok((url, authority, folder, api)) => ApiServer {
                url,
                authority,
                folder,
                api,
                controllers,
                stop: Some(stop),
                keeper: Some(keeper),
            },
            Err(_) => match keeper.join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => panic!("the thread that keeps the servers ended"),
            },
        }
    }
}

fn start(builder: &ApiServerBuilder) -> Running {
    let mut problems = Vec::new();
    for _ in 0..ATTEMPTS {
        match Running::start(builder.controllers, builder.admission.as_ref()) {
            Ok(running) => return running,
            Err(problem) => problems.push(problem),
        }
    }
    panic!("no API server:\n{}", problems.join("\n"));
}
