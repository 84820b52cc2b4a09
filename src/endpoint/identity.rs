//! Sends people to an `OpenID` Connect provider and learns from it who came back: the authorization code flow with PKCE.
//!
//! Hides openidconnect. The provider's description and keys are read anew for each step: people sign in seldom, and so keys
//! that were exchanged and addresses that moved are never a matter of waiting. No redirect of the provider's is followed.

use crate::domain::Digest;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreProviderMetadata};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    Scope, TokenResponse,
};
use secrecy::{ExposeSecret, SecretString};
use std::time::{Duration, UNIX_EPOCH};
use thiserror::Error;

/// How long the provider may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest answer that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// A client as a provider's description makes it.
type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// Which provider, and who asks it.
#[derive(Debug, Clone)]
pub struct IdentitySettings {
    /// Where the provider is, as it writes it itself, such as `https://login.example.org`.
    pub issuer: String,
    /// The name under which this service is registered there.
    pub client_id: String,
    /// Its secret; `None` for a client without one, which PKCE alone protects.
    pub client_secret: Option<SecretString>,
    /// Where the provider sends people back to; registered there.
    pub redirect: String,
}

/// Why nobody was let in.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// The provider could not be asked.
    #[error("the identity provider gives no usable answer: {0}")]
    Away(String),
    /// The provider, or the check of what it says, refuses.
    #[error("the identity provider's word does not hold: {0}")]
    Refused(String),
}

/// Who the provider says that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// What the provider calls this person for good, whatever their address becomes.
    pub subject: String,
    /// The e-mail address; `None` unless the provider says that it has verified it.
    pub email: Option<String>,
    /// The name, where the provider tells one.
    pub name: Option<String>,
}

/// One attempt to sign in. All that has to come back the same follows from one secret, which only the browser keeps.
pub struct Passage(String);

impl Passage {
    /// The attempt of whoever holds `secret`.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        Self(secret.to_owned())
    }

    /// What comes back with the browser; shows that it is the browser that was sent.
    #[must_use]
    pub fn state(&self) -> String {
        self.part("state")
    }

    fn part(&self, name: &str) -> String {
        Digest::of_parts([name.as_bytes(), self.0.as_bytes()]).as_str().to_owned()
    }
}

/// An `OpenID` Connect provider.
pub struct IdentityProvider {
    settings: IdentitySettings,
    http: reqwest::Client,
}

impl IdentityProvider {
    /// Asks nothing yet.
    ///
    /// # Errors
    /// A sentence on what of the settings will not do.
    pub fn new(settings: IdentitySettings) -> Result<Self, String> {
        IssuerUrl::new(settings.issuer.clone()).map_err(|error| format!("the issuer is no address: {error}"))?;
        RedirectUrl::new(settings.redirect.clone()).map_err(|error| format!("the way back is no address: {error}"))?;
        let http = super::client::patient(&settings.issuer, PATIENCE)?;
        Ok(Self { settings, http })
    }

    /// The provider, as it writes itself.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Where to send a browser that wants to sign in.
    ///
    /// # Errors
    /// [`IdentityError::Away`].
    pub async fn way_there(&self, passage: &Passage) -> Result<String, IdentityError> {
        let client = self.client().await?;
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(passage.part("verifier")));
        let (state, nonce) = (CsrfToken::new(passage.state()), Nonce::new(passage.part("nonce")));
        let (url, _, _) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce)
            .add_scope(Scope::new("email".into()))
            .add_scope(Scope::new("profile".into()))
            .set_pkce_challenge(challenge)
            .url();
        Ok(url.into())
    }

    /// Exchanges the `code` that came back for a word on who it is, and checks that: signature, issuer, audience, nonce, and
    /// that it holds `now` (milliseconds since 1970).
    ///
    /// # Errors
    /// [`IdentityError`].
    pub async fn who(&self, passage: &Passage, code: &str, now: u64) -> Result<Identity, IdentityError> {
        let client = self.client().await?;
        let refused = |why: String| IdentityError::Refused(why);
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| IdentityError::Away("it names no token endpoint".into()))?
            .set_pkce_verifier(PkceCodeVerifier::new(passage.part("verifier")));
        let tokens = request.request_async(&|request| carry(self.http.clone(), request)).await;
        let tokens = tokens.map_err(|error| match error {
            RequestTokenError::ServerResponse(said) => refused(format!("it takes no such code ({})", said.error())),
            RequestTokenError::Request(error) => IdentityError::Away(super::client::words_of(&error)),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                IdentityError::Away("its answer for the code cannot be read".into())
            }
        })?;
        let token = tokens.id_token().ok_or_else(|| refused("there is no ID token in it".into()))?;
        let moment = UNIX_EPOCH + Duration::from_millis(now);
        let verifier = client.id_token_verifier().set_time_fn(move || moment.into());
        let claims = token.claims(&verifier, &Nonce::new(passage.part("nonce")));
        let claims = claims.map_err(|error| refused(error.to_string()))?;
        let email = claims.email().filter(|_| claims.email_verified() == Some(true));
        let name = claims.name().and_then(|names| names.get(None)).map(|name| name.as_str().to_owned());
        let subject = claims.subject().as_str().to_owned();
        Ok(Identity { subject, email: email.map(|email| email.as_str().to_owned()), name })
    }

    async fn client(&self) -> Result<Client, IdentityError> {
        let away = |why: String| IdentityError::Away(why);
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(|error| away(error.to_string()))?;
        let described =
            CoreProviderMetadata::discover_async(issuer, &|request| carry(self.http.clone(), request)).await;
        let described = described.map_err(|error| away(error.to_string()))?;
        // RFC 6749 has every provider take the secret in the header; those that list only the other way are given that.
        let listed = described.token_endpoint_auth_methods_supported().cloned().unwrap_or_default();
        let in_body = listed.contains(&CoreClientAuthMethod::ClientSecretPost)
            && !listed.contains(&CoreClientAuthMethod::ClientSecretBasic);
        let redirect = RedirectUrl::new(self.settings.redirect.clone()).map_err(|error| away(error.to_string()))?;
        let secret = self.settings.client_secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        let id = ClientId::new(self.settings.client_id.clone());
        let client = CoreClient::from_provider_metadata(described, id, secret.map(ClientSecret::new));
        let way = if in_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        Ok(client.set_redirect_uri(redirect).set_auth_type(way))
    }
}

async fn carry(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let mut answer = http.execute(request.try_into()?).await?;
    let mut response = HttpResponse::new(Vec::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    while response.body().len() < LONGEST
        && let Some(some) = answer.chunk().await?
    {
        response.body_mut().extend_from_slice(&some);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_to_come_back_differs_in_each_attempt_and_gives_the_secret_away_to_nobody() {
        let (one, other) = (Passage::of("one"), Passage::of("other"));
        assert_ne!(one.state(), other.state());
        let parts = ["state", "nonce", "verifier"].map(|name| one.part(name));
        assert!(parts[0] != parts[1] && parts[1] != parts[2] && parts[0] != parts[2]);
        // RFC 7636 asks for 43 to 128 plain characters.
        assert!(
            (43..=128).contains(&parts[2].len()) && parts[2].chars().all(|c| c.is_ascii_alphanumeric()),
            "{parts:?}"
        );
    }
}
