//! Starts and stops emulators, and gives tests access to them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::armed::ArmedFault;
use crate::back_end::{BackEnd, Connection, Locked};
use crate::base::Base;
use crate::clock::Clock;
use crate::counters::Counters;
use crate::emulation::Emulation;
use crate::fault::{FaultError, FaultRule};
use crate::log::{LogEntry, Violation};
use crate::pohoda::Pohoda;
use crate::retino::Retino;
use crate::rule::Rule;
use crate::shoper::Shoper;
use crate::state::StateError;
use crate::upgates::Upgates;
use crate::{control, server};

/// From each line: a variant of [`BackEndName`], the method of [`Emulators`] that returns the
/// emulator, the name in kebab case, and the API.
macro_rules! back_ends {
    ($($(#[$about:meta])* $variant:ident, $method:ident, $name:literal, $api:expr;)*) => {
        /// The back ends that can be emulated.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
        pub enum BackEndName {
            $($(#[$about])* #[value(name = $name)] $variant,)*
        }

        impl BackEndName {
            /// All of them, in the order in which they start.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in kebab case. It begins with the plugin's name.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            fn build(self) -> Box<dyn BackEnd> {
                match self {
                    $(Self::$variant => Box::new(Locked::new($api)),)*
                }
            }
        }

        impl Emulators {
            $(
                $(#[$about])*
                ///
                /// # Panics
                /// If [`Options::only`] left it out.
                pub fn $method(&self) -> &Emulator {
                    self.started(BackEndName::$variant)
                }
            )*
        }
    };
}

// The back ends that there are. A new one is a module and a line of this list.
back_ends! {
    /// The Upgates API v2.
    Upgates, upgates, "upgates", Upgates;
    /// The Retino API v2.
    Retino, retino, "retino", Retino;
    /// The Shoper REST WebAPI.
    Shoper, shoper, "shoper", Shoper::MAIN;
    /// The Shoper REST WebAPI of a second shop, so that a host can have two of them.
    ShoperOutlet, shoper_outlet, "shoper-outlet", Shoper::OUTLET;
    /// The API of Base (BaseLinker).
    Base, base, "base", Base;
    /// POHODA's mServer.
    Pohoda, pohoda, "pohoda", Pohoda::default();
}

/// Which emulators to start, and where.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen. With port 0, the default, every back end and every
    /// control endpoint gets a free port; with another one they get it and the
    /// following ones, two for each back end: its own, then its control
    /// endpoint's. Default `127.0.0.1:0`.
    pub listen: SocketAddr,
    /// The back ends to start. Default: all.
    pub only: Vec<BackEndName>,
    /// The clock that all of them share. Default: the machine's.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            only: BackEndName::ALL.to_vec(),
            clock: Clock::system(),
        }
    }
}

/// The emulators cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address} for `{back_end}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The back end that was to listen there.
        back_end: &'static str,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// Counting from the given port, the ports end above 65535.
    #[error("the ports from {0} on do not suffice: choose a lower one, or port 0 for free ports")]
    Ports(u16),
}

/// The running emulators. Dropping it stops them and closes their connections.
#[derive(Debug)]
pub struct Emulators(Vec<Emulator>);

impl Emulators {
    /// Starts the back ends, each with its demo data, on the current Tokio runtime.
    ///
    /// # Errors
    /// An address cannot be listened on, or there are too few ports.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let mut ports = Ports {
            listen: options.listen,
            next: Some(options.listen.port()),
        };
        let mut started = Vec::new();
        for name in BackEndName::ALL
            .iter()
            .filter(|name| options.only.contains(name))
        {
            started.push(Emulator::start(*name, &mut ports, &options.clock).await?);
        }
        Ok(Self(started))
    }

    /// The emulator of a back end, if it was started.
    pub fn get(&self, name: BackEndName) -> Option<&Emulator> {
        self.0.iter().find(|emulator| emulator.name == name)
    }

    /// The emulators in the order in which they started.
    pub fn iter(&self) -> impl Iterator<Item = &Emulator> {
        self.0.iter()
    }

    /// The emulator of a back end that must have been started.
    fn started(&self, name: BackEndName) -> &Emulator {
        self.get(name).unwrap_or_else(|| {
            panic!(
                "the emulator of `{}` was not started: see `Options::only`",
                name.as_str()
            )
        })
    }

    /// The addresses as JSON: for each back end its `address` and `control`.
    pub fn addresses(&self) -> Value {
        let entry = |emulator: &Emulator| {
            let at = json!({ "address": emulator.address, "control": emulator.control });
            (emulator.name.as_str().to_owned(), at)
        };
        Value::Object(self.0.iter().map(entry).collect())
    }
}

/// One running emulator.
pub struct Emulator {
    name: BackEndName,
    address: String,
    control: String,
    emulation: Arc<Emulation>,
    tasks: [AbortHandle; 2],
}

