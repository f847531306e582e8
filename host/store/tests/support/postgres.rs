//! A PostgreSQL cluster for the tests, from the machine's binaries. Each test process has its own, in a
//! folder that is removed with it.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::store::connect;

/// The password of all roles. No output of a server may contain it.
pub(crate) const PASSWORD: &str = "CanaryDatabase-4711";

/// A script that waits until the test process has ended, even by a crash, and then stops the database
/// and removes its folder.
const KEEPER: &str = r#"
trap '' INT TERM HUP
read -r _
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
    kill -QUIT "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
fi
rm -rf "$1"
"#;

/// A running database server.
pub(crate) struct Cluster {
    folder: PathBuf,
    binaries: PathBuf,
    /// The owner of the folder, if the tests run as root. The database does not run as root.
    owner: Option<(u32, u32)>,
    port: u16,
    databases: AtomicU32,
    /// The process that runs [`KEEPER`]. The end of its input means that the test process has ended.
    _keeper: Child,
}

/// The cluster of this process.
pub(crate) fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(Cluster::start)
}

impl Cluster {
    /// An additional cluster, for a test that stops it or needs other settings.
    pub(crate) fn start() -> Cluster {
        Cluster::with(|_| String::new())
    }

    /// A cluster with additional settings, which may name files in its folder.
    pub(crate) fn with(settings: impl FnOnce(&Path) -> String) -> Cluster {
        let binaries = binaries();
        let folder = tempfile::Builder::new()
            .prefix("krabice-postgres-")
            .tempdir()
            .unwrap()
            .keep();
        let keeper = keep(&folder);
        let owner = owner();
        let cluster = Cluster {
            port: free_port(),
            databases: AtomicU32::new(0),
            _keeper: keeper,
            folder,
            binaries,
            owner,
        };
        std::fs::write(cluster.folder.join("password"), PASSWORD).unwrap();
        let settings = settings(&cluster.folder);
        cluster.give_away();
        let data = cluster.folder.join("data");
        let mut initdb = cluster.command("initdb");
        initdb
            .args([
                "--no-sync",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale=C",
            ])
            .args(["--auth=scram-sha-256", "--pwfile"])
            .arg(cluster.folder.join("password"))
            .arg("--pgdata")
            .arg(&data);
        run(initdb);
        // The data need not survive a loss of power, so nothing waits for the disk.
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = '{}'\n\
             max_connections = 400\nfsync = off\nfull_page_writes = off\n{settings}",
            cluster.port,
            cluster.folder.display()
        );
        let mut file = std::fs::File::options()
            .append(true)
            .open(data.join("postgresql.conf"))
            .unwrap();
        file.write_all(settings.as_bytes()).unwrap();
        cluster.go();
        cluster
    }

    /// Starts the stopped database.
    pub(crate) fn go(&self) {
        let mut start = self.control("start");
        start.arg("--log").arg(self.folder.join("log"));
        run(start);
    }

    /// Stops the database at once: connections break, and no transaction is finished.
    pub(crate) fn stop(&self) {
        let mut stop = self.control("stop");
        stop.args(["--mode", "immediate"]);
        run(stop);
    }

    fn control(&self, what: &str) -> Command {
        let mut command = self.command("pg_ctl");
        command
            .args([what, "--wait", "--timeout=60", "--pgdata"])
            .arg(self.folder.join("data"));
        command
    }

    /// Creates a database. Returns its URL.
    pub(crate) async fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let client = connect(&self.url("postgres", "postgres")).await;
        let name = format!("stage_{number}");
        for statement in [
            // Each database has a role of its own, whose rights and limits the test may change.
            format!("CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'"),
            format!("CREATE DATABASE {name} OWNER {name} TEMPLATE template0"),
        ] {
            client.batch_execute(&statement).await.unwrap();
        }
        self.url(&name, &name)
    }

    /// The URL of a role's database.
    pub(crate) fn url(&self, role: &str, database: &str) -> String {
        let port = self.port;
        format!("postgres://{role}:{PASSWORD}@127.0.0.1:{port}/{database}")
    }

    /// The URL of the same database for the superuser.
    pub(crate) fn as_superuser(&self, url: &str) -> String {
        let name = url.rsplit('/').next().unwrap();
        self.url("postgres", name)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.binaries.join(name));
        command.current_dir(&self.folder).stdin(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    fn give_away(&self) {
        let Some((user, group)) = self.owner else {
            return;
        };
        let entries = std::fs::read_dir(&self.folder).unwrap();
        let files = entries.map(|entry| entry.unwrap().path());
        for path in files.chain([self.folder.clone()]) {
            std::os::unix::fs::chown(path, Some(user), Some(group)).unwrap();
        }
    }
}

fn keep(folder: &Path) -> Child {
    Command::new("sh")
        .args(["-c", KEEPER, "keeper"])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap()
}

#[track_caller]
fn run(mut command: Command) {
    // A file and not a pipe, which the database would hold open.
    let mut said = tempfile::tempfile().unwrap();
    command.stdout(said.try_clone().unwrap());
    command.stderr(said.try_clone().unwrap());
    let status = command.status().unwrap();
    if !status.success() {
        use std::io::{Read, Seek};
        let mut text = String::new();
        said.rewind().unwrap();
        said.read_to_string(&mut text).unwrap();
        panic!("{command:?}: {status}\n{text}");
    }
}

/// The binaries of PostgreSQL: from the search path, else Debian's newest version.
fn binaries() -> PathBuf {
    let mut folders: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    let mut versions: Vec<_> = versions
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path().join("bin"))
        .collect();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    let found = folders
        .into_iter()
        .find(|folder| folder.join("initdb").is_file());
    found.expect("there is no `initdb`: run `make test-postgres`, which installs PostgreSQL")
}

/// The user and group that run the database, if the tests run as root.
fn owner() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim().parse::<u32>().ok()
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}
