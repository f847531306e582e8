//! The calls of a check, and what each of them shows.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use indexmap::IndexMap;
use krabice_contract::manifest::{ChoicesSource, Effect, Function};
use krabice_contract::{Failure, FailureClass, MASK, Outcome};
use krabice_egress::{Exchange, Outlet};
use krabice_runtime::{CallInput, CallReport, Plugin, Runtime};
use percent_encoding::percent_decode_str;

use super::finding::{Code, Findings};
use super::{CheckError, FunctionReport, Report, SituationOutcome};
use crate::back_end::{BackEnd, HOST, NamedHosts, ReceivedRequest};
use crate::milliseconds;
use crate::passport::{FunctionFlow, Observation};
use crate::sample_parameters::{self as sample, Injection, LiveChoices, MARK, Parameters};
use crate::situation::Situation;
use crate::test_connection::{TestConnection, TimeoutProfile, context};

/// Calls everything that a plugin has.
pub(super) async fn all(
    runtime: &Runtime,
    plugin: &Arc<Plugin>,
    settings: &IndexMap<String, String>,
    report: &mut Report,
    findings: &mut Findings,
) -> Result<(), CheckError> {
    let manifest = plugin.manifest();
    let back_end = BackEnd::start(&manifest.authorisation).await?;
    let named_hosts = Arc::new(NamedHosts::default());
    let mut check = Check {
        runtime,
        plugin,
        connection: TestConnection::new(manifest, settings).observer(Arc::clone(&named_hosts) as _),
        back_end,
        named_hosts,
        findings,
        quickest: None,
    };
    report.functions.push(check.probe().await?);
    for function in manifest.functions.values() {
        let mut live = LiveChoices::new();
        for parameter in &function.parameters {
            if parameter.choices == ChoicesSource::Live {
                let (entry, first) = check.choices(function, &parameter.name).await?;
                report.functions.push(entry);
                live.extend(first.map(|choice| (parameter.name.clone(), choice)));
            }
        }
        let flow = report.passport.as_mut().and_then(|passport| {
            let mut all = passport.functions.iter_mut();
            all.find(|flow| flow.function == function.name)
        });
        let entry = check.function(function, &live, flow).await?;
        report.functions.push(entry);
    }
    let quickest = check.quickest;
    let measured = &mut report.measured;
    for entry in &report.functions {
        measured.calls += entry.calls;
        measured.memory_bytes = measured.memory_bytes.max(entry.memory_bytes);
        measured.computed_milliseconds = measured
            .computed_milliseconds
            .max(entry.computed_milliseconds);
    }
    measured.start_milliseconds = quickest.map_or(0.0, milliseconds);
    Ok(())
}

struct Check<'a> {
    runtime: &'a Runtime,
    plugin: &'a Arc<Plugin>,
    connection: TestConnection<'a>,
    back_end: BackEnd,
    named_hosts: Arc<NamedHosts>,
    findings: &'a mut Findings,
    /// The time of the quickest call so far.
    quickest: Option<Duration>,
}

/// A call that has ended, with its requests.
struct FinishedCall {
    result: Result<&'static str, Failure>,
    /// The requests to the back end and to hosts of the manifest.
    requests: Vec<ReceivedRequest>,
    /// Whether the call sent anything to the back end, answered or not.
    asked_back_end: bool,
}

impl FinishedCall {
    fn word(&self) -> &'static str {
        match &self.result {
            Ok(word) => word,
            Err(failure) => failure.class.word(),
        }
    }

    fn class(&self) -> Option<FailureClass> {
        self.result.as_ref().err().map(|failure| failure.class)
    }
}

