//! A registry on loopback: what of the OCI distribution specification a pull needs.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as Segments, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(super) const CONFIG: &str = "application/vnd.wasm.config.v0+json";

/// Who may read.
pub(super) enum Access {
    Everybody,
    /// Whoever sends this user name and password: `shop:secret`.
    Password(&'static str),
    /// Whoever sends the token that the token service gives.
    Token {
        token: &'static str,
        /// To whom it is given.
        login: Login,
    },
}

/// To whom a token service gives its token.
#[derive(Clone, Copy)]
pub(super) enum Login {
    Nobody,
    Anonymous,
    Password(&'static str),
    Identity(&'static str),
}

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) authorization: Option<String>,
}

pub(super) struct Registry {
    /// The manifest of every version.
    pub(super) manifest: Mutex<Vec<u8>>,
    /// Further manifests, by their digests.
    pub(super) others: BTreeMap<String, Vec<u8>>,
    pub(super) blob: Mutex<Vec<u8>>,
    pub(super) access: Access,
    /// Where blobs are instead.
    pub(super) moved: Option<String>,
    /// Where manifests are instead.
    pub(super) moved_manifests: Option<String>,
    /// Who gives the token instead, as an origin.
    pub(super) tokens: Option<String>,
    address: Mutex<Option<SocketAddr>>,
    asked: Mutex<Vec<Asked>>,
}

pub(super) struct Running {
    pub(super) registry: Arc<Registry>,
    pub(super) address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

impl Registry {
    pub(super) fn of(component: &Path) -> Registry {
        let blob = std::fs::read(component).unwrap();
        Registry {
            manifest: Mutex::new(manifest(&blob).to_string().into()),
            others: BTreeMap::new(),
            blob: Mutex::new(blob),
            access: Access::Everybody,
            moved: None,
            moved_manifests: None,
            tokens: None,
            address: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// One whose manifest is a list of other manifests.
    pub(super) fn index(component: &Path, entries: &[(Json, Json)]) -> Registry {
        let mut registry = Registry::of(component);
        let mut listed = Vec::new();
        for (manifest, about) in entries {
            let bytes = manifest.to_string().into_bytes();
            let mut entry = json!({
                "mediaType": MANIFEST, "digest": digest(&bytes), "size": bytes.len()
            });
            for (key, value) in about.as_object().unwrap() {
                entry[key] = value.clone();
            }
            listed.push(entry);
            registry.others.insert(digest(&bytes), bytes);
        }
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": listed });
        registry.manifest = Mutex::new(index.to_string().into());
        registry
    }

    pub(super) fn start(self) -> Running {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let registry = Arc::new(self);
        let router = Router::new()
            .route("/v2/acme/shop/manifests/{version}", get(manifests))
            .route("/v2/acme/shop/blobs/{digest}", get(blobs))
            .route("/blob", get(moved_blob))
            .route("/token", get(token).post(token_for_identity))
            .layer(axum::middleware::from_fn_with_state(
                Arc::clone(&registry),
                note,
            ))
            .with_state(Arc::clone(&registry));
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap();
        *registry.address.lock().unwrap() = Some(address);
        runtime.spawn(async move { axum::serve(listener, router).await });
        Running {
            registry,
            address,
            _runtime: runtime,
        }
    }
}

impl Running {
    pub(super) fn reference(&self, version: &str) -> String {
        format!("{}/acme/shop{version}", self.address)
    }

    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked since the last time.
    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.registry.asked.lock().unwrap())
    }

    /// Changes the manifest.
    pub(super) fn change(&self, change: impl FnOnce(&mut Json)) {
        let mut manifest = self.registry.manifest.lock().unwrap();
        let mut document: Json = serde_json::from_slice(&manifest).unwrap();
        change(&mut document);
        *manifest = document.to_string().into();
    }
}

pub(super) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", krabice_contract::hex(Sha256::digest(bytes)))
}

pub(super) fn manifest(blob: &[u8]) -> Json {
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": { "mediaType": CONFIG, "digest": digest(b"{}"), "size": 2 },
        "layers": [{
            "mediaType": "application/wasm",
            "digest": digest(blob),
            "size": blob.len()
        }]
    })
}

/// A user name and a password as HTTP Basic sends them.
pub(super) fn basic(login: &str) -> String {
    format!("Basic {}", STANDARD.encode(login))
}

type Shared = State<Arc<Registry>>;

fn sent(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()
}

