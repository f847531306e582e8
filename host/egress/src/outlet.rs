//! The one function through which every outbound request goes.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, StatusCode, header};
use indexmap::IndexMap;
use krabice_scenario::Value;
use krabice_scenario::manifest::Effect;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use crate::base_url::{has_parameter, without_parameter};
use crate::credential::{Credential, with_query};
use crate::exchange::{Failed, Outgoing, Wire, ending};
use crate::headers::{check_request, is_refused, strip_response};
use crate::login::{Found, LoginPlan, Token, Tokens};
use crate::policy::{Destination, Policy, Redirect, Target};
use crate::retry::{Repeat, backoff, repeat, retry_after};
use crate::secret_mask::SecretMask;
use crate::{
    CallScope, EgressError, ObservedExchange, ObservedRequest, Refusal, Request, RequestObserver,
    Response, Rule, Timeouts,
};

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
/// Make one with [`Network::outlet`](crate::Network::outlet) and keep it as long
/// as the plugin is loaded.
pub struct Outlet {
    pub(crate) plugin: Arc<str>,
    pub(crate) settings: IndexMap<String, Value>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) credential: Credential,
    pub(crate) tokens: Tokens,
    pub(crate) masks: SecretMask,
    pub(crate) wire: Wire,
    pub(crate) observer: Option<Arc<dyn RequestObserver>>,
}

/// What an outlet is doing, for metrics and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Requests under way.
    pub under_way: usize,
    /// Connections that wait for a request.
    pub idle: usize,
    /// Connections opened since the start.
    pub opened: u64,
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet")
            .field("plugin", &self.plugin)
            .field("connection", &self.wire.connection)
            .field("usage", &self.usage())
            .finish_non_exhaustive()
    }
}

/// A plugin's request, or the host's own login, on its way.
struct Ask<'a> {
    scope: &'a CallScope,
    effect: Effect,
    method: &'a Method,
    headers: &'a HeaderMap,
    body: Option<&'a Bytes>,
    timeouts: Timeouts,
    due: Instant,
}

impl Outlet {
    /// Sends a request under all the rules and waits for the whole answer.
    ///
    /// Any status is an answer: also 401, 429 and 503 once nothing more can be
    /// done about them, and a redirect that the rules do not allow to follow.
    /// Dropping the future ends the request and closes the connection that it
    /// used.
    ///
    /// # Errors
    /// See [`EgressError`]. A refusal is also noted in the scope, for the whole
    /// call.
    pub async fn send(&self, scope: &CallScope, request: Request) -> Result<Response, EgressError> {
        // A call that broke a rule is forbidden already; it sends nothing more.
        if let Some(refusal) = scope.refusal() {
            return Err(refusal.clone().into());
        }
        // Every label is from a closed set: neither the path nor a word of the plugin's.
        let span = tracing::info_span!(
            "request",
            otel.kind = "client",
            plugin = scope.plugin(),
            function = scope.function(),
            connection = self.wire.connection.as_deref(),
            method = METHODS
                .iter()
                .find(|known| **known == request.method)
                .map(Method::as_str),
            status = tracing::field::Empty,
            result = tracing::field::Empty,
            otel.status_code = tracing::field::Empty,
        );
        let sent = self.send_by_the_rules(scope, &request);
        let result = sent.instrument(span.clone()).await;
        match &result {
            Ok(answer) => {
                span.record("status", answer.status.as_u16());
                span.record("result", "answered");
            }
            Err(error) => {
                span.record("result", error.word());
                span.record("otel.status_code", "ERROR");
            }
        }
        if let Err(EgressError::Forbidden(refusal)) = &result
            && scope.refuse(refusal.clone())
        {
            tracing::warn!(
                plugin = scope.plugin(),
                function = scope.function(),
                connection = self.wire.connection.as_deref(),
                rule = refusal.rule.code(),
                detail = refusal.detail,
                "outbound request refused"
            );
        }
        let answer = result?;
        scope.take_bytes(answer.body.len())?;
        Ok(answer)
    }

    /// The connection's settings that are not secret, with defaults filled in:
    /// what a call's context carries.
    #[must_use]
    pub fn public_settings(&self) -> &IndexMap<String, Value> {
        &self.settings
    }