impl Check<'_> {
    async fn probe(&mut self) -> Result<FunctionReport, CheckError> {
        let mut entry = FunctionReport::new("probe");
        for situation in Situation::ALL {
            let outlet = self.outlet(situation)?;
            let report = self
                .runtime
                .probe(self.plugin, outlet.as_ref(), &context())
                .await;
            let call = self.finish(&mut entry, report, &when(situation), |_| "true");
            self.judge(&mut entry, &call, situation, Effect::Reads);
            if stops(&mut entry, &call) {
                break;
            }
        }
        Ok(entry)
    }

    /// Asks for live choices; returns the first choice that was given.
    async fn choices(
        &mut self,
        function: &Function,
        parameter: &str,
    ) -> Result<(FunctionReport, Option<String>), CheckError> {
        let mut entry = FunctionReport::new(format!("{}.{parameter}", function.name));
        let mut first = None;
        for situation in Situation::ALL {
            let outlet = self.outlet(situation)?;
            let report = self
                .runtime
                .choices(
                    self.plugin,
                    &function.name,
                    parameter,
                    outlet.as_ref(),
                    &context(),
                )
                .await;
            if let Ok(choices) = &report.result {
                first = first.or(choices.first().map(|choice| choice.value.clone()));
            }
            let call = self.finish(&mut entry, report, &when(situation), |_| "true");
            self.judge(&mut entry, &call, situation, Effect::Reads);
            if stops(&mut entry, &call) {
                break;
            }
        }
        Ok((entry, first))
    }

    async fn function(
        &mut self,
        function: &Function,
        live: &LiveChoices,
        mut flow: Option<&mut FunctionFlow>,
    ) -> Result<FunctionReport, CheckError> {
        let mut entry = FunctionReport::new(&function.name);
        let ordinary = sample::ordinary(function, live, sample::Which::All);
        let mut always_forbidden = false;
        for situation in Situation::ALL {
            let call = self
                .call(&mut entry, function, &ordinary, situation, &when(situation))
                .await?;
            self.judge(&mut entry, &call, situation, function.effect);
            if situation == Situation::EmptyObject {
                always_forbidden = call.class() == Some(FailureClass::Forbidden);
            }
            if let Some(flow) = &mut flow {
                observe(flow, &ordinary, &call.requests);
            }
            if stops(&mut entry, &call) {
                return Ok(entry);
            }
        }
        self.unusual(&mut entry, function, live, &ordinary).await?;
        self.inject(&mut entry, function, &ordinary, always_forbidden)
            .await?;
        for (what, parameters) in sample::invalid(function, &ordinary) {
            let situation = Situation::EmptyObject;
            let call = self
                .call(&mut entry, function, &parameters, situation, &what)
                .await?;
            judge_host(&function.name, &call, &what, self.findings);
        }
        Ok(entry)
    }

    /// Calls with parameters that the manifest allows and that are unusual.
    async fn unusual(
        &mut self,
        entry: &mut FunctionReport,
        function: &Function,
        live: &LiveChoices,
        ordinary: &Parameters,
    ) -> Result<(), CheckError> {
        let required = sample::ordinary(function, live, sample::Which::Required);
        let mut cases = vec![("optional parameters left out".to_owned(), required)];
        for parameter in sample::children(&function.parameters, "") {
            for (words, value) in sample::unusual(parameter) {
                let mut parameters = ordinary.clone();
                parameters.insert(parameter.name.clone(), value);
                cases.push((format!("`{}` is {words}", parameter.name), parameters));
            }
        }
        for (what, parameters) in cases {
            let call = self
                .call(entry, function, &parameters, Situation::EmptyObject, &what)
                .await?;
            self.judge_call(&function.name, &call, &what, function.effect);
        }
        Ok(())
    }

    /// Calls with texts that become something else where a plugin does not encode them. When the
    /// function is forbidden with ordinary parameters, too, a refusal proves nothing.
    async fn inject(
        &mut self,
        entry: &mut FunctionReport,
        function: &Function,
        ordinary: &Parameters,
        always_forbidden: bool,
    ) -> Result<(), CheckError> {
        for parameter in &function.parameters {
            let name = &parameter.name;
            for &injection in sample::injections(parameter) {
                let parameters = sample::with(ordinary, name, injection.text.into());
                let when = format!(
                    "`{name}` holds a text that could be read as {}",
                    injection.becomes
                );
                let call = self
                    .call(entry, function, &parameters, Situation::EmptyObject, &when)
                    .await?;
                let refused = call.class() == Some(FailureClass::Forbidden) && !always_forbidden;
                let mut requests = call.requests.iter();
                if refused || requests.any(|request| took_effect(injection, request)) {
                    let how = if refused {
                        "; the host refused the request"
                    } else {
                        ""
                    };
                    let becomes = injection.becomes;
                    let message = format!("the parameter `{name}` is read as {becomes}{how}");
                    self.findings
                        .add_when(Code::UNESCAPED, &function.name, message, &when);
                } else {
                    self.judge_call(&function.name, &call, &when, function.effect);
                }
            }
        }
        Ok(())
    }

    async fn call(
        &mut self,
        entry: &mut FunctionReport,
        function: &Function,
        parameters: &Parameters,
        situation: Situation,
        when: &str,
    ) -> Result<FinishedCall, CheckError> {
        let outlet = self.outlet(situation)?;
        let input = CallInput {
            parameters: parameters.clone(),
            // All are hidden, so that a failure which repeats one shows the mask.
            hidden: parameters.keys().cloned().collect(),
            context: context(),
            key: format!("check-{}", entry.calls),
        };
        let report = self
            .runtime
            .call(self.plugin, &function.name, outlet.as_ref(), input)
            .await;
        Ok(self.finish(entry, report, when, |outcome| match outcome {
            Outcome::False => "false",
            Outcome::True | Outcome::TrueWithValue(_) | Outcome::TrueWithFields(_) => "true",
        }))
    }

    /// A new outlet for each call: what one call learns about the back end must not change the next.
    fn outlet(&self, situation: Situation) -> Result<Option<Arc<Outlet>>, CheckError> {
        let address: SocketAddr = self.back_end.behave(situation)?;
        self.back_end.take_requests();
        self.named_hosts.take_requests();
        let timeouts = if situation.gives_no_answer() {
            TimeoutProfile::Short
        } else {
            TimeoutProfile::WithoutRetries
        };
        Ok(self.connection.outlet(address, timeouts)?)
    }

    /// Adds a call to the report of its function, with the findings that need no knowledge of the
    /// situation.
    fn finish<T>(
        &mut self,
        entry: &mut FunctionReport,
        report: CallReport<T>,
        when: &str,
        word: impl FnOnce(T) -> &'static str,
    ) -> FinishedCall {
        let mut requests = self.back_end.take_requests();
        let arrived = !requests.is_empty();
        requests.extend(self.named_hosts.take_requests());
        entry.calls += 1;
        entry.requests = entry.requests.max(report.exchanges.len());
        entry.memory_bytes = entry.memory_bytes.max(report.memory_bytes);
        entry.computed_milliseconds = entry
            .computed_milliseconds
            .max(milliseconds(report.computed));
        if report.memory_bytes > 0 {
            let quickest = self.quickest.get_or_insert(report.elapsed);
            *quickest = (*quickest).min(report.elapsed);
        }
        let (name, limits) = (&entry.name, self.runtime.limits());
        if report.memory_bytes > limits.memory_bytes / 4 * 3 {
            let message = format!(
                "a call took more than three quarters of the {} bytes of memory that it may have",
                limits.memory_bytes
            );
            self.findings.add_when(Code::MEMORY, name, message, when);
        }
        if report.log_dropped_bytes > 0 {
            let message = format!(
                "a call wrote more than {} bytes to its log",
                limits.log_bytes
            );
            self.findings.add_when(Code::LOG_FLOOD, name, message, when);
        }
        if report.abandoned_requests > 0 && report.result.is_ok() {
            let message = "it answered while requests of its own were under way";
            self.findings
                .add_when(Code::ABANDONED_REQUEST, name, message, when);
        }
        // A request to a host of the manifest fails and says nothing of the back end.
        let to_back_end = |exchange: &Exchange| &*exchange.host == HOST;
        let call = FinishedCall {
            asked_back_end: report.exchanges.iter().any(to_back_end) || arrived,
            result: report.result.map(word),
            requests,
        };
        *entry.outcomes.entry(call.word()).or_default() += 1;
        call
    }

    /// Reports what is wrong with a call whatever the back end did; true when the failure itself is
    /// wrong.
    fn judge_call(&mut self, name: &str, call: &FinishedCall, when: &str, effect: Effect) -> bool {
        let changes = |request: &&ReceivedRequest| {
            matches!(request.method, Method::PUT | Method::PATCH | Method::DELETE)
        };
        if effect == Effect::Reads
            && let Some(request) = call.requests.iter().find(changes)
        {
            let message = format!("its effect is `reads`, but it sends a `{}`", request.method);
            self.findings.add_when(Code::WRITES, name, message, when);
        }
        let Err(failure) = &call.result else {
            return false;
        };
        let broken = match failure.class {
            FailureClass::ContractBroken => Code::CONTRACT_BROKEN,
            FailureClass::Trap => Code::TRAP,
            FailureClass::Timeout => Code::TIMEOUT,
            FailureClass::ResourceLimit => Code::RESOURCE_LIMIT,
            FailureClass::Forbidden => Code::FORBIDDEN,
            FailureClass::InvalidParameter => {
                if let Some(parameter) = &failure.parameter
                    && let Some(function) = self.plugin.manifest().functions.get(name)
                    && !self.knows(function, parameter)
                {
                    let message = format!(
                        "it refuses `{parameter}`, which is neither its parameter nor a setting"
                    );
                    self.findings
                        .add_when(Code::UNKNOWN_PARAMETER, name, message, when);
                }
                return false;
            }
            FailureClass::Unauthorised
            | FailureClass::Unavailable
            | FailureClass::RateLimited
            | FailureClass::UnexpectedAnswer
            | FailureClass::Overloaded
            | FailureClass::Misconfigured
            | FailureClass::OutcomeUnknown => {
                if failure.detail.contains(MASK) {
                    let message = "the detail of its failure repeats a parameter's value";
                    self.findings
                        .add_when(Code::REPEATS_PARAMETER, name, message, when);
                }
                return false;
            }
        };
        self.findings.add_when(broken, name, &failure.detail, when);
        true
    }

    /// Whether a name is a parameter of the function, or a setting: the value that a function needs
    /// may be missing in the connection.
    fn knows(&self, function: &Function, name: &str) -> bool {
        let mut parameters = function.parameters.iter();
        let mut settings = self.plugin.manifest().settings.iter();
        parameters.any(|known| known.name == name) || settings.any(|known| known.name == name)
    }

    /// Notes how a call with ordinary parameters ended in a situation, and reports what is wrong
    /// with that.
    fn judge(
        &mut self,
        entry: &mut FunctionReport,
        call: &FinishedCall,
        situation: Situation,
        effect: Effect,
    ) {
        entry.situations.push(SituationOutcome {
            situation,
            outcome: call.word(),
            asked: call.asked_back_end,
        });
        let (name, when) = (&entry.name, when(situation));
        // The host refuses to follow the redirect, and the runtime calls that forbidden; it is not
        // the plugin's fault.
        let led_away = situation == Situation::Redirect
            && call.class() == Some(FailureClass::Forbidden)
            && call.asked_back_end;
        if led_away || self.judge_call(name, call, &when, effect) || !call.asked_back_end {
            return;
        }
        let Some(expected) = expected(situation) else {
            return;
        };
        match &call.result {
            Ok(word) => {
                let message = format!("it answered `{word}`; it should have failed");
                self.findings
                    .add_when(Code::FALSE_ANSWER, name, message, &when);
            }
            // A lost answer to a write leaves the matter open, whatever the plugin calls it.
            Err(failure)
                if failure.class == FailureClass::OutcomeUnknown && effect != Effect::Reads => {}
            Err(failure) if !expected.contains(&failure.class) => {
                let message = format!(
                    "it failed as `{}`; expected `{}`",
                    failure.class, expected[0]
                );
                self.findings
                    .add_when(Code::OTHER_FAILURE, name, message, &when);
            }
            Err(_) => {}
        }
    }
}

