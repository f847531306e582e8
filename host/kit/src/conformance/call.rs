//! The calls of a check, and what each of them shows.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use indexmap::IndexMap;
use krabice_egress::{Exchange, Outlet};
use krabice_runtime::{CallInput, CallReport, Plugin, Runtime};
use krabice_scenario::manifest::{ChoicesSource, Effect, Function};
use krabice_scenario::{Failure, FailureClass, Outcome};
use percent_encoding::percent_decode_str;

use super::finding::{Code, Findings};
use super::{CheckError, Ended, Report, Situation, Tried, milliseconds};
use crate::back_end::{Asked, BackEnd, Elsewhere};
use crate::passport::{Passage, Sighting};
use crate::sample::{self, Harm, LiveChoices, MARK, Parameters};
use crate::stage::{Patience, Stage, StageError, context};

/// What stands in a text in place of a hidden value.
const MASK: &str = "•••";

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
    let elsewhere = Arc::new(Elsewhere::default());
    let mut check = Check {
        runtime,
        plugin,
        stage: Stage::new(manifest, settings).observer(Arc::clone(&elsewhere) as _),
        back_end,
        elsewhere,
        findings,
        start: None,
    };
    report.functions.push(check.probe().await?);
    for function in manifest.functions.values() {
        let mut live = LiveChoices::new();
        for parameter in &function.parameters {
            if parameter.choices == ChoicesSource::Live {
                let (tried, first) = check.choices(function, &parameter.name).await?;
                report.functions.push(tried);
                live.extend(first.map(|choice| (parameter.name.clone(), choice)));
            }
        }
        let passage = report.passport.as_mut().and_then(|passport| {
            let mut all = passport.functions.iter_mut();
            all.find(|passage| passage.function == function.name)
        });
        let tried = check.function(function, &live, passage).await?;
        report.functions.push(tried);
    }
    let start = check.start;
    let measured = &mut report.measured;
    for tried in &report.functions {
        measured.calls += tried.calls;
        measured.memory_bytes = measured.memory_bytes.max(tried.memory_bytes);
        measured.computed_milliseconds = measured
            .computed_milliseconds
            .max(tried.computed_milliseconds);
    }
    measured.start_milliseconds = start.map_or(0.0, milliseconds);
    Ok(())
}

struct Check<'a> {
    runtime: &'a Runtime,
    plugin: &'a Arc<Plugin>,
    stage: Stage<'a>,
    back_end: BackEnd,
    elsewhere: Arc<Elsewhere>,
    findings: &'a mut Findings,
    /// The quickest call so far.
    start: Option<Duration>,
}

/// A call that is over, and what was seen of it.
struct Over {
    result: Result<&'static str, Failure>,
    /// Its requests, also those to hosts of the manifest.
    asked: Vec<Asked>,
    /// Whether it sent anything to the back end, answered or not.
    sent: bool,
}

impl Over {
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
    async fn probe(&mut self) -> Result<Tried, CheckError> {
        let mut tried = Tried {
            name: "probe".to_owned(),
            ..Tried::default()
        };
        for situation in Situation::ALL {
            let outlet = self.outlet(situation)?;
            let report = self
                .runtime
                .probe(self.plugin, outlet.as_ref(), &context())
                .await;
            let over = self.over(&mut tried, report, &when(situation), |_| "true");
            self.asked_in(&mut tried, situation, &over);
            self.judge("probe", &over, situation, Some(Effect::Reads));
            if self.hopeless(&mut tried, &over) {
                break;
            }
        }
        Ok(tried)
    }