    /// Whether a plugin may not set this header itself: it belongs to the
    /// transport or carries a credential.
    #[must_use]
    pub fn refuses_header(&self, name: &HeaderName) -> bool {
        is_refused(name, self.credential.carrier())
    }

    /// The name of the plugin whose way out it is.
    #[must_use]
    pub fn plugin(&self) -> &str {
        &self.plugin
    }

    /// The connection's name; None for a plugin without one.
    #[must_use]
    pub fn connection(&self) -> Option<&str> {
        self.wire.connection.as_deref()
    }

    /// The most bytes of a request's body, for a door that reads one piece by
    /// piece and should not read on in vain.
    #[must_use]
    pub fn request_bytes(&self) -> usize {
        self.wire.rules.request_bytes
    }

    /// What the outlet is doing.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage {
            under_way: self.wire.places.taken(),
            idle: self.wire.pool.idle(),
            opened: self.wire.pool.opened(),
        }
    }

    async fn send_by_the_rules(
        &self,
        scope: &CallScope,
        request: &Request,
    ) -> Result<Response, EgressError> {
        self.check(request)?;
        let mut target = self.policy.judge(&request.url)?;
        self.check_query(&target)?;
        scope.take_request()?;
        let ask = Ask {
            scope,
            effect: scope.effect(),
            method: &request.method,
            headers: &request.headers,
            body: request.body.as_ref(),
            timeouts: request.timeouts,
            due: scope
                .deadline()
                .min(Instant::now() + self.wire.rules.total_timeout),
        };
        let mut redirects = 0;
        loop {
            let answer = self.ask(&ask, &target).await?;
            match self.redirect(request, &target, &answer)? {
                None => return Ok(answer),
                Some(_) if redirects == self.wire.rules.redirects => {
                    return Err(EgressError::UnexpectedAnswer {
                        detail: format!(
                            "`{}` redirected more than {redirects} times (`redirects`)",
                            target.destination.origin()
                        ),
                        source: None,
                    });
                }
                Some(next) => {
                    redirects += 1;
                    target = next;
                }
            }
        }
    }

    /// What can be said before it is known where the request goes.
    fn check(&self, request: &Request) -> Result<(), Refusal> {
        if !METHODS.contains(&request.method) {
            return Err(Refusal::new(
                Rule::Method,
                format!("plugins may not use the method `{}`", request.method),
            ));
        }
        check_request(
            &request.headers,
            self.credential.carrier(),
            &self.wire.rules,
        )?;
        let most = self.wire.rules.request_bytes;
        let bytes = request.body.as_ref().map_or(0, Bytes::len);
        if bytes > most {
            return Err(Refusal::new(
                Rule::Size,
                format!(
                    "the request's body has {bytes} bytes; {most} are allowed (`request-bytes`)"
                ),
            ));
        }
        Ok(())
    }

    /// The parameter that carries the credential is the host's alone.
    fn check_query(&self, target: &Target) -> Result<(), Refusal> {
        match (&self.credential, &target.destination) {
            (Credential::Query { name, .. }, Destination::Own(_))
                if has_parameter(&target.path, name) =>
            {
                Err(Refusal::new(
                    Rule::Header,
                    format!("plugins may not set the query parameter `{name}`"),
                ))
            }
            _ => Ok(()),
        }
    }

    /// Where an answer points, if it is to be asked there. Only reads without a
    /// body: what a back end moves, it moves for those who look.
    fn redirect(
        &self,
        request: &Request,
        from: &Target,
        answer: &Response,
    ) -> Result<Option<Target>, Refusal> {
        let moved = matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let Some(location) = answer.headers.get(header::LOCATION).filter(|_| moved) else {
            return Ok(None);
        };
        // What was done is done: an answer to anything but a read is handed back
        // wherever it points.
        if !matches!(request.method, Method::GET | Method::HEAD) || request.body.is_some() {
            return Ok(None);
        }
        match self.policy.redirect(from, location) {
            Redirect::Refuse(refusal) => Err(refusal),
            Redirect::Return => Ok(None),
            Redirect::Follow(mut target) => {
                // A back end that repeats the query in its location repeats the
                // credential's parameter, too. For the own address it is added
                // anew, and no other host may have it.
                if let Credential::Query { name, .. } = &self.credential
                    && let Some(path) = without_parameter(&target.path, name)
                {
                    target.path = path;
                }
                Ok(Some(target))
            }
        }
    }

    /// Asks one target, with its credential and with the repetitions that the
    /// function's effect allows.
    async fn ask(&self, ask: &Ask<'_>, target: &Target) -> Result<Response, EgressError> {
        let own = matches!(target.destination, Destination::Own(_));
        let login = match &self.credential {
            Credential::Login(plan) if own => Some(plan.as_ref()),
            _ => None,
        };
        let mut token = match login {
            Some(plan) => Some(self.token(ask, plan, None).await?),
            None => None,
        };
        let mut renewed = false;
        let mut repeating = Repeating::default();
        loop {
            repeating.attempt += 1;
            if let Some(observer) = &self.observer {
                observer.sending(ObservedRequest {
                    method: ask.method,
                    host: (!own).then(|| target.destination.origin().to_string()),
                    path: target.path.as_str(),
                    headers: ask.headers,
                    body: ask.body,
                });
            }
            let result = self
                .attempt(ask, target, token.as_deref(), repeating.attempt)
                .await;
            if let (Some(observer), Ok(answer)) = (&self.observer, &result) {
                self.show(
                    observer.as_ref(),
                    ask,
                    target,
                    token.as_deref(),
                    answer.clone(),
                );
            }
            if let (Ok(answer), Some(plan), Some(used)) = (&result, login, &token)
                && answer.status == StatusCode::UNAUTHORIZED
            {
                // A 401 says that nothing was done, so this repeats writes, too.
                if !renewed && self.tokens.worth_renewing() {
                    renewed = true;
                    token = Some(self.token(ask, plan, Some(used)).await?);
                    continue;
                }
                if renewed {
                    self.tokens.renewed_in_vain(self.wire.rules.login_pause);
                }
            }
            if !self.wait_to_repeat(ask, &result, &mut repeating).await {
                let mut answer = result.map_err(|failed| failed.error)?;
                if own {
                    self.conceal(ask.scope, token.as_deref(), &mut answer);
                } else {
                    strip_response(&mut answer.headers, None);
                }
                return Ok(answer);
            }
        }
    }

    /// Waits until a request may be repeated; false when it must not be, or not
    /// in time.
    async fn wait_to_repeat(
        &self,
        ask: &Ask<'_>,
        result: &Result<Response, Failed>,
        repeating: &mut Repeating,
    ) -> bool {
        if let Err(Failed { stale: true, .. }) = result
            && ask.effect != Effect::Writes
            && !std::mem::replace(&mut repeating.stale_once, true)
        {
            // The other side closed a resting connection just then. That says
            // nothing about the next one.
            return true;
        }
        let decision = repeat(ask.effect, ending(result));
        if decision == Repeat::No {
            return false;
        }
        let retries = self.wire.rules.retries as usize;
        let Some(own_choice) = repeating
            .waits
            .get_or_insert_with(|| backoff(retries))
            .next()
        else {
            return false;
        };
        let wait = match decision {
            Repeat::After(asked) => asked,
            _ => own_choice,
        };
        if Instant::now()
            .checked_add(wait)
            .is_none_or(|then| then >= ask.due)
        {
            return false;
        }
        tokio::time::sleep(wait).await;
        true
    }

    /// One request over the network, with its credential.
    async fn attempt(
        &self,
        ask: &Ask<'_>,
        target: &Target,
        token: Option<&Token>,
        attempt: u32,
    ) -> Result<Response, Failed> {
        let mut headers = ask.headers.clone();
        let mut path = None;
        if let Destination::Own(_) = target.destination {
            match (&self.credential, token) {
                (Credential::Header(name, value), _) => drop(headers.insert(name, value.clone())),
                (Credential::Login(plan), Some(token)) => {
                    drop(headers.insert(&plan.header, token.value.clone()))
                }
                (Credential::Query { pair, .. }, _) => path = with_query(&target.path, pair),
                _ => {}
            }
        }
        let out = Outgoing {
            scope: ask.scope,
            effect: ask.effect,
            method: ask.method,
            target,
            path,
            headers,
            body: ask.body,
            timeouts: ask.timeouts,
            due: ask.due,
            attempt,
        };
        let result = self.wire.exchange(out).await;
        if let (Ok(answer), Destination::Own(_)) = (&result, &target.destination)
            && answer.status == StatusCode::TOO_MANY_REQUESTS
            && let Some(wait) = retry_after(&answer.headers, std::time::SystemTime::now())
        {
            self.wire.pace.pause(wait);
        }
        result
    }

    /// Shows a request and its answer without the credential.
    fn show(
        &self,
        observer: &dyn RequestObserver,
        ask: &Ask<'_>,
        target: &Target,
        token: Option<&Token>,
        mut answer: Response,
    ) {
        match target.destination {
            Destination::Own(_) => self.conceal(ask.scope, token, &mut answer),
            _ => strip_response(&mut answer.headers, None),
        }
        observer.exchanged(ObservedExchange {
            method: ask.method,
            url: format!("{}{}", target.destination.origin(), target.path),
            request_headers: ask.headers,
            request_body: ask.body,
            status: answer.status,
            response_headers: answer.headers,
            response_body: answer.body,
        });
    }

    /// Takes out of an answer of the connection's own back end what the plugin
    /// must not see.
    fn conceal(&self, scope: &CallScope, token: Option<&Token>, answer: &mut Response) {
        strip_response(&mut answer.headers, self.credential.carrier());
        let mut found = false;
        for masks in [Some(&self.masks), token.map(|token| &token.masks)]
            .into_iter()
            .flatten()
        {
            found |= masks.mask_headers(&mut answer.headers);
            if let Cow::Owned(masked) = masks.mask(&answer.body) {
                found = true;
                answer.body = masked.into();
            }
        }
        if found {
            tracing::warn!(
                plugin = scope.plugin(),
                function = scope.function(),
                connection = self.wire.connection.as_deref(),
                "an answer repeated a credential of the connection; it was masked"
            );
        }
    }

    /// A token: the one at hand, or one from a new login.
    async fn token(
        &self,
        ask: &Ask<'_>,
        plan: &LoginPlan,
        stale: Option<&Arc<Token>>,
    ) -> Result<Arc<Token>, EgressError> {
        let found = timeout_at(ask.due, self.tokens.find(stale))
            .await
            .map_err(|_| EgressError::Unavailable {
                detail: "a login of this connection takes longer than the request has".to_owned(),
                source: None,
            })??;
        match found {
            Found::Token(token) => Ok(token),
            Found::Turn(_turn) => {
                // Boxed: it would make every request's future carry a login's.
                let result = Box::pin(self.log_in(ask, plan)).await;
                self.tokens.keep(result, self.wire.rules.login_pause)
            }
        }
    }

    async fn log_in(&self, ask: &Ask<'_>, plan: &LoginPlan) -> Result<Token, EgressError> {
        let Some(destination) = self.policy.own_destination() else {
            return Err(Refusal::new(Rule::Host, "a login needs the connection's address").into());
        };
        let target = Target {
            destination,
            path: plan.path.clone(),
        };
        let (headers, body) = plan.request();
        let login = Ask {
            // Logging in twice is as good as once.
            effect: Effect::WritesIdempotently,
            method: &Method::POST,
            headers: &headers,
            body: body.as_ref(),
            timeouts: Timeouts::default(),
            ..*ask
        };
        let mut repeating = Repeating::default();
        loop {
            repeating.attempt += 1;
            let result = self.attempt(&login, &target, None, repeating.attempt).await;
            if !self.wait_to_repeat(&login, &result, &mut repeating).await {
                let answer = result.map_err(|failed| failed.error)?;
                return plan.token(&target.destination.origin().to_string(), &answer);
            }
        }
    }
}

/// How far repeating has got.
#[derive(Default)]
struct Repeating {
    attempt: u32,
    waits: Option<backon::ExponentialBackoff>,
    stale_once: bool,
}