/// Whether the other calls of a function are left out, because each call that does not end by itself
/// would take its whole timeout.
fn stops(entry: &mut FunctionReport, call: &FinishedCall) -> bool {
    let timed_out = call.class() == Some(FailureClass::Timeout);
    if timed_out {
        entry.cut_short = Some("a call did not end by itself");
    }
    timed_out
}

/// The situation as a finding has it.
fn when(situation: Situation) -> String {
    format!("the back end {}", situation.words())
}

/// The failures that a situation may end as, the right one first; None where any outcome may be
/// right.
fn expected(situation: Situation) -> Option<&'static [FailureClass]> {
    use FailureClass::{Forbidden, RateLimited, Unauthorised, Unavailable, UnexpectedAnswer};
    Some(match situation {
        Situation::EmptyObject | Situation::EmptyList | Situation::Null | Situation::NotFound => {
            return None;
        }
        Situation::Refused => &[Unauthorised],
        Situation::RateLimited => &[RateLimited],
        Situation::Broken | Situation::Slow | Situation::Down => &[Unavailable],
        Situation::Html | Situation::Truncated | Situation::Deep | Situation::Huge => {
            &[UnexpectedAnswer]
        }
        Situation::Redirect => &[UnexpectedAnswer, Unavailable, Forbidden],
    })
}

