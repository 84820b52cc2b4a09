//! Couriers: they take deliveries from the store, sign them, and try again later and later until the receiver takes them.

use super::{LOOK, backoff, log};
use crate::endpoint::{Courier, Undelivered};
use crate::store::{Outlook, Parcel, Store, StoreError, Taken};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt::Write as _;
use tokio::sync::watch;

/// Attempts before a delivery is given up: a little over an hour.
const ATTEMPTS: i64 = 20;
/// Milliseconds for which a courier holds a delivery; longer than a receiver may take.
const LEASE: i64 = 60_000;

pub(super) async fn run(store: Store, courier: Courier, mut stopping: watch::Receiver<bool>) {
    let (owner, mut bell) = (store.edge().id(), store.changes());
    while !*stopping.borrow() {
        bell.mark_unchanged();
        match store.take_delivery(&owner, LEASE, ATTEMPTS).await {
            Ok(Some(taken)) => {
                if let Err(error) = carry(&store, &courier, &taken).await {
                    log(&error, "the end of a delivery could not be noted: its lease will run out");
                }
                continue;
            }
            Ok(None) => {}
            Err(error) => log(&error, "no delivery could be taken"),
        }
        tokio::select! {
            _ = bell.changed() => {}
            _ = stopping.changed() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn carry(store: &Store, courier: &Courier, taken: &Taken) -> Result<(), StoreError> {
    let parcel = match store.parcel(taken).await {
        Ok(parcel) => parcel,
        Err(StoreError::Missing(_)) => return store.fail_job(taken, "the webhook was ended", Outlook::GivenUp).await,
        Err(other) => return Err(other),
    };
    let signature = signature(&parcel, store.edge().now().millis() / 1_000);
    let headers = [("earmark-delivery", parcel.id.as_str()), ("earmark-signature", signature.as_str())];
    let Err(why) = courier.post(&parcel.url, &headers, parcel.body.clone()).await else {
        return store.delivered(taken).await;
    };
    tracing::warn!(job = taken.job.id, attempt = taken.job.attempts, "a webhook was not delivered");
    let is_last = taken.job.attempts >= ATTEMPTS;
    let outlook = match why {
        Undelivered::Never(_) => Outlook::GivenUp,
        _ if is_last => Outlook::GivenUp,
        // Gone, says the receiver.
        Undelivered::Status(410) => Outlook::GivenUp,
        _ => Outlook::Again(backoff(taken.job.attempts, &taken.job.id)),
    };
    store.fail_job(taken, &why.to_string(), outlook).await
}

/// `t=SECONDS,v1=HEX`: HMAC-SHA256 with the webhook's secret over the time, a full stop and the body. The time is that of the
/// attempt, so that a receiver can refuse what is old.
fn signature(parcel: &Parcel, seconds: i64) -> String {
    let mut out = format!("t={seconds},v1=");
    // HMAC takes keys of any length.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(parcel.secret.as_bytes()) {
        mac.update(format!("{seconds}.").as_bytes());
        mac.update(parcel.body.as_bytes());
        for byte in mac.finalize().into_bytes() {
            // Writing to a String cannot fail.
            let _ = write!(out, "{byte:02x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_what_openssl_makes_of_time_and_body() {
        let parcel = Parcel { id: "d".into(), url: "u".into(), secret: "key".into(), body: "{}".into() };
        // printf '1700000000.{}' | openssl dgst -sha256 -hmac key
        let expected = "t=1700000000,v1=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae";
        assert_eq!(signature(&parcel, 1_700_000_000), expected);
    }
}
