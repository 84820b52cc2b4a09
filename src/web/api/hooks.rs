//! Webhooks: set up, list, end, and what was delivered.

use super::Api;
use super::gate::Caller;
use super::input::{Sent, id, line};
use crate::store::{Delivery, HookEvent, Webhook};
use crate::web::problem::Failure;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Deliveries in a list.
const PAGE: i64 = 200;

/// A webhook to be set up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddWebhook {
    /// Where to; `https://`, or `http://` inside a network that who runs the service has allowed.
    url: String,
    /// Of what to tell.
    events: Vec<HookEvent>,
}

/// A webhook with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(super) struct NewWebhook {
    webhook: Webhook,
    /// The key of the signatures.
    secret: String,
}

/// The webhooks
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks",
    responses((status = 200, body = Vec<Webhook>, description = "Those that are told")))]
pub(super) async fn list(State(api): State<Api>) -> Result<Json<Vec<Webhook>>, Failure> {
    Ok(Json(api.store.webhooks().await?))
}

/// Set up a webhook
///
/// Each event is a POST of `{schema, id, event, at, interview, subject}`: ids, no words. `Earmark-Signature` is
/// `t=SECONDS,v1=HEX`, where HEX is HMAC-SHA256 with the secret over SECONDS, a full stop and the body; `Earmark-Delivery` is
/// the same id when a delivery is tried again.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "webhooks", request_body = AddWebhook,
    responses((status = 201, body = NewWebhook, description = "The webhook; its secret is shown this once")))]
pub(super) async fn add(
    State(api): State<Api>,
    caller: Caller,
    Sent(sent): Sent<AddWebhook>,
) -> Result<(StatusCode, Json<NewWebhook>), Failure> {
    let url = line(&sent.url, "url", 2_000)?;
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    if host.is_none_or(|host| host.is_empty() || host.contains('@')) || url.contains(char::is_whitespace) {
        return Err(Failure::Unfit(
            "url is an address such as https://example.org/hook, without a password in it".into(),
        ));
    }
    if sent.events.is_empty() {
        return Err(Failure::Unfit("name at least one event".into()));
    }
    let secret = api.store.edge().secret("earmark_hook_");
    let webhook = api.store.add_webhook(&caller.0.person.id, &url, &secret, &sent.events).await?;
    Ok((StatusCode::CREATED, Json(NewWebhook { webhook, secret })))
}

/// End a webhook
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", tag = "webhooks", params(("id" = String, Path)),
    responses((status = 204, description = "Ended; what was on its way is called off")))]
pub(super) async fn end(
    State(api): State<Api>,
    caller: Caller,
    Path(webhook): Path<String>,
) -> Result<StatusCode, Failure> {
    api.store.end_webhook(&caller.0.person.id, id(&webhook, "webhook")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a webhook was told
#[utoipa::path(get, path = "/api/v1/webhooks/{id}/deliveries", tag = "webhooks", params(("id" = String, Path)),
    responses((status = 200, body = Vec<Delivery>, description = "The last 200, newest first")))]
pub(super) async fn deliveries(
    State(api): State<Api>,
    Path(webhook): Path<String>,
) -> Result<Json<Vec<Delivery>>, Failure> {
    Ok(Json(api.store.deliveries(id(&webhook, "webhook")?, PAGE).await?))
}
