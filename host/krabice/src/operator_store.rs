//! The store that a command acts on: through the control socket of the server that holds it, or opened
//! by the command itself where no server does.

use std::sync::Arc;

use krabice_egress::SecretMask;
use krabice_sessions::{OperatorAnswer, OperatorRequest, operate};
use krabice_store::sessions::Store;
use krabice_store::{OpenError, Storage, StoreUrl};

use crate::cli::store::StoreOptions;
use crate::commands::serve;
use crate::configuration;
use crate::error::CliError;
use crate::redact::Redactor;

/// A store that can be asked.
pub(crate) enum OperatorStore {
    /// A server holds it, or answers for it.
    #[cfg(unix)]
    Server(socket::Socket),
    /// This command has opened it.
    Own(Arc<dyn Store>),
}

/// The URL of the store that the options, the environment or the configuration name.
///
/// # Errors
/// The configuration has mistakes, which have been printed, or the URL is invalid.
pub(crate) fn url(options: &StoreOptions, redactor: &Redactor) -> Result<StoreUrl, CliError> {
    let read = configuration::read(options.config.as_deref(), &[])?;
    let configuration = read.map_err(|problems| configuration::report(&problems))?;
    let url = serve::store(options, &configuration)?;
    redactor.learn(SecretMask::new(url.password()));
    Ok(url)
}

impl OperatorStore {
    /// Connects to the server that holds the store, or opens the store. A socket on which nobody listens
    /// any more is as good as none.
    ///
    /// # Errors
    /// There is no such store, or it can be neither asked nor opened.
    pub(crate) async fn open(
        options: &StoreOptions,
        redactor: &Redactor,
    ) -> Result<OperatorStore, CliError> {
        let url = url(options, redactor)?;
        #[cfg(unix)]
        if let Some(path) = url.control_socket()
            && let Some(socket) = socket::Socket::find(path).await?
        {
            return Ok(OperatorStore::Server(socket));
        }
        if let Some(file) = url.file().filter(|file| !file.exists()) {
            return Err(no_store(file));
        }
        let storage = Storage::open(&url).await.map_err(|error| {
            let help = matches!(error, OpenError::InUse(_)).then(|| {
                "a server holds it and does not listen on its control socket: its log says why; stop it, or start it anew".to_owned()
            });
            let error = CliError::no("the store cannot be opened").because(&error);
            error.maybe_help(help)
        })?;
        Ok(OperatorStore::Own(storage.sessions()))
    }

    /// Asks.
    ///
    /// # Errors
    /// The server or the store failed.
    pub(crate) async fn ask(&self, request: OperatorRequest) -> Result<OperatorAnswer, CliError> {
        match self {
            #[cfg(unix)]
            OperatorStore::Server(socket) => socket.ask(&request).await,
            OperatorStore::Own(store) => operate(&**store, request)
                .await
                .map_err(|error| CliError::no("the store failed").because(&error)),
        }
    }
}

/// The error of a store that does not exist.
pub(crate) fn no_store(file: &std::path::Path) -> CliError {
    CliError::usage(format!("there is no store at `{}`", file.display()))
        .help("name it with `--store`, or the server's configuration with `--config`")
}

/// An answer that no server of this version gives to a request.
pub(crate) fn unexpected() -> CliError {
    CliError::usage("the server gave another answer than was asked for")
        .help("use the `krabice` of the server's version")
}

#[cfg(unix)]
mod socket {
    use std::error::Error;
    use std::io::ErrorKind;
    use std::path::PathBuf;

    use bytes::Bytes;
    use http::{Request, StatusCode, header};
    use http_body_util::{BodyExt, Full};
    use hyper::client::conn::http1;
    use hyper_util::rt::TokioIo;
    use krabice_sessions::{OperatorAnswer, OperatorRequest};
    use tokio::net::UnixStream;

    use crate::error::CliError;

    /// A control socket on which a server listens.
    pub(crate) struct Socket(PathBuf);

    impl Socket {
        /// The socket, if a server listens on it.
        pub(super) async fn find(path: PathBuf) -> Result<Option<Socket>, CliError> {
            match UnixStream::connect(&path).await {
                Ok(_) => Ok(Some(Socket(path))),
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                    let what = format!("the control socket `{}` cannot be opened", path.display());
                    let error = CliError::usage(what).because(&error);
                    Err(error.help("run the command as the user that the server runs as"))
                }
                // None was ever made, or the server that made it has died.
                Err(_) => Ok(None),
            }
        }

        pub(super) async fn ask(
            &self,
            request: &OperatorRequest,
        ) -> Result<OperatorAnswer, CliError> {
            let (status, body) = self.exchange(request).await.map_err(|error| {
                let what = format!("the server at `{}` did not answer", self.0.display());
                let error = CliError::no(what).because(&*error);
                error.help("it may have stopped meanwhile: try again")
            })?;
            let other_version =
                |what| CliError::usage(what).help("use the `krabice` of the server's version");
            match status {
                StatusCode::OK => serde_json::from_slice(&body).map_err(|error| {
                    other_version("the server's answer cannot be read").because(&error)
                }),
                StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => {
                    Err(other_version("the server does not know this request"))
                }
                _ => Err(CliError::no("the server could not do it").help("its log says why")),
            }
        }

        async fn exchange(
            &self,
            request: &OperatorRequest,
        ) -> Result<(StatusCode, Bytes), Box<dyn Error>> {
            let stream = UnixStream::connect(&self.0).await?;
            let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
            let body = Full::new(Bytes::from(serde_json::to_vec(request)?));
            let request = Request::post("/v1/requests")
                .header(header::HOST, "localhost")
                .header(header::CONTENT_TYPE, "application/json")
                .body(body)?;
            // It ends with the sender. Its error is that of the request.
            tokio::spawn(connection);
            let response = sender.send_request(request).await?;
            let status = response.status();
            Ok((status, response.into_body().collect().await?.to_bytes()))
        }
    }
}
