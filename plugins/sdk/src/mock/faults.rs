//! Faults of a back end at every request of a function. A function that takes one of them for
//! *false* tells a customer "there is no such order" while the back end is out of order.

use serde_json::Value as Json;

use super::{Expected, Mock};
use crate::contract::{Failure, RateLimit, Value};
use crate::params::Settings;

/// A call of a function with all requests that it can make.
pub struct Script {
    /// The function.
    pub function: &'static str,
    parameters: Vec<(&'static str, Value)>,
    requests: fn() -> Vec<Expected>,
}

impl Script {
    /// A call with its parameters and its requests, in their order.
    #[must_use]
    pub fn new<V: Into<Value>>(
        function: &'static str,
        parameters: impl IntoIterator<Item = (&'static str, V)>,
        requests: fn() -> Vec<Expected>,
    ) -> Self {
        let parameters = parameters.into_iter();
        Self {
            function,
            parameters: parameters
                .map(|(name, value)| (name, value.into()))
                .collect(),
            requests,
        }
    }

    /// Makes the call without a fault.
    ///
    /// # Errors
    /// The function's failure.
    pub fn run<S: Settings>(&self, mock: &Mock<S>) -> Result<Json, Failure> {
        self.run_on(mock, (self.requests)())
    }

    /// Makes the call with a fault at one of its requests, which is the last one then.
    fn run_with<S: Settings>(
        &self,
        mock: &Mock<S>,
        faulty: usize,
        fault: &Fault,
    ) -> Result<Json, Failure> {
        let mut requests = (self.requests)();
        requests.truncate(faulty + 1);
        let request = requests.pop().expect("the script has this request");
        requests.push((fault.inject)(request));
        self.run_on(mock, requests)
    }

    fn run_on<S: Settings>(
        &self,
        mock: &Mock<S>,
        requests: Vec<Expected>,
    ) -> Result<Json, Failure> {
        for request in requests {
            mock.expect(request);
        }
        mock.run(self.function, self.parameters.iter().cloned())
    }
}

/// A fault of a back end: another answer in the place of the prepared one, and the failure that the
/// function has to return.
pub struct Fault {
    /// The name in a test's messages.
    pub name: &'static str,
    inject: fn(Expected) -> Expected,
    expected: Failure,
}

impl Fault {
    /// A fault. The details of the expected failure are not compared.
    #[must_use]
    pub fn new(name: &'static str, expected: Failure, inject: fn(Expected) -> Expected) -> Self {
        Self {
            name,
            inject,
            expected,
        }
    }

    fn is(&self, failure: &Failure) -> bool {
        match (&self.expected, failure) {
            (Failure::RateLimited(expected), Failure::RateLimited(limit)) => {
                expected.retry_after == limit.retry_after
            }
            (expected, failure) => {
                std::mem::discriminant(expected) == std::mem::discriminant(failure)
            }
        }
    }
}

/// The faults that every back end over HTTP can have.
#[must_use]
pub fn http_faults() -> Vec<Fault> {
    let unauthorised = || Failure::Unauthorised(String::new());
    let unavailable = || Failure::Unavailable(String::new());
    let unexpected = || Failure::UnexpectedAnswer(String::new());
    let limited = |retry_after| {
        Failure::RateLimited(RateLimit {
            retry_after,
            detail: String::new(),
        })
    };
    vec![
        Fault::new("wrong credentials", unauthorised(), |it| {
            it.answers(401, "")
        }),
        Fault::new("no right", unauthorised(), |it| it.answers(403, "<html>")),
        Fault::new("took too long", unavailable(), |it| it.answers(408, "")),
        Fault::new("limited", limited(None), |it| it.answers(429, "")),
        Fault::new("limited for seconds", limited(Some(30)), |it| {
            it.answers(429, "").with_header("Retry-After", "30")
        }),
        Fault::new("error", unavailable(), |it| it.answers(500, "{}")),
        Fault::new("not implemented", unavailable(), |it| it.answers(501, "")),
        Fault::new("gateway", unavailable(), |it| it.answers(502, "<html>")),
        Fault::new("maintenance", unavailable(), |it| it.answers(503, "")),
        Fault::new("no connection", unavailable(), |it| {
            it.fails(Failure::unavailable("the back end cannot be reached"))
        }),
        Fault::new("another method", unexpected(), |it| it.answers(405, "")),
        Fault::new("wrong address", unexpected(), |it| {
            it.answers(404, "<html>")
        }),
        Fault::new("moved", unexpected(), |it| it.answers(301, "")),
        Fault::new("a web page", unexpected(), |it| it.answers(200, "<html>")),
        Fault::new("nothing", unexpected(), |it| it.answers(200, "")),
    ]
}

/// One call with a fault, which is made by [`Injection::run`] or [`Injection::assert_fails`].
pub struct Injection<'a, S: 'static> {
    /// The call.
    pub script: &'a Script,
    /// The request that meets the fault, from 0.
    pub request: usize,
    /// The fault.
    pub fault: &'a Fault,
    mock: &'a dyn Fn() -> Mock<S>,
}

impl<S: Settings> Injection<'_, S> {
    /// The names of the function, the request and the fault.
    #[must_use]
    pub fn name(&self) -> String {
        let Self { script, fault, .. } = self;
        format!(
            "{}, request {}, {}",
            script.function, self.request, fault.name
        )
    }

    /// Makes the call.
    ///
    /// # Errors
    /// The function's failure.
    pub fn run(&self) -> Result<Json, Failure> {
        self.script
            .run_with(&(self.mock)(), self.request, self.fault)
    }

    /// Makes the call and asserts that it fails as the fault has to make it fail, without repeating
    /// what the customer gave.
    ///
    /// # Panics
    /// The call did not fail so, or its failure repeats a parameter's text of four characters or
    /// more.
    pub fn assert_fails(&self) -> Failure {
        let outcome = self.run();
        let what = format!("{}: {outcome:?}", self.name());
        let failure = outcome.expect_err(&what);
        assert!(self.fault.is(&failure), "{what}");
        for (name, value) in &self.script.parameters {
            if let Value::Text(text) = value
                && text.chars().count() >= 4
            {
                let repeats = format!("{failure:?}").contains(text.as_str());
                assert!(!repeats, "`{name}` is in the failure: {what}");
            }
        }
        failure
    }
}

/// Gives `look` every fault at each request of every call. `mock` makes a fresh mock for each.
pub fn each_fault<S: Settings + 'static>(
    mock: impl Fn() -> Mock<S>,
    scripts: &[Script],
    faults: &[Fault],
    look: impl Fn(&Injection<'_, S>),
) {
    for script in scripts {
        for request in 0..(script.requests)().len() {
            for fault in faults {
                look(&Injection {
                    script,
                    request,
                    fault,
                    mock: &mock,
                });
            }
        }
    }
}
