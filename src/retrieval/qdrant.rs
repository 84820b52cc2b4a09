//! The index on a Qdrant server, for several processes that share one: one collection for each embedder, every search
//! exact and within one rubric.

use super::answers::uuid;
use super::server::{QdrantSettings, Server};
use super::{Filter, Hit, Kind, Point, RetrievalError, Vector};
use crate::domain::{Digest, Rubric};
use qdrant_client::Payload;
use qdrant_client::qdrant::{
    self as api, Condition, CountPointsBuilder, CreateCollectionBuilder, CreateFieldIndexCollectionBuilder,
    DeletePointsBuilder, Distance, FieldType, HnswConfigDiffBuilder, KeywordIndexParamsBuilder, PointStruct,
    QueryBatchPointsBuilder, QueryPoints, QueryPointsBuilder, ScoredPoint, SearchParamsBuilder, UpsertPointsBuilder,
    Value, VectorParams, VectorParamsBuilder, r#match::MatchValue, point_id::PointIdOptions, value, vectors_config,
};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Points in one write: some 400 kB, far below the 4 MB that a gRPC message may have by default.
const POINTS_TOGETHER: usize = 256;
/// Queries in one request.
const QUERIES_TOGETHER: usize = 256;
/// What searches filter by; Qdrant needs an index of each to do so quickly.
const FILTERED: [&str; 4] = ["tenant", "rubric_digest", "question", "kind"];

/// The collection of one embedder, in which each team has its own points.
pub(super) struct QdrantIndex {
    server: Server,
    collection: String,
    embedder: String,
    dimensions: u64,
    /// Rubrics that were found to be whole: their points need not be sent back with every hit.
    known: RwLock<HashMap<Digest, Arc<Known>>>,
}

/// The points of a rubric by their ids, each with its place in the order.
type Known = HashMap<String, (usize, Arc<Point>)>;

impl QdrantIndex {
    /// Connects to nothing yet.
    pub(super) fn new(settings: &QdrantSettings, embedder: &str, dimensions: usize) -> Result<Self, RetrievalError> {
        Ok(Self {
            server: Server::new(settings)?,
            collection: format!("{}-{}", settings.collection_prefix, Digest::of(embedder.as_bytes()).short()),
            embedder: embedder.to_owned(),
            dimensions: dimensions as u64,
            known: RwLock::default(),
        })
    }

    /// Makes the collection and its payload indexes, as far as they are missing, and checks that it is ours.
    pub(super) async fn ensure_collection(&self) -> Result<(), RetrievalError> {
        let there = match self.info().await? {
            Some(info) => info,
            None => self.create_collection().await?,
        };
        self.check(&there)?;
        for field in FILTERED.iter().filter(|field| !there.payload_schema.contains_key(**field)) {
            let params = KeywordIndexParamsBuilder::default().is_tenant(*field == "tenant").on_disk(true);
            let index = CreateFieldIndexCollectionBuilder::new(&self.collection, *field, FieldType::Keyword)
                .field_index_params(params)
                .wait(true);
            self.server.call(|| self.server.client.create_field_index(index.clone())).await?;
        }
        Ok(())
    }

    async fn create_collection(&self) -> Result<api::CollectionInfo, RetrievalError> {
        // Vectors have length 1 already: a product of them is the cosine, and the server leaves their bits alone.
        let vectors = VectorParamsBuilder::new(self.dimensions, Distance::Dot);
        let settings = &self.server.settings;
        let mut create = CreateCollectionBuilder::new(&self.collection)
            .vectors_config(vectors)
            // Every search is exact and within one rubric: a graph would never be used.
            .hnsw_config(HnswConfigDiffBuilder::default().m(0))
            .on_disk_payload(true)
            .replication_factor(settings.replicas)
            .write_consistency_factor(self.server.written());
        if let Some(shards) = settings.shards {
            create = create.shard_number(shards);
        }
        let created = self.server.call(|| self.server.client.create_collection(create.clone())).await;
        // Another process may have been quicker; then its collection is as good, and our error is none.
        match (self.info().await?, created) {
            (Some(info), _) => Ok(info),
            (None, Err(error)) => Err(error),
            (None, Ok(_)) => Err(self.not_ours("vanished as soon as it was made")),
        }
    }

