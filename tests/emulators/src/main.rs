//! The program `krabice-emulators`.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use krabice_emulators::{BackEndName, ConnectionsError, Emulators, Options};
use tokio::sync::oneshot;

/// Starts emulated back ends with demo data, prints where they are as one line
/// of JSON, and runs until it is stopped.
#[derive(Parser)]
#[command(name = "krabice-emulators", version, after_help = EXAMPLES)]
struct Arguments {
    /// Where to listen. Port 0 takes free ports; another one counts from it:
    /// the back end, its control endpoint, the next back end, and so on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// The back ends to start, separated by commas [default: all].
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    only: Vec<BackEndName>,

    /// Write a connections file that reaches them, and the demo secrets into
    /// the folder `secrets` beside it.
    #[arg(long, value_name = "FILE")]
    write_connections: Option<PathBuf>,

    /// Overwrite the connections file and the secrets even if something else wrote
    /// them.
    #[arg(long, requires = "write_connections")]
    force: bool,

    /// Stop when standard input closes, so that the emulators end with the
    /// program that started them.
    #[arg(long)]
    until_stdin_closes: bool,
}

const EXAMPLES: &str = "\
Examples:
  krabice-emulators
      all back ends on free ports of this machine
  krabice-emulators --only upgates --listen 127.0.0.1:40001
      Upgates on port 40001, its control endpoint on 40002
  krabice-emulators --write-connections connections.toml
      and a connections file for `krabice run --connections connections.toml`

The printed line:
  {\"upgates\":{\"address\":\"http://127.0.0.1:40001/api/v2\",\"control\":\"http://127.0.0.1:40002\"}}

Ask a control endpoint what it offers:
  curl http://127.0.0.1:40002/
  curl -d '{\"path\":\"/api/v2/orders\",\"fault\":{\"kind\":\"status\",\"status\":503}}' \\
       http://127.0.0.1:40002/faults

Exit codes: 0 stopped, 1 cannot start or write, 2 wrong usage.";

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody can be told that standard error is closed.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            if matches!(error.downcast_ref(), Some(ConnectionsError::NotOurs(_))) {
                let _ = writeln!(
                    io::stderr(),
                    "hint: choose another file, or give `--force` to overwrite it"
                );
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    // Before the addresses are printed: from then on a signal ends it in order.
    let stopped = stop_signal()?;
    let only = if arguments.only.is_empty() {
        BackEndName::ALL.to_vec()
    } else {
        arguments.only
    };
    let emulators = Emulators::start(Options {
        listen: arguments.listen,
        only,
        ..Options::default()
    })
    .await?;
    if let Some(file) = &arguments.write_connections {
        emulators.write_connections(file, arguments.force)?;
    }
    let mut stdout = io::stdout();
    writeln!(stdout, "{}", emulators.addresses())
        .and_then(|()| stdout.flush())
        .context("cannot print the addresses")?;
    tokio::select! {
        () = stopped => {}
        () = stdin_closes(), if arguments.until_stdin_closes => {}
    }
    Ok(())
}

/// Waits for SIGINT or SIGTERM, which are caught from this call on.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Waits for the end of standard input. It is read in a thread, which does not keep
/// the program from ending.
async fn stdin_closes() {
    let (closed, wait) = oneshot::channel();
    std::thread::spawn(move || {
        let mut rest = [0; 1024];
        while io::stdin().read(&mut rest).is_ok_and(|read| read > 0) {}
        let _ = closed.send(());
    });
    let _ = wait.await;
}