/// Reports the host when it gave the plugin parameters that break the manifest.
fn judge_host(function: &str, call: &FinishedCall, what: &str, findings: &mut Findings) {
    let refused = call.class() == Some(FailureClass::InvalidParameter);
    if !refused || !call.requests.is_empty() || call.asked_back_end {
        let message = format!("the host gave the plugin {what}");
        findings.add_when(Code::HOST_GUARD, function, message, what);
    }
}

/// Notes in which parts of requests the parameters are.
fn observe(flow: &mut FunctionFlow, parameters: &Parameters, requests: &[ReceivedRequest]) {
    for request in requests {
        let method = request.method.to_string();
        if !flow.methods.contains(&method) {
            flow.methods.push(method);
        }
        let (path, query) = request.path_and_query();
        let headers: String = request
            .headers
            .values()
            .map(|value| format!("{}\n", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let places = [
            ("path", decoded(path)),
            ("query", decoded(query)),
            ("header", decoded(&headers)),
            ("body", decoded(&String::from_utf8_lossy(&request.body))),
        ];
        for parameter in &mut flow.parameters {
            let value = sample::at(parameters, &parameter.name);
            let Some(mark) = value.and_then(sample::mark) else {
                continue;
            };
            for (place, text) in &places {
                let observation = Observation {
                    host: request.host.clone(),
                    place,
                };
                if text.contains(&mark) && !parameter.seen.contains(&observation) {
                    parameter.seen.push(observation);
                }
            }
        }
    }
}

/// The form of a text in which marks are searched: percent-decoded, in lower case.
fn decoded(text: &str) -> String {
    let text = text.replace('+', "%20");
    percent_decode_str(&text).decode_utf8_lossy().to_lowercase()
}

/// Whether an injected text had its effect in a request.
fn took_effect(injection: Injection, request: &ReceivedRequest) -> bool {
    // A parameter that gives an address may be asked: that is what it is for.
    let meant = |host: &String| injection.text.starts_with(host.as_str());
    if request.host.as_ref().is_some_and(meant) {
        return false;
    }
    if request.headers.contains_key("x-kanarek") {
        return true;
    }
    let (_, query) = request.path_and_query();
    let body = String::from_utf8_lossy(&request.body);
    if injection.is_plus() {
        let form = request
            .headers
            .get(http::header::CONTENT_TYPE)
            .is_some_and(|media_type| {
                media_type
                    .as_bytes()
                    .starts_with(b"application/x-www-form-urlencoded")
            });
        return query.contains("kanarek+kanarek") || form && body.contains("kanarek+kanarek");
    }
    has_pair(query) || took_effect_in_body(injection, &body)
}

fn took_effect_in_body(injection: Injection, body: &str) -> bool {
    let start = body.trim_start();
    if start.starts_with(['{', '[']) {
        return match serde_json::from_str::<serde_json::Value>(body) {
            Ok(document) => has_member(&document),
            // Only the injected text can have broken it.
            Err(_) => body.contains(MARK),
        };
    }
    if start.starts_with('<') {
        // In a CDATA section `&` begins no entity.
        let entity = body.contains("&kanarek") && !body.contains("<![CDATA[");
        return entity || injection.text.contains("<kanarek/>") && body.contains("<kanarek/>");
    }
    // A form, whose values may be JSON again.
    has_pair(body)
        || body.split('&').any(|pair| {
            let value = pair.split_once('=').map_or("", |(_, value)| value);
            let value = percent_decode_str(&value.replace('+', "%20"))
                .decode_utf8_lossy()
                .into_owned();
            value.starts_with(['{', '[']) && took_effect_in_body(injection, &value)
        })
}

/// Whether the mark is the name of a query parameter or a form field.
fn has_pair(query: &str) -> bool {
    query
        .split('&')
        .any(|pair| pair.split_once('=').is_some_and(|(name, _)| name == MARK))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "only objects and arrays have members"
)]
fn has_member(document: &serde_json::Value) -> bool {
    match document {
        serde_json::Value::Object(members) => {
            members.contains_key(MARK) || members.values().any(has_member)
        }
        serde_json::Value::Array(items) => items.iter().any(has_member),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::sample_parameters::INJECTIONS;

    fn request(target: &str, body: &str) -> ReceivedRequest {
        ReceivedRequest {
            host: None,
            method: Method::GET,
            target: target.to_owned(),
            headers: http::HeaderMap::new(),
            body: body.to_owned().into(),
        }
    }

    /// Tested with made-up calls: the runtime refuses such parameters.
    #[test]
    fn a_host_that_lets_a_broken_parameter_through_is_reported() {
        let refused = || Failure::new(FailureClass::InvalidParameter, "no");
        let call = |result, requests: Vec<ReceivedRequest>| FinishedCall {
            result,
            asked_back_end: false,
            requests,
        };
        for (call, seen) in [
            (call(Err(refused()), Vec::new()), false),
            (call(Ok("true"), Vec::new()), true),
            (call(Err(refused()), vec![request("/o", "")]), true),
            (
                call(
                    Err(Failure::new(FailureClass::Trap, "it crashed")),
                    Vec::new(),
                ),
                true,
            ),
        ] {
            let mut findings = Findings::default();
            judge_host("find", &call, "an unknown parameter", &mut findings);
            let codes: Vec<_> = findings
                .into_vec()
                .iter()
                .map(|finding| finding.code)
                .collect();
            assert_eq!(codes, vec![Code::HOST_GUARD; usize::from(seen)]);
        }
    }

    #[test]
    fn a_plus_is_lost_in_a_query_and_in_a_form_and_nowhere_else() {
        let plus = *INJECTIONS
            .iter()
            .find(|injection| injection.is_plus())
            .unwrap();
        let form = |body: &str| {
            let mut request = request("/o", body);
            let media_type =
                http::HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
            request
                .headers
                .insert(http::header::CONTENT_TYPE, media_type);
            request
        };
        assert!(took_effect(
            plus,
            &request("/o?n=kanarek+kanarek@example.com", "")
        ));
        assert!(took_effect(plus, &form("n=kanarek+kanarek")));
        assert!(!took_effect(
            plus,
            &request("/o/kanarek+kanarek?n=kanarek%2Bkanarek", "")
        ));
        assert!(!took_effect(plus, &form("n=kanarek%2Bkanarek")));
        assert!(!took_effect(
            plus,
            &request("/o", r#"{"n":"kanarek+kanarek"}"#)
        ));
    }

    #[test]
    fn an_address_that_a_parameter_gives_may_be_asked() {
        let url = Injection {
            becomes: "another query parameter",
            text: "https://kanarek.example.com/kanarek?kanarek=1&kanarek=2",
        };
        let mut request = request("/kanarek?kanarek=1&kanarek=2", "");
        assert!(took_effect(url, &request));
        request.host = Some("https://kanarek.example.com".to_owned());
        assert!(!took_effect(url, &request));
        request.host = Some("https://reports.example.com".to_owned());
        assert!(took_effect(url, &request));
    }

    #[test]
    fn what_was_not_encoded_is_seen_and_what_was_is_not() {
        let injection = |becomes: &str| {
            *INJECTIONS
                .iter()
                .find(|injection| injection.becomes == becomes)
                .unwrap()
        };
        for (becomes, target, body, seen) in [
            (
                "another query parameter",
                "/o?n=kanarek?kanarek=1&kanarek=2",
                "",
                true,
            ),
            (
                "another query parameter",
                "/o?n=kanarek%3Fkanarek%3D1%26kanarek%3D2%23kanarek",
                "",
                false,
            ),
            (
                "another query parameter",
                "/o",
                "n=kanarek?kanarek=1&kanarek=2",
                true,
            ),
            (
                "another JSON member",
                "/o",
                r#"{"n":"kanarek","kanarek":"1"}"#,
                true,
            ),
            (
                "another JSON member",
                "/o",
                r#"{"n":"kanarek\",\"kanarek\":\"1"}"#,
                false,
            ),
            (
                "another JSON member",
                "/o",
                "parameters=%7B%22n%22%3A%22kanarek%22%2C%22kanarek%22%3A%221%22%7D",
                true,
            ),
            ("an XML element", "/o", "<o>kanarek]]><kanarek/></o>", true),
            (
                "an XML element",
                "/o",
                "<o>kanarek]]&gt;&lt;kanarek/&gt;</o>",
                false,
            ),
            ("another query parameter", "/o", "<o>a&kanarek=2</o>", true),
            (
                "another query parameter",
                "/o",
                "<o>a&amp;kanarek=2</o>",
                false,
            ),
            (
                "another query parameter",
                "/o",
                "<o><![CDATA[a&kanarek=2]]></o>",
                false,
            ),
        ] {
            let found = took_effect(injection(becomes), &request(target, body));
            assert_eq!(found, seen, "{becomes}: {target} {body}");
        }
    }
}