    async fn info(&self) -> Result<Option<api::CollectionInfo>, RetrievalError> {
        let answer = self.server.look(|| self.server.client.collection_info(&self.collection)).await?;
        Ok(answer.and_then(|answer| answer.result))
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
        if self.count(self.of_rubric(rubric)).await? != points.len() {
            return Ok(false);
        }
        let known: Known = points
            .iter()
            .enumerate()
            .map(|(order, point)| (self.id(rubric, point), (order, Arc::new(point.clone()))))
            .collect();
        let ids = known.keys().map(String::as_str);
        let mut these = self.of_rubric(rubric);
        these.must.push(Condition::has_id(ids));
        let holds = self.count(these).await? == points.len();
        if holds {
            self.known.write().unwrap_or_else(PoisonError::into_inner).insert(rubric.clone(), Arc::new(known));
        }
        Ok(holds)
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
            self.server.call(|| self.server.client.upsert_points(upsert.clone())).await?;
        }
        let mut others = self.of_rubric(digest);
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
        let points = self.known.read().unwrap_or_else(PoisonError::into_inner).get(rubric).cloned();
        let known = match &points {
            Some(points) => points.len(),
            None => self.count(self.of_rubric(rubric)).await?,
        };
        if known == 0 {
            return Err(RetrievalError::UnknownRubric(rubric.clone()));
        }
        if k == 0 {
            return Ok(vec![Vec::new(); queries.len()]);
        }
        let mut sought = Sought { filter: self.filter_of(rubric, filter), k, known, points };
        let found = self.found(queries, &sought).await;
        if found.is_ok() || sought.points.is_none() {
            return found;
        }
        // Another process may have written the rubric anew with other points: they are sent along this time.
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(rubric);
        sought.points = None;
        sought.known = self.count(self.of_rubric(rubric)).await?.max(1);
        self.found(queries, &sought).await
    }

    async fn found(&self, queries: &[Vector], sought: &Sought) -> Result<Vec<Vec<Hit>>, RetrievalError> {
        let mut hits = Vec::with_capacity(queries.len());
        for together in queries.chunks(QUERIES_TOGETHER) {
            for found in self.search(together, sought).await? {
                hits.push(self.hits(found, sought)?);
            }
        }
        Ok(hits)
    }

    /// At least the best `k` points for each query, and every point that ties with the last of them: which of a tie
    /// the server would leave out is its own affair, and must not decide on a result.
    async fn search(&self, queries: &[Vector], sought: &Sought) -> Result<Vec<Vec<ScoredPoint>>, RetrievalError> {
        let Sought { k, known, .. } = *sought;
        // One more than asked for shows whether there is a tie at the end.
        let mut limit = k.saturating_add(1).min(known);
        loop {
            let asked = queries.iter().map(|query| self.query(query, sought, limit)).collect::<Vec<_>>();
            let batch = QueryBatchPointsBuilder::new(&self.collection, asked);
            let answer = self.server.call(|| self.server.client.query_batch(batch.clone())).await?;
            let found: Vec<Vec<ScoredPoint>> = answer.result.into_iter().map(|batch| batch.result).collect();
            let is_tied = |hits: &Vec<ScoredPoint>| hits.len() == limit && hits[k - 1].score <= hits[limit - 1].score;
            if limit == known || !found.iter().any(is_tied) {
                return Ok(found);
            }
            limit = limit.saturating_mul(2).min(known);
        }
    }

    fn query(&self, query: &Vector, sought: &Sought, limit: usize) -> QueryPoints {
        QueryPointsBuilder::new(&self.collection)
            .query(query.as_slice().to_vec())
            .filter(sought.filter.clone())
            .params(SearchParamsBuilder::default().exact(true))
            .limit(limit as u64)
            .with_payload(sought.points.is_none())
            .build()
    }

    fn hits(&self, found: Vec<ScoredPoint>, sought: &Sought) -> Result<Vec<Hit>, RetrievalError> {
        let read = found.into_iter().map(|point| {
            let (order, known) = match &sought.points {
                Some(points) => points.get(uuid_of(&point)?)?.clone(),
                None => read_payload(point.payload)?,
            };
            Some((point.score, order, known))
        });
        let mut hits: Vec<(f32, usize, Arc<Point>)> =
            read.collect::<Option<_>>().ok_or_else(|| self.not_ours("holds points that are not Earmark's"))?;
        hits.sort_by(|(a, a_order, _), (b, b_order, _)| b.total_cmp(a).then(a_order.cmp(b_order)));
        hits.truncate(sought.k);
        Ok(hits.into_iter().map(|(similarity, _, point)| Hit { point, similarity }).collect())
    }

    pub(super) async fn remove(&self, rubric: &Digest) -> Result<usize, RetrievalError> {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(rubric);
        let filter = self.of_rubric(rubric);
        let there = self.count(filter.clone()).await?;
        if there > 0 {
            self.delete(filter).await?;
        }
        Ok(there)
    }

    /// How many points pass; none where there is no collection.
    async fn count(&self, filter: api::Filter) -> Result<usize, RetrievalError> {
        let count = CountPointsBuilder::new(&self.collection).filter(filter).exact(true);
        let answer = self.server.look(|| self.server.client.count(count.clone())).await?;
        Ok(answer.and_then(|answer| answer.result).map_or(0, |result| result.count as usize))
    }

    async fn delete(&self, filter: api::Filter) -> Result<(), RetrievalError> {
        let delete = DeletePointsBuilder::new(&self.collection).points(filter).wait(true);
        self.server.call(|| self.server.client.delete_points(delete.clone())).await.map(drop)
    }

    /// From everything that makes the point what it is: writing a point again writes over it.
    fn id(&self, rubric: &Digest, point: &Point) -> String {
        let part = (point.part as u64).to_le_bytes();
        let digest = Digest::of_parts([
            self.server.settings.tenant.as_bytes(),
            rubric.as_str().as_bytes(),
            self.embedder.as_bytes(),
            point.question.as_bytes(),
            point.kind.name().as_bytes(),
            point.criterion.as_deref().unwrap_or_default().as_bytes(),
            &part,
            point.text.as_bytes(),
        ]);
        uuid(&digest)
    }

    fn payload(&self, rubric: &Rubric, digest: &Digest, point: Point, order: usize) -> Payload {
        let mut payload = Payload::new();
        payload.insert("tenant", self.server.settings.tenant.as_str());
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

    fn of_rubric(&self, rubric: &Digest) -> api::Filter {
        api::Filter::must([is("tenant", &self.server.settings.tenant), is("rubric_digest", rubric.as_str())])
    }

    fn filter_of(&self, rubric: &Digest, filter: Filter<'_>) -> api::Filter {
        let mut out = self.of_rubric(rubric);
        out.must.extend(filter.question.map(|id| is("question", id)));
        if !filter.kinds.is_empty() {
            let names: Vec<String> = filter.kinds.iter().map(|kind| kind.name().to_owned()).collect();
            out.must.push(Condition::matches("kind", names));
        }
        out
    }
}

/// What a search is for.
struct Sought {
    filter: api::Filter,
    k: usize,
    /// How many points the rubric has.
    known: usize,
    /// The points, where they need not be sent.
    points: Option<Arc<Known>>,
}

fn uuid_of(point: &ScoredPoint) -> Option<&str> {
    match point.id.as_ref()?.point_id_options.as_ref()? {
        PointIdOptions::Uuid(id) => Some(id),
        PointIdOptions::Num(_) => None,
    }
}

/// Spelt out because the client makes a search in full text of any plain string that has a space in it.
fn is(field: &str, value: &str) -> Condition {
    Condition::matches(field, MatchValue::Keyword(value.to_owned()))
}

/// The place in the rubric's order and the point; `None` when the payload is not one of ours.
fn read_payload(mut payload: HashMap<String, Value>) -> Option<(usize, Arc<Point>)> {
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
    Some((usize::try_from(order).ok()?, Arc::new(point)))
}