/// Whoever may not read is told how to.
fn refusal(registry: &Registry, headers: &HeaderMap) -> Option<Response> {
    let (wanted, challenge) = match &registry.access {
        Access::Everybody => return None,
        Access::Password(login) => (basic(login), "Basic realm=\"shop\"".to_owned()),
        Access::Token { token, .. } => {
            let own = registry.address.lock().unwrap().unwrap();
            let origin = registry.tokens.clone();
            let origin = origin.unwrap_or_else(|| format!("http://{own}"));
            let challenge = format!(
                "Bearer realm=\"{origin}/token\",service=\"{own}\",scope=\"repository:acme/shop:pull\""
            );
            (format!("Bearer {token}"), challenge)
        }
    };
    if sent(headers) == Some(wanted.as_str()) {
        return None;
    }
    let headers = [(header::WWW_AUTHENTICATE, challenge)];
    Some((StatusCode::UNAUTHORIZED, headers).into_response())
}

fn redirect(place: String) -> Response {
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, place)]).into_response()
}

async fn manifests(
    State(registry): Shared,
    Segments(version): Segments<String>,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = refusal(&registry, &headers) {
        return refusal;
    }
    if let Some(place) = &registry.moved_manifests {
        return redirect(format!("{place}/v2/acme/shop/manifests/{version}"));
    }
    let manifest = match registry.others.get(&version) {
        Some(other) => other.clone(),
        None => registry.manifest.lock().unwrap().clone(),
    };
    let document: Json = serde_json::from_slice(&manifest).unwrap();
    let media_type = document["mediaType"]
        .as_str()
        .unwrap_or(MANIFEST)
        .to_owned();
    let known = version == "1.2.0" || version == "latest" || version.starts_with("sha256:");
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    // A registry says that it is not there where it has no form that is accepted.
    let accepted = accept.is_some_and(|accept| accept.split(", ").any(|one| one == media_type));
    if !known || !accepted {
        return StatusCode::NOT_FOUND.into_response();
    }
    ([(header::CONTENT_TYPE, media_type)], manifest).into_response()
}

async fn blobs(
    State(registry): Shared,
    Segments(_): Segments<String>,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = refusal(&registry, &headers) {
        return refusal;
    }
    if let Some(place) = registry.moved.clone() {
        return redirect(place);
    }
    registry.blob.lock().unwrap().clone().into_response()
}

/// Where a blob is that has moved. Nobody shows the registry's token here.
async fn moved_blob(State(registry): Shared) -> Response {
    registry.blob.lock().unwrap().clone().into_response()
}

async fn note(
    State(registry): Shared,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    let asked = Asked {
        path: request.uri().path().to_owned(),
        authorization: sent(request.headers()).map(str::to_owned),
    };
    registry.asked.lock().unwrap().push(asked);
    next.run(request).await
}

/// The token under both of its names, as Docker Hub answers.
fn given(token: &str) -> Response {
    axum::Json(json!({ "token": token, "access_token": token, "expires_in": 300 })).into_response()
}

async fn token(
    State(registry): Shared,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    assert_eq!(query["scope"], "repository:acme/shop:pull");
    let Access::Token { token, login } = &registry.access else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let wanted = match login {
        Login::Anonymous => None,
        Login::Password(login) => Some(basic(login)),
        Login::Identity(_) | Login::Nobody => return StatusCode::UNAUTHORIZED.into_response(),
    };
    if sent(&headers) == wanted.as_deref() {
        given(token)
    } else {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

async fn token_for_identity(State(registry): Shared, headers: HeaderMap, body: Bytes) -> Response {
    assert_eq!(sent(&headers), None);
    assert_eq!(
        headers[header::CONTENT_TYPE],
        "application/x-www-form-urlencoded"
    );
    // A form is written as a query is.
    let query = format!("/?{}", String::from_utf8_lossy(&body))
        .parse()
        .unwrap();
    let Query(form) = Query::<BTreeMap<String, String>>::try_from_uri(&query).unwrap();
    assert_eq!(form["grant_type"], "refresh_token");
    assert_eq!(form["scope"], "repository:acme/shop:pull");
    assert!(form.contains_key("service") && form.contains_key("client_id"));
    match &registry.access {
        Access::Token {
            token,
            login: Login::Identity(identity),
        } if form["refresh_token"] == *identity => given(token),
        Access::Everybody | Access::Password(_) | Access::Token { .. } => {
            StatusCode::UNAUTHORIZED.into_response()
        }
    }
}
