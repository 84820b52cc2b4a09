//! A small Qdrant server for tests: the real protocol over a real socket, points in memory, and of the API as much as
//! Earmark calls. Whatever else a client asks is answered with `UNIMPLEMENTED`, so a test cannot pass by its silence.
//!
//! It is stricter than kind: ties are answered in the order of ids, which is none that Earmark may rely on.

use qdrant_client::qdrant::{
    self as api, Condition, CreateCollection, PointId, PointStruct, Value, alias_operations, collections_server,
    condition, r#match, payload_index_params, points_selector, points_server, qdrant_server, query, value, vector,
    vector_input, vectors, vectors_config, with_payload_selector,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// A running server; it stops when this is dropped.
pub struct QdrantServer {
    url: String,
    state: State,
    _stop: oneshot::Sender<()>,
}

#[derive(Clone, Default)]
struct State(Arc<Mutex<All>>, Arc<AtomicUsize>);

#[derive(Default)]
struct All {
    collections: HashMap<String, Collection>,
    aliases: BTreeMap<String, String>,
}

#[derive(Default)]
struct Collection {
    vectors: api::VectorParams,
    made: CreateCollection,
    indexed: BTreeSet<String>,
    tenants: BTreeSet<String>,
    points: BTreeMap<String, PointStruct>,
}

impl QdrantServer {
    /// Starts a server on a free port. With a key, it serves those who send it.
    pub async fn start(api_key: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        Self::on(listener, State::default(), api_key)
    }

    /// Ends the server and gives back what starts it again, at the same address and with what it held.
    pub async fn away(self) -> Away {
        let Self { url, state, _stop } = self;
        drop(_stop);
        let address: SocketAddr = url.trim_start_matches("http://").parse().expect("an address");
        // The server lets go of its port when the last connection is closed.
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        Away { address, state }
    }

    fn on(listener: TcpListener, state: State, api_key: Option<&'static str>) -> Self {
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let (stop, stopped) = oneshot::channel();
        let admit = move |request: Request<()>| match (api_key, request.metadata().get("api-key")) {
            (Some(key), given) if given.is_none_or(|given| given != key) => {
                Err(Status::unauthenticated("Invalid API key or JWT"))
            }
            _ => Ok(request),
        };
        let server = Server::builder()
            .add_service(collections_server::CollectionsServer::with_interceptor(state.clone(), admit))
            .add_service(points_server::PointsServer::with_interceptor(state.clone(), admit))
            .add_service(qdrant_server::QdrantServer::with_interceptor(state.clone(), admit))
            .serve_with_incoming_shutdown(TcpIncoming::from(listener), async {
                // Dropping the sender is the signal.
                let _ = stopped.await;
            });
        tokio::spawn(server);
        Self { url, state, _stop: stop }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Every collection: its name, its indexed fields, and how many points it holds.
    pub fn collections(&self) -> Vec<(String, Vec<String>, usize)> {
        let all = self.state.lock();
        let seen =
            |(name, it): (&String, &Collection)| (name.clone(), it.indexed.iter().cloned().collect(), it.points.len());
        all.collections.iter().map(seen).collect()
    }

    /// How a collection was asked for, and which of its fields keep tenants apart.
    pub fn made(&self, name: &str) -> (CreateCollection, Vec<String>) {
        let all = self.state.lock();
        let it = all.collections.get(name).expect("a collection");
        (it.made.clone(), it.tenants.iter().cloned().collect())
    }

    /// Where each alias points.
    pub fn aliases(&self) -> Vec<(String, String)> {
        self.state.lock().aliases.clone().into_iter().collect()
    }

    /// The payloads of all points, as texts.
    pub fn payloads(&self) -> Vec<String> {
        let all = self.state.lock();
        let points = all.collections.values().flat_map(|it| it.points.values());
        points.map(|point| format!("{:?}", point.payload)).collect()
    }

    /// Calls that were answered so far.
    pub fn calls(&self) -> usize {
        self.state.1.load(Ordering::Relaxed)
    }

    /// Loses a point, as an interrupted write would have.
    pub fn lose_a_point(&self) {
        self.state.lock().collections.values_mut().for_each(|collection| drop(collection.points.pop_first()));
    }

    /// Makes every collection one of vectors with `size` dimensions.
    pub fn resize(&self, size: u64) {
        self.state.lock().collections.values_mut().for_each(|collection| collection.vectors.size = size);
    }
}

/// A server that is away, with what it held.
pub struct Away {
    address: SocketAddr,
    state: State,
}

impl Away {
    /// Starts it again.
    pub async fn back(self) -> QdrantServer {
        // Connections of before may still hold the port for a moment.
        let listener = loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        QdrantServer::on(listener, self.state, None)
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, All> {
        self.0.lock().expect("no handler panics")
    }

    fn with<T>(
        &self,
        name: &str,
        act: impl FnOnce(&mut Collection) -> Result<T, Status>,
    ) -> Result<Response<T>, Status> {
        self.1.fetch_add(1, Ordering::Relaxed);
        let mut all = self.lock();
        let meant = all.aliases.get(name).cloned().unwrap_or_else(|| name.to_owned());
        let none = || Status::not_found(format!("Collection `{name}` doesn't exist!"));
        let collection = all.collections.get_mut(&meant).ok_or_else(none)?;
        act(collection).map(Response::new)
    }
}

/// Implements a service: the given methods, and `UNIMPLEMENTED` for those that are only named.
macro_rules! service {
    ($service:path { $($written:tt)* } without { $($name:ident: $request:ident -> $response:ident,)* }) => {
        #[tonic::async_trait]
        impl $service for State {
            $($written)*
            $(async fn $name(&self, _: Request<api::$request>) -> Result<Response<api::$response>, Status> {
                Err(Status::unimplemented(stringify!($name)))
            })*
        }
    };
}

service! { collections_server::Collections {
    async fn create(
        &self,
        request: Request<CreateCollection>,
    ) -> Result<Response<api::CollectionOperationResponse>, Status> {
        let request = request.into_inner();
        let mut all = self.lock();
        if all.collections.contains_key(&request.collection_name) {
            return Err(Status::already_exists("Collection already exists!"));
        }
        let made = request.clone();
        let Some(vectors_config::Config::Params(vectors)) = request.vectors_config.and_then(|it| it.config) else {
            return Err(Status::unimplemented("several vectors a point"));
        };
        let collection = Collection { vectors, made, ..Collection::default() };
        all.collections.insert(request.collection_name, collection);
        Ok(Response::new(api::CollectionOperationResponse { result: true, time: 0.0 }))
    }

    async fn delete(
        &self,
        request: Request<api::DeleteCollection>,
    ) -> Result<Response<api::CollectionOperationResponse>, Status> {
        let name = request.into_inner().collection_name;
        let mut all = self.lock();
        all.aliases.retain(|_, meant| *meant != name);
        let result = all.collections.remove(&name).is_some();
        Ok(Response::new(api::CollectionOperationResponse { result, time: 0.0 }))
    }

    async fn list(
        &self,
        _: Request<api::ListCollectionsRequest>,
    ) -> Result<Response<api::ListCollectionsResponse>, Status> {
        let all = self.lock();
        let collections = all.collections.keys().map(|name| api::CollectionDescription { name: name.clone() });
        Ok(Response::new(api::ListCollectionsResponse { collections: collections.collect(), time: 0.0 }))
    }

    async fn list_aliases(
        &self,
        _: Request<api::ListAliasesRequest>,
    ) -> Result<Response<api::ListAliasesResponse>, Status> {
        let all = self.lock();
        let one = |(alias, name): (&String, &String)| api::AliasDescription {
            alias_name: alias.clone(),
            collection_name: name.clone(),
        };
        Ok(Response::new(api::ListAliasesResponse { aliases: all.aliases.iter().map(one).collect(), time: 0.0 }))
    }

    async fn update_aliases(
        &self,
        request: Request<api::ChangeAliases>,
    ) -> Result<Response<api::CollectionOperationResponse>, Status> {
        let mut all = self.lock();
        for operation in request.into_inner().actions {
            let Some(alias_operations::Action::CreateAlias(alias)) = operation.action else {
                return Err(Status::unimplemented("changes of aliases other than pointing one at a collection"));
            };
            if !all.collections.contains_key(&alias.collection_name) {
                return Err(Status::not_found("Collection doesn't exist!"));
            }
            // As the server does: an alias that is there is pointed elsewhere.
            all.aliases.insert(alias.alias_name, alias.collection_name);
        }
        Ok(Response::new(api::CollectionOperationResponse { result: true, time: 0.0 }))
    }

    async fn get(
        &self,
        request: Request<api::GetCollectionInfoRequest>,
    ) -> Result<Response<api::GetCollectionInfoResponse>, Status> {
        self.with(&request.into_inner().collection_name, |collection| {
            let vectors_config =
                api::VectorsConfig { config: Some(vectors_config::Config::Params(collection.vectors)) };
            let params = api::CollectionParams { vectors_config: Some(vectors_config), ..Default::default() };
            let schema = collection.indexed.iter().map(|field| (field.clone(), api::PayloadSchemaInfo::default()));
            let info = api::CollectionInfo {
                config: Some(api::CollectionConfig { params: Some(params), ..Default::default() }),
                payload_schema: schema.collect(),
                ..Default::default()
            };
            Ok(api::GetCollectionInfoResponse { result: Some(info), time: 0.0 })
        })
    }
} without {
    update: UpdateCollection -> CollectionOperationResponse,
    list_collection_aliases: ListCollectionAliasesRequest -> ListAliasesResponse,
    collection_cluster_info: CollectionClusterInfoRequest -> CollectionClusterInfoResponse,
    collection_exists: CollectionExistsRequest -> CollectionExistsResponse,
    update_collection_cluster_setup: UpdateCollectionClusterSetupRequest -> UpdateCollectionClusterSetupResponse,
    create_shard_key: CreateShardKeyRequest -> CreateShardKeyResponse,
    delete_shard_key: DeleteShardKeyRequest -> DeleteShardKeyResponse,
    list_shard_keys: ListShardKeysRequest -> ListShardKeysResponse,
} }

service! { points_server::Points {
    async fn create_field_index(
        &self,
        request: Request<api::CreateFieldIndexCollection>,
    ) -> Result<Response<api::PointsOperationResponse>, Status> {
        let request = request.into_inner();
        self.with(&request.collection_name, |collection| {
            let params = request.field_index_params.and_then(|params| params.index_params);
            if let Some(payload_index_params::IndexParams::KeywordIndexParams(params)) = params
                && params.is_tenant == Some(true)
            {
                collection.tenants.insert(request.field_name.clone());
            }
            collection.indexed.insert(request.field_name);
            Ok(api::PointsOperationResponse::default())
        })
    }

    async fn upsert(
        &self,
        request: Request<api::UpsertPoints>,
    ) -> Result<Response<api::PointsOperationResponse>, Status> {
        let request = request.into_inner();
        self.with(&request.collection_name, |collection| {
            if request.wait != Some(true) {
                return Err(Status::unimplemented("a write that is not waited for"));
            }
            for mut point in request.points {
                if dense(&point)?.len() as u64 != collection.vectors.size {
                    return Err(Status::invalid_argument("Wrong input: Vector dimension error"));
                }
                if collection.vectors.distance == api::Distance::Cosine as i32 {
                    normalise(&mut point);
                }
                collection.points.insert(id_of(point.id.as_ref())?, point);
            }
            Ok(api::PointsOperationResponse::default())
        })
    }

    async fn delete(
        &self,
        request: Request<api::DeletePoints>,
    ) -> Result<Response<api::PointsOperationResponse>, Status> {
        let request = request.into_inner();
        self.with(&request.collection_name, |collection| {
            let chosen = request.points.and_then(|points| points.points_selector_one_of);
            let Some(points_selector::PointsSelectorOneOf::Filter(filter)) = chosen else {
                return Err(Status::unimplemented("deleting without a filter"));
            };
            for id in collection.passing(Some(&filter))? {
                collection.points.remove(&id);
            }
            Ok(api::PointsOperationResponse::default())
        })
    }

    async fn count(&self, request: Request<api::CountPoints>) -> Result<Response<api::CountResponse>, Status> {
        let request = request.into_inner();
        self.with(&request.collection_name, |collection| {
            let count = collection.passing(request.filter.as_ref())?.len() as u64;
            Ok(api::CountResponse { result: Some(api::CountResult { count }), ..Default::default() })
        })
    }

    async fn query(&self, request: Request<api::QueryPoints>) -> Result<Response<api::QueryResponse>, Status> {
        let request = request.into_inner();
        self.with(&request.collection_name, |collection| {
            Ok(api::QueryResponse { result: collection.search(&request)?.result, ..Default::default() })
        })
    }

    async fn query_batch(
        &self,
        request: Request<api::QueryBatchPoints>,
    ) -> Result<Response<api::QueryBatchResponse>, Status> {
        let request = request.into_inner();
        self.with(&request.collection_name, |collection| {
            let answers = request.query_points.iter().map(|query| collection.search(query));
            Ok(api::QueryBatchResponse { result: answers.collect::<Result<_, _>>()?, ..Default::default() })
        })
    }
} without {
    get: GetPoints -> GetResponse,
    update_vectors: UpdatePointVectors -> PointsOperationResponse,
    delete_vectors: DeletePointVectors -> PointsOperationResponse,
    set_payload: SetPayloadPoints -> PointsOperationResponse,
    overwrite_payload: SetPayloadPoints -> PointsOperationResponse,
    delete_payload: DeletePayloadPoints -> PointsOperationResponse,
    clear_payload: ClearPayloadPoints -> PointsOperationResponse,
    delete_field_index: DeleteFieldIndexCollection -> PointsOperationResponse,
    create_vector_name: CreateVectorNameRequest -> PointsOperationResponse,
    delete_vector_name: DeleteVectorNameRequest -> PointsOperationResponse,
    search: SearchPoints -> SearchResponse,
    search_batch: SearchBatchPoints -> SearchBatchResponse,
    search_groups: SearchPointGroups -> SearchGroupsResponse,
    scroll: ScrollPoints -> ScrollResponse,
    recommend: RecommendPoints -> RecommendResponse,
    recommend_batch: RecommendBatchPoints -> RecommendBatchResponse,
    recommend_groups: RecommendPointGroups -> RecommendGroupsResponse,
    discover: DiscoverPoints -> DiscoverResponse,
    discover_batch: DiscoverBatchPoints -> DiscoverBatchResponse,
    update_batch: UpdateBatchPoints -> UpdateBatchResponse,
    query_groups: QueryPointGroups -> QueryGroupsResponse,
    facet: FacetCounts -> FacetResponse,
    search_matrix_pairs: SearchMatrixPoints -> SearchMatrixPairsResponse,
    search_matrix_offsets: SearchMatrixPoints -> SearchMatrixOffsetsResponse,
} }

impl Collection {
    /// The ids of the points that pass.
    fn passing(&self, filter: Option<&api::Filter>) -> Result<Vec<String>, Status> {
        let mut ids = Vec::new();
        for (id, point) in &self.points {
            if filter.map_or(Ok(true), |filter| passes(filter, id, point))? {
                ids.push(id.clone());
            }
        }
        Ok(ids)
    }

    fn search(&self, query: &api::QueryPoints) -> Result<api::BatchResult, Status> {
        let params = query.params.clone().unwrap_or_default();
        // Every search here is exact; one that need not be says how widely it looks.
        if params.exact != Some(true) && params.hnsw_ef.is_none() {
            return Err(Status::unimplemented("search that says neither that it is exact nor how wide it is"));
        }
        let Some(query::Variant::Nearest(api::VectorInput { variant: Some(vector_input::Variant::Dense(wanted)) })) =
            query.query.as_ref().and_then(|query| query.variant.as_ref())
        else {
            return Err(Status::unimplemented("queries other than a vector"));
        };
        let mut found = Vec::new();
        for id in self.passing(query.filter.as_ref())? {
            let point = &self.points[&id];
            // A plain loop: not the order in which Earmark adds.
            let mut score: f32 = dense(point)?.iter().zip(&wanted.data).map(|(a, b)| a * b).sum();
            if self.vectors.distance == api::Distance::Cosine as i32 {
                score /= wanted.data.iter().map(|x| x * x).sum::<f32>().sqrt();
            }
            let payload = match query.with_payload.as_ref().and_then(|it| it.selector_options.as_ref()) {
                Some(with_payload_selector::SelectorOptions::Enable(false)) | None => HashMap::new(),
                Some(_) => point.payload.clone(),
            };
            found.push(api::ScoredPoint { id: point.id.clone(), payload, score, ..Default::default() });
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(query.limit.unwrap_or(10) as usize);
        Ok(api::BatchResult { result: found })
    }
}

fn passes(filter: &api::Filter, id: &str, point: &PointStruct) -> Result<bool, Status> {
    if !filter.should.is_empty() || filter.min_should.is_some() {
        return Err(Status::unimplemented("filters other than must and must_not"));
    }
    for (conditions, wanted) in [(&filter.must, true), (&filter.must_not, false)] {
        for condition in conditions {
            if holds(condition, id, point)? != wanted {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn holds(condition: &Condition, id: &str, point: &PointStruct) -> Result<bool, Status> {
    match condition.condition_one_of.as_ref() {
        Some(condition::ConditionOneOf::HasId(ids)) => {
            for wanted in &ids.has_id {
                if id_of(Some(wanted))? == id {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Some(condition::ConditionOneOf::Field(field)) => {
            if let Some(range) = &field.range {
                let Some(Value { kind: Some(value::Kind::IntegerValue(value)) }) = point.payload.get(&field.key) else {
                    return Ok(false);
                };
                let value = *value as f64;
                return Ok(range.gte.is_none_or(|least| value >= least)
                    && range.lte.is_none_or(|most| value <= most)
                    && range.lt.is_none_or(|end| value < end)
                    && range.gt.is_none_or(|begin| value > begin));
            }
            let Some(Value { kind: Some(value::Kind::StringValue(value)) }) = point.payload.get(&field.key) else {
                return Ok(false);
            };
            match field.r#match.as_ref().and_then(|it| it.match_value.as_ref()) {
                Some(r#match::MatchValue::Keyword(wanted)) => Ok(value == wanted),
                Some(r#match::MatchValue::Keywords(wanted)) => Ok(wanted.strings.contains(value)),
                _ => Err(Status::unimplemented("matches other than keywords")),
            }
        }
        _ => Err(Status::unimplemented("conditions other than ids and fields")),
    }
}

fn normalise(point: &mut PointStruct) {
    if let Some(vectors::VectorsOptions::Vector(api::Vector { vector: Some(vector::Vector::Dense(dense)), .. })) =
        point.vectors.as_mut().and_then(|vectors| vectors.vectors_options.as_mut())
    {
        let length = dense.data.iter().map(|x| x * x).sum::<f32>().sqrt();
        dense.data.iter_mut().for_each(|x| *x /= length);
    }
}

#[tonic::async_trait]
impl qdrant_server::Qdrant for State {
    async fn health_check(
        &self,
        _: Request<api::HealthCheckRequest>,
    ) -> Result<Response<api::HealthCheckReply>, Status> {
        Ok(Response::new(api::HealthCheckReply { title: "stand-in".into(), version: "0".into(), commit: None }))
    }
}

fn id_of(id: Option<&PointId>) -> Result<String, Status> {
    match id.and_then(|id| id.point_id_options.as_ref()) {
        // Qdrant takes UUIDs only.
        Some(api::point_id::PointIdOptions::Uuid(id)) if is_uuid(id) => Ok(id.clone()),
        _ => Err(Status::invalid_argument("Unable to parse UUID")),
    }
}

fn is_uuid(id: &str) -> bool {
    let lengths = id.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

fn dense(point: &PointStruct) -> Result<&[f32], Status> {
    match point.vectors.as_ref().and_then(|vectors| vectors.vectors_options.as_ref()) {
        Some(vectors::VectorsOptions::Vector(api::Vector { vector: Some(vector::Vector::Dense(dense)), .. })) => {
            Ok(&dense.data)
        }
        _ => Err(Status::unimplemented("vectors other than one dense one")),
    }
}