    /// Asks for live choices; gives back the first of those that came.
    async fn choices(
        &mut self,
        function: &Function,
        parameter: &str,
    ) -> Result<(Tried, Option<String>), CheckError> {
        let name = format!("{}.{parameter}", function.name);
        let mut tried = Tried {
            name: name.clone(),
            ..Tried::default()
        };
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
            let over = self.over(&mut tried, report, &when(situation), |_| "true");
            self.asked_in(&mut tried, situation, &over);
            self.judge(&name, &over, situation, Some(Effect::Reads));
            if self.hopeless(&mut tried, &over) {
                break;
            }
        }
        Ok((tried, first))
    }

    async fn function(
        &mut self,
        function: &Function,
        live: &LiveChoices,
        mut passage: Option<&mut Passage>,
    ) -> Result<Tried, CheckError> {
        let mut tried = Tried {
            name: function.name.clone(),
            ..Tried::default()
        };
        let ordinary = sample::ordinary(function, live, true);
        let mut forbidden_anyway = false;
        for situation in Situation::ALL {
            let over = self
                .call(&mut tried, function, &ordinary, situation, &when(situation))
                .await?;
            self.asked_in(&mut tried, situation, &over);
            self.judge(&function.name, &over, situation, Some(function.effect));
            if situation == Situation::EmptyObject {
                forbidden_anyway = over.class() == Some(FailureClass::Forbidden);
            }
            if let Some(passage) = &mut passage {
                trace(passage, &ordinary, &over.asked);
            }
            if self.hopeless(&mut tried, &over) {
                return Ok(tried);
            }
        }
        self.odd(&mut tried, function, live, &ordinary).await?;
        self.harm(&mut tried, function, &ordinary, forbidden_anyway)
            .await?;
        for (what, parameters) in sample::broken(function, &ordinary) {
            let over = self
                .call(
                    &mut tried,
                    function,
                    &parameters,
                    Situation::EmptyObject,
                    &what,
                )
                .await?;
            guarded(&function.name, &over, &what, self.findings);
        }
        Ok(tried)
    }

    /// Parameters that the manifest allows and that nobody expects.
    async fn odd(
        &mut self,
        tried: &mut Tried,
        function: &Function,
        live: &LiveChoices,
        ordinary: &Parameters,
    ) -> Result<(), CheckError> {
        let few = sample::ordinary(function, live, false);
        let mut cases = vec![("optional parameters left out".to_owned(), few)];
        for parameter in sample::own(&function.parameters, "") {
            for (words, value) in sample::odd(parameter) {
                let mut parameters = ordinary.clone();
                parameters.insert(parameter.name.clone(), value);
                cases.push((format!("`{}` is {words}", parameter.name), parameters));
            }
        }
        for (what, parameters) in cases {
            let over = self
                .call(tried, function, &parameters, Situation::EmptyObject, &what)
                .await?;
            self.judge_call(&function.name, &over, &what, Some(function.effect));
        }
        Ok(())
    }

    /// Texts that become something else where they are not encoded. A refusal says
    /// nothing of them where the function is `forbidden_anyway`.
    async fn harm(
        &mut self,
        tried: &mut Tried,
        function: &Function,
        ordinary: &Parameters,
        forbidden_anyway: bool,
    ) -> Result<(), CheckError> {
        for parameter in &function.parameters {
            let name = &parameter.name;
            for &harm in sample::harms(parameter) {
                let parameters = sample::with(ordinary, name, harm.text.into());
                let when = format!("`{name}` tries to become {}", harm.becomes);
                let over = self
                    .call(tried, function, &parameters, Situation::EmptyObject, &when)
                    .await?;
                let refused = over.class() == Some(FailureClass::Forbidden) && !forbidden_anyway;
                if refused || over.asked.iter().any(|asked| harmed(harm, asked)) {
                    let how = if refused {
                        ", which the host refused"
                    } else {
                        ""
                    };
                    let message = format!("the parameter `{name}` became {}{how}", harm.becomes);
                    self.findings
                        .add_when(Code::UNESCAPED, &function.name, message, &when);
                } else {
                    self.judge_call(&function.name, &over, &when, Some(function.effect));
                }
            }
        }
        Ok(())
    }

    async fn call(
        &mut self,
        tried: &mut Tried,
        function: &Function,
        parameters: &Parameters,
        situation: Situation,
        when: &str,
    ) -> Result<Over, CheckError> {
        let outlet = self.outlet(situation)?;
        let input = CallInput {
            parameters: parameters.clone(),
            // Hidden, so that a failure which repeats one shows it.
            hidden: parameters.keys().cloned().collect(),
            context: context(),
            key: format!("check-{}", tried.calls),
        };
        let report = self
            .runtime
            .call(self.plugin, &function.name, outlet.as_ref(), input)
            .await;
        Ok(self.over(tried, report, when, |outcome| match outcome {
            Outcome::False => "false",
            _ => "true",
        }))
    }

    /// A way out of its own for each call: what one call learns of the back end
    /// must not change the next.
    fn outlet(&self, situation: Situation) -> Result<Option<Arc<Outlet>>, CheckError> {
        let address: SocketAddr = self.back_end.behave(situation)?;
        self.back_end.take();
        self.elsewhere.take();
        let patience = match situation {
            Situation::Slow | Situation::Down => Patience::Little,
            _ => Patience::Ordinary,
        };
        self.stage
            .outlet(address, patience)
            .map_err(|error: StageError| error.into())
    }

    /// Takes note of a call.
    fn over<T>(
        &mut self,
        tried: &mut Tried,
        report: CallReport<T>,
        when: &str,
        word: impl FnOnce(T) -> &'static str,
    ) -> Over {
        let mut asked = self.back_end.take();
        let reached = !asked.is_empty();
        asked.extend(self.elsewhere.take());
        tried.calls += 1;
        tried.requests = tried.requests.max(report.exchanges.len());
        tried.memory_bytes = tried.memory_bytes.max(report.memory_bytes);
        tried.computed_milliseconds = tried
            .computed_milliseconds
            .max(milliseconds(report.computed));
        if report.memory_bytes > 0 {
            let quickest = self.start.get_or_insert(report.elapsed);
            *quickest = (*quickest).min(report.elapsed);
        }
        let (name, limits) = (&tried.name, self.runtime.limits());
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
            let message = "it answered with requests of its own under way";
            self.findings
                .add_when(Code::ABANDONED_REQUEST, name, message, when);
        }
        // Requests to hosts of the manifest get nowhere and say nothing of the back end.
        let own = |exchange: &Exchange| &*exchange.host == "127.0.0.1";
        let over = Over {
            sent: report.exchanges.iter().any(own) || reached,
            result: report.result.map(word),
            asked,
        };
        *tried.outcomes.entry(over.word()).or_default() += 1;
        over
    }

    fn asked_in(&self, tried: &mut Tried, situation: Situation, over: &Over) {
        tried.situations.push(Ended {
            situation,
            outcome: over.word(),
            asked: over.sent,
        });
    }

    /// A call that never ends would end none of the others either.
    fn hopeless(&self, tried: &mut Tried, over: &Over) -> bool {
        let hopeless = over.class() == Some(FailureClass::Timeout);
        if hopeless {
            tried.cut_short = Some("a call did not end by itself");
        }
        hopeless
    }

    /// What is wrong with a call whatever the back end did.
    fn judge_call(&mut self, name: &str, over: &Over, when: &str, effect: Option<Effect>) -> bool {
        let changes =
            |asked: &&Asked| matches!(asked.method, Method::PUT | Method::PATCH | Method::DELETE);
        if effect == Some(Effect::Reads)
            && let Some(asked) = over.asked.iter().find(changes)
        {
            let message = format!(
                "it says that it changes nothing, and sends a `{}`",
                asked.method
            );
            self.findings.add_when(Code::WRITES, name, message, when);
        }
        let Err(failure) = &over.result else {
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
                    && !self.names(function, parameter)
                {
                    let message = format!(
                        "it refuses `{parameter}`, which is neither its parameter nor a setting"
                    );
                    self.findings
                        .add_when(Code::UNKNOWN_PARAMETER, name, message, when);
                }
                return false;
            }
            _ => {
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

    /// Whether a name is a parameter of the function, or a setting: what a function
    /// lacks may be missing in the connection.
    fn names(&self, function: &Function, name: &str) -> bool {
        let mut parameters = function.parameters.iter();
        let mut settings = self.plugin.manifest().settings.iter();
        parameters.any(|known| known.name == name) || settings.any(|known| known.name == name)
    }

    /// What is wrong with a call in a situation.
    fn judge(&mut self, name: &str, over: &Over, situation: Situation, effect: Option<Effect>) {
        let when = when(situation);
        // The host refuses to be led away, and calls it by the plugin's name.
        let led_away = situation == Situation::Redirect
            && over.class() == Some(FailureClass::Forbidden)
            && over.sent;
        if led_away || self.judge_call(name, over, &when, effect) || !over.sent {
            return;
        }
        let Some(expected) = expected(situation) else {
            return;
        };
        match &over.result {
            Ok(word) => {
                let message = format!("it answers `{word}` where it has to fail");
                self.findings
                    .add_when(Code::FALSE_ANSWER, name, message, &when);
            }
            Err(failure) if !expected.contains(&failure.class) => {
                let message = format!(
                    "it fails as `{}`, and `{}` is meant for this",
                    failure.class, expected[0]
                );
                self.findings
                    .add_when(Code::OTHER_FAILURE, name, message, &when);
            }
            Err(_) => {}
        }
    }
}

/// The situation for a finding.
fn when(situation: Situation) -> String {
    format!("the back end {}", situation.words())
}

/// The failures that a situation may end as, the right one first; none where any
/// outcome may be right.
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

/// Whether the host kept from the plugin what breaks the manifest.
fn guarded(function: &str, over: &Over, what: &str, findings: &mut Findings) {
    if over.class() != Some(FailureClass::InvalidParameter) || !over.asked.is_empty() || over.sent {
        let message = format!("the host let the plugin have {what}");
        findings.add_when(Code::HOST_GUARD, function, message, what);
    }
}

/// Notes where parameters went.
fn trace(passage: &mut Passage, parameters: &Parameters, asked: &[Asked]) {
    for asked in asked {
        let method = asked.method.to_string();
        if !passage.methods.contains(&method) {
            passage.methods.push(method);
        }
        let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
        let headers: String = asked
            .headers
            .values()
            .map(|value| format!("{}\n", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let places = [
            ("path", plain(path)),
            ("query", plain(query)),
            ("header", plain(&headers)),
            ("body", plain(&String::from_utf8_lossy(&asked.body))),
        ];
        for given in &mut passage.parameters {
            let value = sample::at(parameters, &given.name);
            let Some(mark) = value.and_then(sample::mark) else {
                continue;
            };
            for (place, text) in &places {
                let sighting = Sighting {
                    host: asked.host.clone(),
                    place,
                };
                if text.contains(&mark) && !given.seen.contains(&sighting) {
                    given.seen.push(sighting);
                }
            }
        }
    }
}

/// A text as it is searched: decoded, in lower case.
fn plain(text: &str) -> String {
    let text = text.replace('+', "%20");
    percent_decode_str(&text).decode_utf8_lossy().to_lowercase()
}

/// Whether a text became what it tried to become.
fn harmed(harm: Harm, asked: &Asked) -> bool {
    // Asking the address that a parameter gives is no more than what it is for.
    let meant = |host: &String| harm.text.starts_with(host.as_str());
    if asked.host.as_ref().is_some_and(meant) {
        return false;
    }
    if asked.headers.contains_key("x-kanarek") {
        return true;
    }
    let (_, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let body = String::from_utf8_lossy(&asked.body);
    if harm.is_plus() {
        let form = asked
            .headers
            .get(http::header::CONTENT_TYPE)
            .is_some_and(|media_type| {
                media_type
                    .as_bytes()
                    .starts_with(b"application/x-www-form-urlencoded")
            });
        return query.contains("kanarek+kanarek") || form && body.contains("kanarek+kanarek");
    }
    has_pair(query) || harmed_body(harm, &body)
}

fn harmed_body(harm: Harm, body: &str) -> bool {
    let start = body.trim_start();
    if start.starts_with(['{', '[']) {
        return match serde_json::from_str::<serde_json::Value>(body) {
            Ok(document) => has_member(&document),
            // Only what was put there can have broken it.
            Err(_) => body.contains(MARK),
        };
    }
    if start.starts_with('<') {
        // Where a section takes everything as it is, `&` is no beginning of anything.
        let entity = body.contains("&kanarek") && !body.contains("<![CDATA[");
        return entity || harm.text.contains("<kanarek/>") && body.contains("<kanarek/>");
    }
    // A form, whose values may be JSON again.
    has_pair(body)
        || body.split('&').any(|pair| {
            let value = pair.split_once('=').map_or("", |(_, value)| value);
            let value = percent_decode_str(&value.replace('+', "%20"))
                .decode_utf8_lossy()
                .into_owned();
            value.starts_with(['{', '[']) && harmed_body(harm, &value)
        })
}

/// Whether the mark is the name of a query parameter or a form field.
fn has_pair(query: &str) -> bool {
    query
        .split('&')
        .any(|pair| pair.split_once('=').is_some_and(|(name, _)| name == MARK))
}

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

    use crate::sample::HARMS;

    fn asked(target: &str, body: &str) -> Asked {
        Asked {
            host: None,
            method: Method::GET,
            target: target.to_owned(),
            headers: http::HeaderMap::new(),
            body: body.to_owned().into(),
        }
    }

    /// A host that let a parameter through would be told; no host that can be built here does.
    #[test]
    fn a_host_that_lets_a_broken_parameter_through_is_reported() {
        let refused = || Failure::new(FailureClass::InvalidParameter, "no");
        let over = |result, asked: Vec<Asked>| Over {
            result,
            sent: false,
            asked,
        };
        for (over, seen) in [
            (over(Err(refused()), Vec::new()), false),
            (over(Ok("true"), Vec::new()), true),
            (over(Err(refused()), vec![asked("/o", "")]), true),
            (
                over(
                    Err(Failure::new(FailureClass::Trap, "it crashed")),
                    Vec::new(),
                ),
                true,
            ),
        ] {
            let mut findings = Findings::default();
            guarded("find", &over, "an unknown parameter", &mut findings);
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
        let plus = *HARMS.iter().find(|harm| harm.is_plus()).unwrap();
        let form = |body: &str| {
            let mut asked = asked("/o", body);
            let media_type =
                http::HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
            asked.headers.insert(http::header::CONTENT_TYPE, media_type);
            asked
        };
        assert!(harmed(plus, &asked("/o?n=kanarek+kanarek@example.com", "")));
        assert!(harmed(plus, &form("n=kanarek+kanarek")));
        assert!(!harmed(
            plus,
            &asked("/o/kanarek+kanarek?n=kanarek%2Bkanarek", "")
        ));
        assert!(!harmed(plus, &form("n=kanarek%2Bkanarek")));
        assert!(!harmed(plus, &asked("/o", r#"{"n":"kanarek+kanarek"}"#)));
    }

    #[test]
    fn an_address_that_a_parameter_gives_may_be_asked() {
        let url = Harm {
            becomes: "another query parameter",
            text: "https://kanarek.example.com/kanarek?kanarek=1&kanarek=2",
        };
        let mut asked = asked("/kanarek?kanarek=1&kanarek=2", "");
        assert!(harmed(url, &asked));
        asked.host = Some("https://kanarek.example.com".to_owned());
        assert!(!harmed(url, &asked));
        asked.host = Some("https://reports.example.com".to_owned());
        assert!(harmed(url, &asked));
    }

    #[test]
    fn what_was_not_encoded_is_seen_and_what_was_is_not() {
        let harms = |becomes: &str| *HARMS.iter().find(|harm| harm.becomes == becomes).unwrap();
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
            let found = harmed(harms(becomes), &asked(target, body));
            assert_eq!(found, seen, "{becomes}: {target} {body}");
        }
    }
}
