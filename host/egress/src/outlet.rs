//! [`Outlet::send`], the only way of a request to the network.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use backon::ExponentialBackoff;
use bytes::Bytes;
use http::{HeaderName, Method, StatusCode, header};
use indexmap::IndexMap;
use krabice_contract::Value;
use krabice_contract::manifest::Effect;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use crate::base_url::{has_parameter, method_parameter, without_parameter};
use crate::credential::Credential;
use crate::error::{EgressError, Refusal, Rule};
use crate::exchange::{FailedAttempt, Transport, attempt_end};
use crate::headers::{check_request, is_refused, strip_response};
use crate::login::{AccessToken, LoginPlan, TokenLookup, TokenStore};
use crate::message::{Request, Response};
use crate::observer::RequestObserver;
use crate::outlet_builder::OutletBuilder;
use crate::policy::{Destination, Policy, Redirect, Target};
use crate::prepared::{Prepared, Sensitive};
use crate::retry::{AttemptEnd, RetryDecision, backoff, retry_after, retry_decision};
use crate::scope::CallScope;
use crate::secret_mask::{SecretMask, has_mask};

/// The methods that plugins may use.
const METHODS: [Method; 7] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::DELETE,
    Method::PATCH,
    Method::HEAD,
    Method::OPTIONS,
];

/// The way out for one plugin and one of its connections: the rules, the pool,
/// the permits, the rate limit and the credential.
///
/// Make one with [`Network::outlet`](crate::Network::outlet) for a plugin and its
/// connection, or with [`Outlet::builder`] without a manifest, and keep it as long as the
/// plugin is loaded.
pub struct Outlet {
    pub(crate) plugin: Arc<str>,
    pub(crate) settings: IndexMap<String, Value>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) credential: Credential,
    pub(crate) tokens: TokenStore,
    /// The mask of the credential.
    pub(crate) mask: SecretMask,
    pub(crate) transport: Transport,
    pub(crate) observer: Option<Arc<dyn RequestObserver>>,
}

/// The state of an outlet, for metrics and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The number of requests under way.
    pub under_way: usize,
    /// The number of idle connections.
    pub idle: usize,
    /// The number of connections opened since the start.
    pub opened: u64,
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet")
            .field("plugin", &self.plugin)
            .field("connection", &self.transport.connection)
            .field("usage", &self.usage())
            .finish_non_exhaustive()
    }
}

impl Outlet {
    /// Makes a builder of an outlet without a connections file and a manifest. The name
    /// stands in logs, as that of a plugin.
    pub fn builder(name: &str) -> OutletBuilder {
        OutletBuilder::new(name)
    }

    /// Sends a request under all rules and waits for the whole answer.
    ///
    /// Any status is an answer: also 401, 429 and 503 once the host can do nothing more
    /// about them, and a redirect that the rules do not allow to follow. Dropping the
    /// future ends the request and closes the connection that it used.
    ///
    /// # Errors
    /// Every case of [`EgressError`]. A refusal is also kept in the scope, for the whole
    /// call.
    pub async fn send(&self, scope: &CallScope, request: Request) -> Result<Response, EgressError> {
        // A call that broke a rule is already forbidden and sends nothing more.
        if let Some(refusal) = scope.refusal() {
            return Err(refusal.clone().into());
        }
        // Every label is from a closed set: neither the path nor a word of the plugin.
        let span = tracing::info_span!(
            "request",
            otel.kind = "client",
            plugin = scope.plugin(),
            function = scope.function(),
            connection = self.connection(),
            method = METHODS
                .iter()
                .find(|known| **known == request.method)
                .map(Method::as_str),
            status = tracing::field::Empty,
            result = tracing::field::Empty,
            otel.status_code = tracing::field::Empty,
        );
        let sent = self.send_by_rules(scope, request);
        let result = sent.instrument(span.clone()).await;
        match &result {
            Ok(answer) => {
                span.record("status", answer.status.as_u16());
                span.record("result", "answered");
            }
            Err(error) => {
                span.record("result", error.label());
                span.record("otel.status_code", "ERROR");
            }
        }
        if let Err(EgressError::Forbidden(refusal)) = &result
            && scope.refuse(refusal.clone())
        {
            tracing::warn!(
                plugin = scope.plugin(),
                function = scope.function(),
                connection = self.connection(),
                rule = refusal.rule.code(),
                detail = refusal.detail,
                "outbound request refused"
            );
        }
        let answer = result?;
        scope.take_bytes(answer.body.len())?;
        Ok(answer)
    }

