//! The index of answers on a Qdrant server: one collection for each embedder behind an alias, shared by teams that a
//! tenant field keeps apart.
//!
//! Searches and writes name the alias. Building anew fills another collection and then points the alias at it, so that a
//! search meets the old one or the new one, and never none.

use super::{AnswerFilter, AnswerHit, AnswerRemoval, AnswerVector, Small};
use crate::domain::Digest;
use crate::retrieval::RetrievalError;
use crate::retrieval::server::{QdrantSettings, Server};
use qdrant_client::Payload;
use qdrant_client::qdrant::{
    self as api, Condition, CreateAliasBuilder, CreateCollectionBuilder, CreateFieldIndexCollectionBuilder,
    DeletePointsBuilder, Distance, FieldType, HnswConfigDiffBuilder, IntegerIndexParamsBuilder,
    KeywordIndexParamsBuilder, PointStruct, QueryPointsBuilder, Range, SearchParamsBuilder, UpsertPointsBuilder,
    VectorParamsBuilder, r#match::MatchValue, point_id::PointIdOptions, value,
};

/// Points in one write: some 600 kB.
const POINTS_TOGETHER: usize = 256;
/// How widely the graph is searched; more finds more and takes longer.
const BREADTH: u64 = 128;

/// The collection of one embedder's passages.
pub(in crate::retrieval) struct QdrantAnswers {
    server: Server,
    alias: String,
    dimensions: u64,
}

impl QdrantAnswers {
    pub(in crate::retrieval) fn new(
        settings: &QdrantSettings,
        embedder: &str,
        dimensions: usize,
    ) -> Result<Self, RetrievalError> {
        let embedder = Digest::of(embedder.as_bytes());
        let alias = format!("{}-answers-{}", settings.collection_prefix, embedder.short());
        Ok(Self { server: Server::new(settings)?, alias, dimensions: dimensions as u64 })
    }

    /// Makes the collection and its alias where they are not there, and says whether it did.
    pub(in crate::retrieval) async fn ensure(&self) -> Result<bool, RetrievalError> {
        if self.server.look(|| self.server.client.collection_info(&self.alias)).await?.is_some() {
            return Ok(false);
        }
        let first = format!("{}-1", self.alias);
        self.create(&first).await?;
        self.point_at(&first).await?;
        Ok(true)
    }

    async fn create(&self, name: &str) -> Result<(), RetrievalError> {
        let settings = &self.server.settings;
        // Every search is within one tenant: a graph for each of them, and none across.
        let graph = HnswConfigDiffBuilder::default().m(0).payload_m(16).on_disk(true);
        let mut create = CreateCollectionBuilder::new(name)
            .vectors_config(VectorParamsBuilder::new(self.dimensions, Distance::Cosine).on_disk(true))
            .hnsw_config(graph)
            .on_disk_payload(true)
            .replication_factor(settings.replicas)
            .write_consistency_factor(self.server.written());
        if let Some(shards) = settings.shards {
            create = create.shard_number(shards);
        }
        let there = || self.server.look(|| self.server.client.collection_info(name));
        if let Err(error) = self.server.call(|| self.server.client.create_collection(create.clone())).await
            // Another process may have been quicker.
            && there().await?.is_none()
        {
            return Err(error);
        }
        let keyword = |field: &str| {
            let params = KeywordIndexParamsBuilder::default().is_tenant(field == "tenant").on_disk(true);
            CreateFieldIndexCollectionBuilder::new(name, field, FieldType::Keyword).field_index_params(params)
        };
        let whole = |field: &str| {
            let params = IntegerIndexParamsBuilder::new(field == "number", true).on_disk(true);
            CreateFieldIndexCollectionBuilder::new(name, field, FieldType::Integer).field_index_params(params)
        };
        let indexes = ["tenant", "rubric", "question", "interview"].map(keyword).into_iter();
        for index in indexes.chain(["score", "number"].map(whole)) {
            let index = index.wait(true);
            self.server.call(|| self.server.client.create_field_index(index.clone())).await?;
        }
        Ok(())
    }

    /// Points the alias at a collection, whatever it pointed at before.
    async fn point_at(&self, name: &str) -> Result<(), RetrievalError> {
        let alias = CreateAliasBuilder::new(name, &self.alias);
        self.server.call(|| self.server.client.create_alias(alias.clone())).await.map(drop)
    }

    /// The collection that the alias points at.
    async fn current(&self) -> Result<Option<String>, RetrievalError> {
        let all = self.server.call(|| self.server.client.list_aliases()).await?.aliases;
        Ok(all.into_iter().find(|known| known.alias_name == self.alias).map(|known| known.collection_name))
    }

    /// Makes an empty collection to be filled while the old one is searched, and gives its name. What an earlier attempt
    /// left behind is deleted.
    pub(in crate::retrieval) async fn begin_anew(&self) -> Result<String, RetrievalError> {
        let current = self.current().await?;
        let begins = format!("{}-", self.alias);
        let all = self.server.call(|| self.server.client.list_collections()).await?.collections;
        let mut last = 0;
        for name in all.into_iter().map(|known| known.name) {
            let Some(number) = name.strip_prefix(&begins).and_then(|rest| rest.parse::<u64>().ok()) else { continue };
            last = last.max(number);
            if Some(&name) != current.as_ref() {
                self.server.call(|| self.server.client.delete_collection(&name)).await?;
            }
        }
        let next = format!("{begins}{}", last + 1);
        self.create(&next).await?;
        Ok(next)
    }

