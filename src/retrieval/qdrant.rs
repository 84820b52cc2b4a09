//! The index on a Qdrant server, for several processes that share one: one collection for each embedder, every search
//! exact and within one rubric.

use super::{Filter, Hit, Kind, Point, RetrievalError, Vector};
use crate::domain::{Digest, Rubric};
use qdrant_client::qdrant::{
    self as api, Condition, CountPointsBuilder, CreateCollectionBuilder, CreateFieldIndexCollectionBuilder,
    DeletePointsBuilder, Distance, FieldType, PointStruct, QueryBatchPointsBuilder, QueryPoints, QueryPointsBuilder,
    ScoredPoint, SearchParamsBuilder, UpsertPointsBuilder, Value, VectorParams, VectorParamsBuilder,
    r#match::MatchValue, value, vectors_config,
};
use qdrant_client::{Payload, Qdrant, QdrantError};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tonic::Code;

/// Points in one write: some 400 kB, far below the 4 MB that a gRPC message may have by default.
const POINTS_TOGETHER: usize = 256;
/// Queries in one request.
const QUERIES_TOGETHER: usize = 64;
/// What searches filter by; Qdrant needs an index of each to do so quickly.
const FILTERED: [&str; 3] = ["rubric_digest", "question", "kind"];

/// Where a Qdrant server is and how it is used.
#[derive(Debug, Clone)]
pub struct QdrantSettings {
    /// The address of its gRPC port, such as `http://localhost:6334`; `https` for TLS.
    pub url: String,
    /// The API key, if the server wants one.
    pub api_key: Option<SecretString>,
    /// What the names of our collections begin with: 1 to 64 letters, digits, `-` and `_`.
    pub collection_prefix: String,
    /// How long to wait for a connection, and for each answer.
    pub timeout: Duration,
}

impl Default for QdrantSettings {
    /// A server on this machine, without a key; collections called `earmark-...`; ten seconds for each answer.
    fn default() -> Self {
        Self {
            url: "http://localhost:6334".into(),
            api_key: None,
            collection_prefix: "earmark".into(),
            timeout: Duration::from_secs(10),
        }
    }
}

/// A connection to the collection of one embedder.
pub(super) struct QdrantIndex {
    client: Qdrant,
    url: String,
    collection: String,
    embedder: String,
    dimensions: u64,
}

impl QdrantIndex {
    /// Connects, and makes the embedder's collection when it is not there.
    pub(super) async fn connect(
        settings: &QdrantSettings,
        embedder: &str,
        dimensions: usize,
    ) -> Result<Self, RetrievalError> {
        let index = Self {
            client: client(settings)?,
            url: settings.url.clone(),
            collection: format!("{}-{}", settings.collection_prefix, Digest::of(embedder.as_bytes()).short()),
            embedder: embedder.to_owned(),
            dimensions: dimensions as u64,
        };
        index.ensure_collection().await?;
        Ok(index)
    }