impl std::fmt::Debug for Emulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Emulator")
            .field("name", &self.name)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Emulator {
    async fn start(
        name: BackEndName,
        ports: &mut Ports,
        clock: &Clock,
    ) -> Result<Self, StartError> {
        let emulation = Arc::new(Emulation::new(name.build(), clock.clone()));
        let (listener, own) = ports.listen(name).await?;
        let (control_listener, control) = ports.listen(name).await?;
        let serving = tokio::spawn(server::accept(listener, Arc::clone(&emulation)));
        let router = control::router(Arc::clone(&emulation));
        let controlling = tokio::spawn(axum::serve(control_listener, router).into_future());
        Ok(Self {
            name,
            address: format!("http://{own}{}", emulation.back_end.base_path()),
            control: format!("http://{control}"),
            emulation,
            tasks: [serving.abort_handle(), controlling.abort_handle()],
        })
    }

    /// Which back end it is.
    pub fn name(&self) -> BackEndName {
        self.name
    }

    /// The address that a connection holds, base path included:
    /// `http://127.0.0.1:40001/api/v2`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The address of the control endpoint: `http://127.0.0.1:40002`.
    pub fn control(&self) -> &str {
        &self.control
    }

    /// The connection that reaches it, its secrets included.
    pub fn connection(&self) -> Connection {
        self.emulation.back_end.connection(&self.address)
    }

    /// The requests so far, oldest first.
    pub fn log(&self) -> Vec<LogEntry> {
        self.emulation.log.after(0)
    }

    /// The rules that requests broke.
    pub fn violations(&self) -> Vec<Violation> {
        self.emulation.log.violations()
    }

    /// Connections and requests counted.
    pub fn counters(&self) -> Counters {
        self.emulation.counting.read()
    }

    /// Empties the log and sets the counters to zero; data and faults stay.
    pub fn clear_log(&self) {
        self.emulation.log.clear();
        self.emulation.counting.reset();
    }

    /// Adds a fault after those that are there.
    ///
    /// # Errors
    /// The fault cannot be carried out.
    pub fn fault(&self, rule: FaultRule) -> Result<(), FaultError> {
        self.emulation.faults.add([rule])
    }

    /// The faults, each with the number of requests it has matched.
    pub fn faults(&self) -> Vec<ArmedFault> {
        self.emulation.faults.list()
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.emulation.faults.clear();
    }

    /// The state: settings and data.
    pub fn state(&self) -> Value {
        self.emulation.back_end.state()
    }

    /// Replaces the state; absent keys take their defaults (empty lists).
    ///
    /// # Errors
    /// The back end cannot hold the state; the old one stays.
    pub fn replace_state(&self, state: Value) -> Result<(), StateError> {
        self.emulation.back_end.replace_state(state)
    }

    /// Changes parts of the state. Settings are merged. A list is given as an
    /// object keyed by what identifies its items: `{"orders": {"O260147":
    /// {"paid_date": null}}}` changes one item. An unknown item is added, and
    /// `null` instead of an item removes it.
    ///
    /// # Errors
    /// The back end cannot hold the state; the old one stays.
    pub fn patch_state(&self, patch: Value) -> Result<(), StateError> {
        self.emulation.back_end.patch_state(patch)
    }

    /// Returns to the initial state: demo data, no faults, an empty log, counters
    /// at zero. The clock is not changed.
    pub fn reset(&self) {
        self.emulation.reset();
    }

    /// The clock, shared by all emulators that were started together.
    pub fn clock(&self) -> &Clock {
        &self.emulation.clock
    }

    /// The rules that the emulator enforces, and the facts behind them.
    pub fn rules(&self) -> Vec<Rule> {
        self.emulation.rules()
    }
}

/// Hands out addresses: with free ports, or with ports counted from the given one.
struct Ports {
    listen: SocketAddr,
    next: Option<u16>,
}

impl Ports {
    /// A listener, and the address at which a client reaches it.
    async fn listen(&mut self, name: BackEndName) -> Result<(TcpListener, SocketAddr), StartError> {
        let port = self.next.ok_or(StartError::Ports(self.listen.port()))?;
        if port != 0 {
            self.next = port.checked_add(1);
        }
        let address = SocketAddr::new(self.listen.ip(), port);
        let refused = |source| StartError::Listen {
            address,
            back_end: name.as_str(),
            source,
        };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let mut bound = listener.local_addr().map_err(refused)?;
        // A client cannot connect to the unspecified address.
        match bound.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => bound.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => bound.set_ip(Ipv6Addr::LOCALHOST.into()),
            IpAddr::V4(_) | IpAddr::V6(_) => {}
        }
        Ok((listener, bound))
    }
}