    /// Has searches go to the collection `name` from now on, and deletes the one before.
    pub(in crate::retrieval) async fn finish_anew(&self, name: &str) -> Result<(), RetrievalError> {
        let before = self.current().await?;
        self.point_at(name).await?;
        if let Some(before) = before.filter(|before| before != name) {
            self.server.call(|| self.server.client.delete_collection(&before)).await?;
        }
        Ok(())
    }

    /// Takes out what is removed, then writes what is added; into the collection of the alias, or into `other`.
    pub(in crate::retrieval) async fn put(
        &self,
        removed: &[AnswerRemoval],
        added: &[AnswerVector],
        other: Option<&str>,
    ) -> Result<(), RetrievalError> {
        let collection = other.unwrap_or(&self.alias);
        for removal in removed {
            let mut must = vec![self.own(), is("interview", &removal.interview)];
            must.extend(removal.question.as_deref().map(|question| is("question", question)));
            must.push(Condition::range("number", Range { lt: Some(removal.before as f64), ..Range::default() }));
            let delete = DeletePointsBuilder::new(collection).points(api::Filter::must(must)).wait(true);
            self.server.call(|| self.server.client.delete_points(delete.clone())).await?;
        }
        for together in added.chunks(POINTS_TOGETHER) {
            let points: Vec<PointStruct> = together.iter().map(|one| self.point(one)).collect();
            let upsert = UpsertPointsBuilder::new(collection, points).wait(true);
            self.server.call(|| self.server.client.upsert_points(upsert.clone())).await?;
        }
        Ok(())
    }

    pub(in crate::retrieval) async fn nearest(
        &self,
        query: &Small,
        filter: &AnswerFilter,
        k: usize,
    ) -> Result<Vec<AnswerHit>, RetrievalError> {
        if k == 0 {
            return Ok(vec![]);
        }
        let search = QueryPointsBuilder::new(&self.alias)
            .query(query.widened())
            .filter(self.lowered(filter))
            .params(SearchParamsBuilder::default().hnsw_ef(BREADTH.max(2 * k as u64)))
            .limit(k as u64)
            .with_payload(api::PayloadIncludeSelector { fields: vec!["number".to_owned()] });
        // Nothing was ever indexed where there is no collection.
        let found = self.server.look(|| self.server.client.query(search.clone())).await?;
        let mut hits = Vec::new();
        for point in found.map(|answer| answer.result).unwrap_or_default() {
            let number = point.payload.get("number").and_then(|value| value.kind.as_ref());
            let Some(value::Kind::IntegerValue(number)) = number else {
                let why = "holds points that are not Earmark's".to_owned();
                return Err(RetrievalError::Collection { name: self.alias.clone(), why });
            };
            hits.push(AnswerHit { number: *number, similarity: point.score });
        }
        hits.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.number.cmp(&b.number)));
        Ok(hits)
    }

    pub(in crate::retrieval) async fn health(&self) -> Result<(), RetrievalError> {
        self.server.health().await
    }

    fn own(&self) -> Condition {
        is("tenant", &self.server.settings.tenant)
    }

    fn lowered(&self, filter: &AnswerFilter) -> api::Filter {
        let mut must = vec![self.own()];
        must.extend(filter.rubric.as_deref().map(|id| is("rubric", id)));
        must.extend(filter.question.as_deref().map(|id| is("question", id)));
        if filter.least.is_some() || filter.most.is_some() {
            let (gte, lte) = (filter.least.map(|score| score as f64), filter.most.map(|score| score as f64));
            must.push(Condition::range("score", Range { gte, lte, ..Range::default() }));
        }
        must.extend(filter.interviews.clone().map(|ids| Condition::matches("interview", ids)));
        let must_not = filter.except.iter().map(|id| is("interview", id)).collect();
        api::Filter { must, must_not, ..api::Filter::default() }
    }

    fn point(&self, one: &AnswerVector) -> PointStruct {
        let tenant = self.server.settings.tenant.as_str();
        let mut payload = Payload::new();
        payload.insert("tenant", tenant);
        payload.insert("number", one.number);
        payload.insert("interview", one.interview.as_str());
        payload.insert("rubric", one.rubric.as_str());
        payload.insert("question", one.question.as_str());
        if let Some(score) = one.score {
            payload.insert("score", score);
        }
        // Numbers are unique within a team's database only.
        let digest = Digest::of_parts([tenant.as_bytes(), &one.number.to_le_bytes()]);
        PointStruct::new(PointIdOptions::Uuid(uuid(&digest)), one.vector.widened(), payload)
    }
}

fn is(field: &str, value: &str) -> Condition {
    Condition::matches(field, MatchValue::Keyword(value.to_owned()))
}

/// A UUID of version 8 (RFC 9562, section 5.8).
pub(in crate::retrieval) fn uuid(digest: &Digest) -> String {
    let hex = digest.as_str();
    format!("{}-{}-8{}-8{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..30])
}
