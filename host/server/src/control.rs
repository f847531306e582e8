//! The control socket: what an operator's commands ask of a running server, over HTTP on a Unix socket
//! beside the store. Who may open the socket, may open the store.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::routing::post;
use axum::{Json, Router};
use krabice_edge::Problem;
use krabice_sessions::{OperatorAnswer, OperatorRequest, SessionService};
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The most bytes of a request: a command and an address.
const MOST_BYTES: usize = 64 * 1024;

/// How long a command may take to send its request.
const BODY_TIME: Duration = Duration::from_secs(10);

/// How long requests get to end when the server stops.
const STOP_TIME: Duration = Duration::from_secs(5);

/// The socket while the server listens on it.
pub(crate) struct Control {
    listener: JoinHandle<()>,
    _file: SocketFile,
}

impl Control {
    /// Waits until the requests under way are answered, for a short time, and removes the socket. The
    /// server has been told to stop.
    pub(crate) async fn ended(mut self) {
        if tokio::time::timeout(STOP_TIME, &mut self.listener)
            .await
            .is_err()
        {
            self.listener.abort();
        }
    }
}

/// The socket's file. Dropping it removes the file.
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // The next server replaces one that is left.
        let _ = fs::remove_file(&self.0);
    }
}

/// Serves the control socket until the server stops.
///
/// # Errors
/// The socket cannot be made.
pub(crate) fn serve(
    path: &Path,
    service: Arc<SessionService>,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<Control> {
    let (listener, file) = listen(path)?;
    let stop = async move { drop(stopped.wait_for(|stopped| *stopped).await) };
    let served = axum::serve(listener, router(service)).with_graceful_shutdown(stop);
    let listener = tokio::spawn(async move {
        if let Err(error) = served.await {
            tracing::warn!(error = %error, "the control socket has ended");
        }
    });
    Ok(Control {
        listener,
        _file: file,
    })
}

/// Listens on a socket that only its owner can open. One that a server left behind is replaced: whoever
/// calls this holds the store, so no server listens there.
///
/// # Errors
/// The system's, such as for a path of more than some 100 bytes.
fn listen(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
    // Made in a folder of its owner alone, so that there is no moment in which others could open it.
    let mut folder = path.as_os_str().to_owned();
    folder.push(".new");
    let folder = PathBuf::from(folder);
    let cleared = match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    cleared?;
    DirBuilder::new().mode(0o700).create(&folder)?;
    let inside = folder.join("s");
    let listener = UnixListener::bind(&inside).and_then(|listener| {
        fs::set_permissions(&inside, Permissions::from_mode(0o600))?;
        fs::rename(&inside, path)?;
        Ok(listener)
    });
    let removed = fs::remove_dir_all(&folder);
    let listener = listener?;
    let file = SocketFile(path.to_owned());
    removed?;
    Ok((listener, file))
}

/// One route, `POST /v1/requests`: the body is an [`OperatorRequest`], the response an [`OperatorAnswer`].
fn router(service: Arc<SessionService>) -> Router {
    let routes = Router::new().route("/v1/requests", post(answer));
    krabice_edge::guarded(routes.with_state(service))
}

/// A failure of the store is a problem without its causes; they are in the server's log.
async fn answer(
    State(service): State<Arc<SessionService>>,
    request: Request,
) -> Result<Json<OperatorAnswer>, Problem> {
    let request: OperatorRequest = krabice_edge::json(request, MOST_BYTES, BODY_TIME).await?;
    Ok(Json(service.operate(request).await?))
}