    /// The connection's settings that are not secret, with defaults filled in, for the
    /// context of a call.
    #[must_use]
    pub fn public_settings(&self) -> &IndexMap<String, Value> {
        &self.settings
    }

    /// Whether a plugin may not set this header itself: it belongs to the transport or
    /// carries a credential.
    #[must_use]
    pub fn refuses_header(&self, name: &HeaderName) -> bool {
        is_refused(name, self.credential.carriers())
    }

    /// The name of the plugin that the outlet serves.
    #[must_use]
    pub fn plugin(&self) -> &str {
        &self.plugin
    }

    /// The connection's name; `None` for a plugin without a connection.
    #[must_use]
    pub fn connection(&self) -> Option<&str> {
        self.transport.connection.as_deref()
    }

    /// The most bytes of a request's body, for an interface that reads a body piece by
    /// piece and should stop at the limit.
    #[must_use]
    pub fn request_bytes(&self) -> usize {
        self.transport.rules.request_bytes
    }

    /// The current use of permits and connections.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage {
            under_way: self.transport.permits.in_use(),
            idle: self.transport.pool.idle(),
            opened: self.transport.pool.opened(),
        }
    }

    async fn send_by_rules(
        &self,
        scope: &CallScope,
        request: Request,
    ) -> Result<Response, EgressError> {
        let mut prepared = self.prepare(scope, request)?;
        scope.take_request()?;
        let rules = &self.transport.rules;
        let mut redirects = 0;
        loop {
            let answer = self.send_to_target(scope, &prepared).await?;
            match self.redirect(&prepared, &answer)? {
                None => return Ok(answer),
                Some(_) if redirects == rules.redirects => {
                    return Err(EgressError::UnexpectedAnswer {
                        detail: format!(
                            "`{}` redirected more than {redirects} times (`redirects`)",
                            prepared.target.destination.origin()
                        ),
                        source: None,
                    });
                }
                Some(next) => {
                    redirects += 1;
                    prepared.target = next;
                }
            }
        }
    }

    /// Checks a request against all rules that need no network.
    fn prepare(&self, scope: &CallScope, request: Request) -> Result<Prepared, Refusal> {
        if !METHODS.contains(&request.method) {
            return Err(Refusal::new(
                Rule::Method,
                format!("plugins may not use the method `{}`", request.method),
            ));
        }
        let rules = &self.transport.rules;
        check_request(&request.headers, self.credential.carriers(), rules)?;
        let most = rules.request_bytes;
        let bytes = request.body.as_ref().map_or(0, Bytes::len);
        if bytes > most {
            return Err(Refusal::new(
                Rule::Size,
                format!(
                    "the request's body has {bytes} bytes; {most} are allowed (`request-bytes`)"
                ),
            ));
        }
        let target = self.policy.judge(&request.url)?;
        self.check_query(&target)?;
        Ok(Prepared {
            method: request.method,
            target,
            headers: request.headers,
            body: request.body,
            timeouts: request.timeouts,
            effect: if request.reads {
                Effect::Reads
            } else {
                scope.effect()
            },
            due: scope.deadline().min(Instant::now() + rules.total_timeout),
        })
    }

    /// Checks that the plugin sets neither the parameter that carries the credential nor
    /// one that some servers take for the method.
    fn check_query(&self, target: &Target) -> Result<(), Refusal> {
        if let Some(name) = target.path.query().and_then(method_parameter) {
            return Err(Refusal::new(
                Rule::Method,
                format!(
                    "plugins may not set the query parameter `{name}`, which some servers take for the method; send the request with that method"
                ),
            ));
        }
        if let (Credential::Query { name, .. }, Destination::Own(_)) =
            (&self.credential, &target.destination)
            && has_parameter(&target.path, name)
        {
            return Err(Refusal::new(
                Rule::Header,
                format!("plugins may not set the query parameter `{name}`"),
            ));
        }
        Ok(())
    }

    /// The next target, when an answer is a redirect to follow.
    fn redirect(&self, request: &Prepared, answer: &Response) -> Result<Option<Target>, Refusal> {
        let moved = matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let Some(location) = answer.headers.get(header::LOCATION).filter(|_| moved) else {
            return Ok(None);
        };
        // Only reads without a body are sent again: any other request has already been
        // executed, so the plugin gets the answer, whatever its location.
        if !matches!(request.method, Method::GET | Method::HEAD) || request.body.is_some() {
            return Ok(None);
        }
        match self.policy.redirect(&request.target, location) {
            Redirect::Refuse(refusal) => Err(refusal),
            Redirect::Return => Ok(None),
            Redirect::Follow(mut target) => {
                // A back end that repeats the query in its location repeats the parameter
                // with the credential. For the own address the host adds it again, and no
                // other host may get it.
                if let Credential::Query { name, .. } = &self.credential {
                    target.path = without_parameter(&target.path, name);
                }
                // A redirect carries no secret end of the address; without it the request
                // would be another one.
                let needs_end = matches!(self.credential, Credential::SecretPath(_))
                    && matches!(target.destination, Destination::Own(_));
                // The location was masked, and where it repeated the credential leads
                // nowhere.
                if needs_end || has_mask(target.path.as_str()) {
                    return Ok(None);
                }
                Ok(Some(target))
            }
        }
    }

    /// Sends a request to its target, with the credential, a new login after a 401, and
    /// the repetitions that the function's effect allows.
    async fn send_to_target(
        &self,
        scope: &CallScope,
        request: &Prepared,
    ) -> Result<Response, EgressError> {
        let login = if let (Credential::Login(plan), true) = (&self.credential, request.is_own()) {
            Some(plan.as_ref())
        } else {
            None
        };
        let mut token = match login {
            Some(plan) => Some(self.token(scope, plan, request.due, None).await?),
            None => None,
        };
        let mut renewed = false;
        let mut retries = RetryState::default();
        loop {
            let mut added = self.credential.sensitive(request, token.as_deref())?;
            if let Some(observer) = &self.observer {
                observer.sending(request);
            }
            let result = self
                .send_once(scope, request, &mut added, &mut retries)
                .await;
            if let (Some(observer), Ok(answer)) = (&self.observer, &result) {
                let mut answer = answer.clone();
                self.conceal(scope, request, &added, &mut answer);
                observer.exchanged(request, answer);
            }
            if let (Ok(answer), Some(plan), Some(used)) = (&result, login, &token)
                && answer.status == StatusCode::UNAUTHORIZED
            {
                // A 401 means that nothing was done, so a write is repeated too.
                if !renewed && self.tokens.may_renew() {
                    renewed = true;
                    token = Some(self.token(scope, plan, request.due, Some(used)).await?);
                    continue;
                }
                if renewed {
                    self.tokens
                        .renewal_was_useless(self.transport.rules.login_pause);
                }
            }
            if !self.wait_to_retry(request, &result, &mut retries).await {
                let mut answer = result.map_err(|failed| failed.error)?;
                self.conceal(scope, request, &added, &mut answer);
                return Ok(answer);
            }
        }
    }

    /// Waits until a request may be repeated. Returns `false` when it must not be
    /// repeated, or not in time.
    async fn wait_to_retry(
        &self,
        request: &Prepared,
        result: &Result<Response, FailedAttempt>,
        state: &mut RetryState,
    ) -> bool {
        if let Err(FailedAttempt { stale: true, .. }) = result
            && request.effect != Effect::Writes
            && !std::mem::replace(&mut state.repeated_stale, true)
        {
            // The back end closed an idle connection at that moment. That says nothing
            // about the next one.
            return true;
        }
        let decision = retry_decision(request.effect, attempt_end(result));
        if decision == RetryDecision::No {
            return false;
        }
        let retries = self.transport.rules.retries as usize;
        let waits = state.waits.get_or_insert_with(|| backoff(retries));
        let Some(own_choice) = waits.next() else {
            return false;
        };
        let wait = match decision {
            RetryDecision::After(asked) => asked,
            RetryDecision::Backoff | RetryDecision::No => own_choice,
        };
        if Instant::now()
            .checked_add(wait)
            .is_none_or(|then| then >= request.due)
        {
            return false;
        }
        tokio::time::sleep(wait).await;
        true
    }

    /// Sends a request once.
    async fn send_once(
        &self,
        scope: &CallScope,
        request: &Prepared,
        added: &mut Sensitive<'_>,
        state: &mut RetryState,
    ) -> Result<Response, FailedAttempt> {
        state.attempts += 1;
        let result = self
            .transport
            .exchange(scope, request, added, state.attempts)
            .await;
        if let Err(FailedAttempt {
            end: AttemptEnd::BrokenOff,
            ..
        }) = &result
            && request.effect != Effect::Reads
        {
            state.lost_writes += 1;
        }
        // A back end that was too busy to do it now says nothing of the first time.
        if let Ok(answer) = &result
            && !answer.status.is_server_error()
            && answer.status != StatusCode::TOO_MANY_REQUESTS
        {
            scope.settle_writes(std::mem::take(&mut state.lost_writes));
        }
        if let Ok(answer) = &result
            && request.is_own()
            && answer.status == StatusCode::TOO_MANY_REQUESTS
            && let Some(wait) = retry_after(&answer.headers, SystemTime::now())
        {
            self.transport.rate_limit.pause(wait);
        }
        result
    }

    /// Removes from an answer what the plugin must not see: headers of the transport and
    /// of credentials, and, in answers of the connection's own back end, the credential.
    fn conceal(
        &self,
        scope: &CallScope,
        request: &Prepared,
        added: &Sensitive<'_>,
        answer: &mut Response,
    ) {
        if !request.is_own() {
            return strip_response(&mut answer.headers, [None, None]);
        }
        strip_response(&mut answer.headers, self.credential.carriers());
        let mut found = false;
        for mask in [Some(&self.mask), added.mask.as_ref()]
            .into_iter()
            .flatten()
        {
            found |= mask.mask_headers(&mut answer.headers);
            if let Cow::Owned(masked) = mask.mask(&answer.body) {
                found = true;
                answer.body = masked.into();
            }
        }
        if found {
            tracing::warn!(
                plugin = scope.plugin(),
                function = scope.function(),
                connection = self.connection(),
                "an answer repeated a credential of the connection; it was masked"
            );
        }
    }

    /// The token: the kept one, or one from a new login.
    async fn token(
        &self,
        scope: &CallScope,
        plan: &LoginPlan,
        due: Instant,
        stale: Option<&Arc<AccessToken>>,
    ) -> Result<Arc<AccessToken>, EgressError> {
        let found = timeout_at(due, self.tokens.find(stale))
            .await
            .map_err(|_| EgressError::Unavailable {
                detail:
                    "a login of this connection takes longer than the time limit of the request"
                        .to_owned(),
                source: None,
            })??;
        match found {
            TokenLookup::Token(token) => Ok(token),
            TokenLookup::LogIn(_lock) => {
                // Boxed, or the future of every request would be as large as that of a login.
                let result = Box::pin(self.log_in(scope, plan, due)).await;
                self.tokens.keep(result, self.transport.rules.login_pause)
            }
        }
    }

    async fn log_in(
        &self,
        scope: &CallScope,
        plan: &LoginPlan,
        due: Instant,
    ) -> Result<AccessToken, EgressError> {
        let request = plan.request(due);
        let mut retries = RetryState::default();
        loop {
            let result = self
                .send_once(scope, &request, &mut Sensitive::default(), &mut retries)
                .await;
            if !self.wait_to_retry(&request, &result, &mut retries).await {
                let answer = result.map_err(|failed| failed.error)?;
                let origin = request.target.destination.origin();
                return plan.token(&origin.to_string(), &answer);
            }
        }
    }
}

/// The state of the repetitions of one request.
#[derive(Default)]
struct RetryState {
    /// The number of sendings so far.
    attempts: u32,
    waits: Option<ExponentialBackoff>,
    /// The sendings of a write whose answers were lost and that no repetition settled.
    lost_writes: u32,
    /// Whether the request was already repeated because of a stale connection.
    repeated_stale: bool,
}