    /// Makes the collection and its payload indexes, as far as they are missing, and checks that it is ours.
    async fn ensure_collection(&self) -> Result<(), RetrievalError> {
        let there = match self.info().await? {
            Some(info) => info,
            None => self.create_collection().await?,
        };
        self.check(&there)?;
        for field in FILTERED.iter().filter(|field| !there.payload_schema.contains_key(**field)) {
            let index = CreateFieldIndexCollectionBuilder::new(&self.collection, *field, FieldType::Keyword).wait(true);
            self.client.create_field_index(index).await.map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    async fn create_collection(&self) -> Result<api::CollectionInfo, RetrievalError> {
        // Vectors have length 1 already: a product of them is the cosine, and the server leaves their bits alone.
        let vectors = VectorParamsBuilder::new(self.dimensions, Distance::Dot);
        let create = CreateCollectionBuilder::new(&self.collection).vectors_config(vectors);
        let created = self.client.create_collection(create).await;
        // Another process may have been quicker; then its collection is as good, and our error is none.
        match (self.info().await?, created) {
            (Some(info), _) => Ok(info),
            (None, Err(error)) => Err(self.failed(error)),
            (None, Ok(_)) => Err(self.not_ours("vanished as soon as it was made")),
        }
    }

    async fn info(&self) -> Result<Option<api::CollectionInfo>, RetrievalError> {
        match self.client.collection_info(&self.collection).await {
            Ok(answer) => Ok(answer.result),
            Err(error) if code(&error) == Some(Code::NotFound) => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn check(&self, info: &api::CollectionInfo) -> Result<(), RetrievalError> {
        let params = info.config.as_ref().and_then(|config| config.params.as_ref());
        let vectors = params.and_then(|params| params.vectors_config.as_ref()).and_then(|it| it.config.as_ref());
        match vectors {
            Some(vectors_config::Config::Params(VectorParams { size, distance, .. })) => {
                if *size != self.dimensions {
                    return Err(self.not_ours(&format!("has {size} dimensions, not {}", self.dimensions)));
                }
                if *distance != Distance::Dot as i32 {
                    return Err(self.not_ours("does not compare by dot product"));
                }
                Ok(())
            }
            _ => Err(self.not_ours("has not one plain vector a point")),
        }
    }

    /// Whether the rubric's points are exactly these: ids come from content, so counting them tells.
    pub(super) async fn holds(&self, rubric: &Digest, points: &[Point]) -> Result<bool, RetrievalError> {
        self.ensure_collection().await?;
        if self.count(api::Filter::must([of_rubric(rubric)])).await? != points.len() {
            return Ok(false);
        }
        let ids = points.iter().map(|point| self.id(rubric, point));
        Ok(self.count(api::Filter::must([of_rubric(rubric), Condition::has_id(ids)])).await? == points.len())
    }

    /// Writes the points, then removes what else stands under the rubric (left by a version of Earmark that cut
    /// sentences otherwise).
    pub(super) async fn put(
        &self,
        rubric: &Rubric,
        digest: &Digest,
        points: Vec<Point>,
        vectors: Vec<Vector>,
    ) -> Result<(), RetrievalError> {
        let ids: Vec<String> = points.iter().map(|point| self.id(digest, point)).collect();
        let mut structs: Vec<PointStruct> = Vec::with_capacity(points.len());
        for (order, ((point, vector), id)) in points.into_iter().zip(vectors).zip(&ids).enumerate() {
            let payload = self.payload(rubric, digest, point, order);
            structs.push(PointStruct::new(id.as_str(), vector.as_slice().to_vec(), payload));
        }
        for together in structs.chunks(POINTS_TOGETHER) {
            let upsert = UpsertPointsBuilder::new(&self.collection, together.to_vec()).wait(true);
            self.client.upsert_points(upsert).await.map_err(|error| self.failed(error))?;
        }
        let mut others = api::Filter::must([of_rubric(digest)]);
        others.must_not = vec![Condition::has_id(ids)];
        self.delete(others).await
    }

    pub(super) async fn nearest(
        &self,
        rubric: &Digest,
        queries: &[Vector],
        filter: Filter<'_>,
        k: usize,
    ) -> Result<Vec<Vec<Hit>>, RetrievalError> {
        let known = self.count(api::Filter::must([of_rubric(rubric)])).await?;
        if known == 0 {
            return Err(RetrievalError::UnknownRubric(rubric.clone()));
        }
        if k == 0 {
            return Ok(vec![Vec::new(); queries.len()]);
        }
        let mut hits = Vec::with_capacity(queries.len());
        for together in queries.chunks(QUERIES_TOGETHER) {
            for found in self.search(together, &filter_of(rubric, filter), k, known).await? {
                hits.push(self.hits(found, k)?);
            }
        }
        Ok(hits)
    }

    /// At least the best `k` points for each query, and every point that ties with the last of them: which of a tie
    /// the server would leave out is its own affair, and must not decide on a result.
    async fn search(
        &self,
        queries: &[Vector],
        filter: &api::Filter,
        k: usize,
        known: usize,
    ) -> Result<Vec<Vec<ScoredPoint>>, RetrievalError> {
        // One more than asked for shows whether there is a tie at the end.
        let mut limit = k.saturating_add(1).min(known);
        loop {
            let asked = queries.iter().map(|query| self.query(query, filter, limit)).collect::<Vec<_>>();
            let batch = QueryBatchPointsBuilder::new(&self.collection, asked);
            let answer = self.client.query_batch(batch).await.map_err(|error| self.failed(error))?;
            let found: Vec<Vec<ScoredPoint>> = answer.result.into_iter().map(|batch| batch.result).collect();
            let is_tied = |hits: &Vec<ScoredPoint>| hits.len() == limit && hits[k - 1].score <= hits[limit - 1].score;
            if limit == known || !found.iter().any(is_tied) {
                return Ok(found);
            }
            limit = limit.saturating_mul(2).min(known);
        }
    }

    fn query(&self, query: &Vector, filter: &api::Filter, limit: usize) -> QueryPoints {
        QueryPointsBuilder::new(&self.collection)
            .query(query.as_slice().to_vec())
            .filter(filter.clone())
            .params(SearchParamsBuilder::default().exact(true))
            .limit(limit as u64)
            .with_payload(true)
            .build()
    }

    fn hits(&self, found: Vec<ScoredPoint>, k: usize) -> Result<Vec<Hit>, RetrievalError> {
        let read = found.into_iter().map(|point| Some((point.score, read_payload(point.payload)?)));
        let mut hits: Vec<(f32, (i64, Point))> =
            read.collect::<Option<_>>().ok_or_else(|| self.not_ours("holds points that are not Earmark's"))?;
        hits.sort_by(|(a, (a_order, _)), (b, (b_order, _))| b.total_cmp(a).then(a_order.cmp(b_order)));
        hits.truncate(k);
        Ok(hits.into_iter().map(|(similarity, (_, point))| Hit { point: Arc::new(point), similarity }).collect())
    }

    pub(super) async fn remove(&self, rubric: &Digest) -> Result<usize, RetrievalError> {
        let filter = api::Filter::must([of_rubric(rubric)]);
        let there = self.count(filter.clone()).await?;
        if there > 0 {
            self.delete(filter).await?;
        }
        Ok(there)
    }

    /// How many points pass; none where there is no collection.
    async fn count(&self, filter: api::Filter) -> Result<usize, RetrievalError> {
        let count = CountPointsBuilder::new(&self.collection).filter(filter).exact(true);
        match self.client.count(count).await {
            Ok(answer) => Ok(answer.result.map_or(0, |result| result.count as usize)),
            Err(error) if code(&error) == Some(Code::NotFound) => Ok(0),
            Err(error) => Err(self.failed(error)),
        }
    }

    async fn delete(&self, filter: api::Filter) -> Result<(), RetrievalError> {
        let delete = DeletePointsBuilder::new(&self.collection).points(filter).wait(true);
        self.client.delete_points(delete).await.map(|_| ()).map_err(|error| self.failed(error))
    }

    /// A UUID of version 8 (RFC 9562, section 5.8) from everything that makes the point what it is: writing a point
    /// again writes over it.
    fn id(&self, rubric: &Digest, point: &Point) -> String {
        let part = (point.part as u64).to_le_bytes();
        let digest = Digest::of_parts([
            rubric.as_str().as_bytes(),
            self.embedder.as_bytes(),
            point.question.as_bytes(),
            point.kind.name().as_bytes(),
            point.criterion.as_deref().unwrap_or_default().as_bytes(),
            &part,
            point.text.as_bytes(),
        ]);
        let hex = digest.as_str();
        format!("{}-{}-8{}-8{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..30])
    }

    fn payload(&self, rubric: &Rubric, digest: &Digest, point: Point, order: usize) -> Payload {
        let mut payload = Payload::new();
        payload.insert("rubric", rubric.id.as_str());
        payload.insert("rubric_digest", digest.as_str());
        payload.insert("version", rubric.version.as_str());
        payload.insert("embedder", self.embedder.as_str());
        payload.insert("question", point.question);
        payload.insert("kind", point.kind.name());
        if let Some(criterion) = point.criterion {
            payload.insert("criterion", criterion);
        }
        payload.insert("part", point.part as i64);
        payload.insert("order", order as i64);
        payload.insert("text", point.text);
        payload
    }

    fn not_ours(&self, why: &str) -> RetrievalError {
        RetrievalError::Collection { name: self.collection.clone(), why: why.to_owned() }
    }

    fn failed(&self, error: QdrantError) -> RetrievalError {
        let (url, code) = (self.url.clone(), code(&error));
        // The client tells a failed connection from other internal errors by its words alone.
        let unconnected = matches!(&error, QdrantError::ResponseError { status }
            if status.message().starts_with("Failed to connect"));
        let source = Box::new(error);
        match code {
            Some(Code::Unauthenticated | Code::PermissionDenied) => RetrievalError::Refused { url, source },
            // A timeout of the client's is a cancellation.
            Some(Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled) => {
                RetrievalError::Unreachable { url, source }
            }
            _ if unconnected => RetrievalError::Unreachable { url, source },
            _ => RetrievalError::Server { url, source },
        }
    }
}

/// A client that has not connected yet.
fn client(settings: &QdrantSettings) -> Result<Qdrant, RetrievalError> {
    let prefix = &settings.collection_prefix;
    if !(1..=64).contains(&prefix.len()) || !prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) {
        return Err(RetrievalError::Settings("a collection prefix has 1 to 64 letters, digits, - and _"));
    }
    if !["http://", "https://"].iter().any(|scheme| settings.url.starts_with(scheme)) {
        return Err(RetrievalError::Settings("the address begins with http:// or https://"));
    }
    let key = settings.api_key.as_ref().map(ExposeSecret::expose_secret);
    // Checked here because the client would repeat a malformed key in its error.
    if key.is_some_and(|key| key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic())) {
        return Err(RetrievalError::Settings("an API key has visible ASCII characters only"));
    }
    let config = Qdrant::from_url(&settings.url)
        .api_key(key)
        .timeout(settings.timeout)
        .connect_timeout(settings.timeout)
        // It would print to standard output.
        .skip_compatibility_check();
    config.build().map_err(|_| RetrievalError::Settings("the address is not a URL"))
}

fn code(error: &QdrantError) -> Option<Code> {
    match error {
        QdrantError::ResponseError { status } | QdrantError::ResourceExhaustedError { status, .. } => {
            Some(status.code())
        }
        _ => None,
    }
}

/// Spelt out because the client makes a search in full text of any plain string that has a space in it.
fn is(field: &str, value: &str) -> Condition {
    Condition::matches(field, MatchValue::Keyword(value.to_owned()))
}

fn of_rubric(rubric: &Digest) -> Condition {
    is("rubric_digest", rubric.as_str())
}

fn filter_of(rubric: &Digest, filter: Filter<'_>) -> api::Filter {
    let mut must = vec![of_rubric(rubric)];
    must.extend(filter.question.map(|id| is("question", id)));
    if !filter.kinds.is_empty() {
        let names: Vec<String> = filter.kinds.iter().map(|kind| kind.name().to_owned()).collect();
        must.push(Condition::matches("kind", names));
    }
    api::Filter::must(must)
}

/// The place in the rubric's order and the point; `None` when the payload is not one of ours.
fn read_payload(mut payload: HashMap<String, Value>) -> Option<(i64, Point)> {
    let number = |value: &Value| match value.kind {
        Some(value::Kind::IntegerValue(number)) => Some(number),
        _ => None,
    };
    let (order, part) = (number(payload.get("order")?)?, number(payload.get("part")?)?);
    let mut text = |name: &str| match payload.remove(name)?.kind {
        Some(value::Kind::StringValue(text)) => Some(text),
        _ => None,
    };
    let point = Point {
        question: text("question")?,
        kind: Kind::named(&text("kind")?)?,
        criterion: text("criterion"),
        part: usize::try_from(part).ok()?,
        text: text("text")?,
    };
    Some((order, point))
}
