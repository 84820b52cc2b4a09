//! A small `OpenID` Connect provider over real HTTP: description, keys, authorization with PKCE, tokens signed with ES256. It
//! signs in whoever is set, and says something wrong where it is told to.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as URL_SAFE};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;

pub const CLIENT: &str = "earmark";
pub const SECRET: &str = "the client's secret";

/// What is wrong with what the provider says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    Nothing,
    Nonce,
    Audience,
    Issuer,
    Key,
    Expired,
    Unsigned,
    Unverified,
}

#[derive(Clone)]
pub struct Provider {
    pub issuer: String,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    email: String,
    subject: String,
    wrong: Wrong,
    /// Nonce and challenge of each code that was given out and not taken back.
    codes: HashMap<String, (String, String)>,
    count: usize,
}

impl Provider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let inner = Inner {
            email: String::new(),
            subject: "1234".into(),
            wrong: Wrong::Nothing,
            codes: HashMap::new(),
            count: 0,
        };
        let provider = Self { issuer, inner: Arc::new(Mutex::new(inner)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    /// Calls whoever comes from now on `subject`.
    pub fn calls(&self, subject: &str) {
        self.inner.lock().expect("no panic").subject = subject.to_owned();
    }

    /// Signs in whoever comes from now on as `email`.
    pub fn is(&self, email: &str, wrong: Wrong) {
        let mut inner = self.inner.lock().expect("no panic");
        (inner.email, inner.wrong) = (email.to_owned(), wrong);
    }
}

fn key(byte: u8) -> SigningKey {
    SigningKey::from_slice(&[byte; 32]).expect("a key")
}

async fn describe(State(provider): State<Provider>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", provider.issuer);
    Json(json!({
        "issuer": provider.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

async fn keys() -> Json<Value> {
    let point = key(7).verifying_key().to_sec1_point(false);
    let part = |bytes: &[u8]| URL_SAFE.encode(bytes);
    let (x, y) = (part(point.x().expect("a coordinate")), part(point.y().expect("a coordinate")));
    Json(json!({"keys": [{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "one", "x": x, "y": y}]}))
}

async fn authorize(State(provider): State<Provider>, Query(asked): Query<HashMap<String, String>>) -> Response {
    assert_eq!(asked["client_id"], CLIENT);
    assert_eq!((asked["response_type"].as_str(), asked["code_challenge_method"].as_str()), ("code", "S256"));
    assert!(asked["scope"].split(' ').any(|scope| scope == "openid"), "{asked:?}");
    let mut inner = provider.inner.lock().expect("no panic");
    inner.count += 1;
    let code = format!("code-{}", inner.count);
    inner.codes.insert(code.clone(), (asked["nonce"].clone(), asked["code_challenge"].clone()));
    let to = format!("{}?code={code}&state={}&session_state=x", asked["redirect_uri"], asked["state"]);
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

async fn token(State(provider): State<Provider>, headers: HeaderMap, body: String) -> Response {
    let refused = |why: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": why}))).into_response();
    // Both are escaped before they are joined (RFC 6749, 2.3.1).
    let expected = BASE64_STANDARD.encode(format!("{CLIENT}:{}", SECRET.replace(' ', "+").replace('\'', "%27")));
    if headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()) != Some(&format!("Basic {expected}")) {
        return refused("invalid_client");
    }
    let uri: Uri = format!("/?{body}").parse().expect("a form");
    let Query(form) = Query::<HashMap<String, String>>::try_from_uri(&uri).expect("a form");
    let mut inner = provider.inner.lock().expect("no panic");
    let Some((nonce, challenge)) = inner.codes.remove(&form["code"]) else { return refused("invalid_grant") };
    if URL_SAFE.encode(Sha256::digest(form["code_verifier"].as_bytes())) != challenge {
        return refused("invalid_grant");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let wrong = inner.wrong;
    let claims = json!({
        "iss": if wrong == Wrong::Issuer { "https://another.example" } else { provider.issuer.as_str() },
        "aud": if wrong == Wrong::Audience { "another" } else { CLIENT },
        "sub": inner.subject,
        "iat": now - 3_600,
        "exp": if wrong == Wrong::Expired { now - 1_800 } else { now + 300 },
        "nonce": if wrong == Wrong::Nonce { "another" } else { nonce.as_str() },
        "email": inner.email,
        "email_verified": wrong != Wrong::Unverified,
        "name": "Somebody Else",
    });
    Json(json!({"access_token": "a", "token_type": "Bearer", "id_token": signed(&claims, wrong)})).into_response()
}

fn signed(claims: &Value, wrong: Wrong) -> String {
    let algorithm = if wrong == Wrong::Unsigned { "none" } else { "ES256" };
    let head = json!({"alg": algorithm, "typ": "JWT", "kid": "one"});
    let text = format!("{}.{}", URL_SAFE.encode(head.to_string()), URL_SAFE.encode(claims.to_string()));
    if wrong == Wrong::Unsigned {
        return format!("{text}.");
    }
    let signature: Signature = key(if wrong == Wrong::Key { 8 } else { 7 }).sign(text.as_bytes());
    format!("{text}.{}", URL_SAFE.encode(signature.to_bytes()))
}
