//! Counts and times of requests, for Prometheus. What the store holds is asked of it when the numbers are read.

use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: String,
}

/// Upper ends of the classes of answering times, in seconds.
const CLASSES: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 10.0];

/// All numbers.
pub(in crate::web) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    jobs: Family<State, Gauge>,
    interviews: Family<State, Gauge>,
}

impl Metrics {
    pub(in crate::web) fn new() -> Self {
        let mut registry = Registry::with_prefix("earmark");
        let requests = Family::<Request, Counter>::default();
        let seconds: Family<Route, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(CLASSES));
        let (jobs, interviews) = (Family::<State, Gauge>::default(), Family::<State, Gauge>::default());
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("http_request_seconds", "How long answering took", seconds.clone());
        registry.register("jobs", "Jobs in each state", jobs.clone());
        registry.register("interviews", "Interviews in each state", interviews.clone());
        Self { registry, requests, seconds, jobs, interviews }
    }

    pub(in crate::web) fn count(&self, method: &Method, route: &str, status: u16, took: Duration) {
        // Methods that nobody knows are one class: a client must not be able to make as many as it likes.
        let known = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD];
        let method = if known.contains(method) { method.as_str() } else { "other" }.to_owned();
        self.requests.get_or_create(&Request { method, route: route.to_owned(), status }).inc();
        self.seconds.get_or_create(&Route { route: route.to_owned() }).observe(took.as_secs_f64());
    }

    /// The text form; `jobs` and `interviews` are counts by state.
    pub(in crate::web) fn text(&self, jobs: &[(&str, i64)], interviews: &[(&str, i64)]) -> String {
        for (family, counts) in [(&self.jobs, jobs), (&self.interviews, interviews)] {
            family.clear();
            for (state, count) in counts {
                family.get_or_create(&State { state: (*state).to_owned() }).set(*count);
            }
        }
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut out, &self.registry);
        out
    }
}
