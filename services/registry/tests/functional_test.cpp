// Apply, Get, List, Delete and Watch over gRPC against a real PostgreSQL.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <pqxx/pqxx>

#include "documents.hpp"
#include "grpc_service.hpp"
#include "kassaflow/async/clock.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/documents/words.hpp"
#include "kassaflow/rpc/audit.hpp"
#include "kassaflow/rpc/server.hpp"
#include "migrations.hpp"
#include "temporary_postgres.hpp"
#include "test_tokens.hpp"

namespace kassaflow::registry {
namespace {

using configuration::Snapshot;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kMasterKey(64, '1');
const std::string kNewMasterKey(64, '2');
const std::string kIdMaster(64, '3');

postgres_testing::TemporaryPostgres& database() {
  static postgres_testing::TemporaryPostgres instance;
  return instance;
}

// One replica of the registry, without the process around it.
struct Replica {
  explicit Replica(const std::string& master_key = kMasterKey, const std::string& id_master = kIdMaster)
      : store({.postgres = database().uri(), .secret_grace = std::chrono::hours(1)},
              Keyring::parse(Secret(master_key)).value(), IdMaster::parse(Secret(id_master)).value()),
        service(store, watchers,
                {.replica = "registry-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)),
                 .public_url = "https://kassa.example.ru",
                 .retire = [this](const RegisterId& id, std::uint64_t revision) -> Result<Unsettled> {
                   retired_at = revision;
                   while_asked(id);
                   if (answers.size() > 1) answers.pop_front();
                   return answers.front();
                 },
                 .access = access,
                 .in_force_limit = std::chrono::milliseconds(50)}) {
    postgres::migrate(database().uri(), schema());
    server = std::make_unique<rpc::Server>("127.0.0.1:0", identity::files_of("registry"), access, service);
    stub = of(tokens.give(v1::SCOPE_OPERATOR, {}, "tester"));
  }
  ~Replica() {
    watchers.close();
    server->stop();
  }
  [[nodiscard]] std::string address() const { return rpc::local(server->port()); }
  template <class Who>
  std::unique_ptr<v1::Registry::Stub> of(const Who& caller) const {
    return v1::Registry::NewStub(rpc::channel_of(caller, "registry", server->port()));
  }

  v1::ApplyResponse apply(const std::vector<v1::Document>& documents) { return apply(*stub, documents); }
  v1::ApplyResponse apply(v1::Registry::Stub& by, const std::vector<v1::Document>& documents) {
    grpc::ClientContext context;
    v1::ApplyRequest request;
    request.set_actor("tester");
    request.mutable_documents()->Assign(documents.begin(), documents.end());
    v1::ApplyResponse response;
    const grpc::Status status = by.Apply(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  std::pair<grpc::Status, v1::GetResponse> get(const std::string& kind, const std::string& id) {
    return get(*stub, kind, id);
  }
  std::pair<grpc::Status, v1::GetResponse> get(v1::Registry::Stub& by, const std::string& kind, const std::string& id) {
    grpc::ClientContext context;
    v1::GetRequest request;
    request.set_kind(kind);
    request.set_id(id);
    v1::GetResponse response;
    const grpc::Status status = by.Get(&context, request, &response);
    return {status, response};
  }

  grpc::Status remove(const std::string& kind, const std::string& id) { return remove(*stub, kind, id); }
  grpc::Status remove(v1::Registry::Stub& by, const std::string& kind, const std::string& id) {
    grpc::ClientContext context;
    v1::DeleteRequest request;
    request.set_kind(kind);
    request.set_id(id);
    request.set_actor("tester");
    v1::DeleteResponse response;
    return by.Delete(&context, request, &response);
  }

  std::uint64_t retired_at = 0;
  std::function<void(const RegisterId&)> while_asked = [](const RegisterId&) {};
  std::deque<Result<Unsettled>> answers{2, Unsettled{}};  // of the fiscalizers; the last of them again and again
  Store store;
  Watchers watchers;
  rpc::TestTokens tokens;
  // Those of the test, and those that were applied.
  rpc::Access access{[this](const std::string& hash) {
    auto known = tokens.find()(hash);
    return known && *known ? known : store.find_token(hash);
  }};
  GrpcService service;
  std::unique_ptr<rpc::Server> server;
  std::unique_ptr<v1::Registry::Stub> stub;
};

std::vector<std::string> actions(const v1::ApplyResponse& response) {
  std::vector<std::string> actions;
  for (const auto& result : response.results()) actions.push_back(result.action());
  return actions;
}

std::string word(v1::Service service) { return std::string(documents::word_of(service)); }

// A service that follows the registry, and waits for conditions.
class Follower {
 public:
  Follower(const Replica& replica, v1::Service service)
      : watcher_({.registry_grpc = replica.address(),
                  .service = service,
                  .instance = word(service) + "-1",
                  .identity = identity::files_of(word(service))},
                 [this](std::shared_ptr<const Snapshot> snapshot) {
                   const std::lock_guard lock(mutex_);
                   newest_ = std::move(snapshot);
                   changed_.notify_all();
                 }) {
    watcher_.start();
  }

  template <class Condition>
  std::shared_ptr<const Snapshot> wait_until(Condition condition) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return newest_ && condition(*newest_); });
    return newest_;
  }

  std::shared_ptr<const Snapshot> newest() {
    return wait_until([](const Snapshot&) { return true; });
  }

  std::shared_ptr<const Snapshot> wait_for_revision(std::uint64_t revision) {
    return wait_until([revision](const Snapshot& snapshot) { return snapshot.revision >= revision; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const Snapshot> newest_;
  configuration::Watcher watcher_;
};

// A service that watches, and takes over nothing by itself.
class Sleeper {
 public:
  Sleeper(const Replica& replica, v1::Service service)
      : stub_(replica.of(word(service))), stream_(stub_->Watch(&context_)) {
    hello_.set_service(service);
    hello_.set_instance(word(service) + "-asleep");
    v1::WatchEvent snapshot;
    EXPECT_TRUE(stream_->Write(hello_) && stream_->Read(&snapshot));
  }
  ~Sleeper() { context_.TryCancel(); }
  void says_in_force(std::uint64_t revision) {
    hello_.set_in_force_revision(revision);
    EXPECT_TRUE(stream_->Write(hello_));
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::Registry::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::WatchRequest, v1::WatchEvent>> stream_;
  v1::WatchRequest hello_;
};

class RegistryFunctional : public testing::Test {
 protected:
  void SetUp() override {
    pqxx::connection connection(database().uri());
    pqxx::work work(connection);
    work.exec("DROP SCHEMA IF EXISTS registry CASCADE");
    work.commit();
  }

  static std::string one(const std::string& sql) {
    pqxx::connection connection(database().uri());
    pqxx::work work(connection);
    work.exec("SET LOCAL search_path = registry");
    const auto value = work.exec1(sql)[0].as<std::string>();
    work.commit();
    return value;
  }
};

TEST_F(RegistryFunctional, AppliesOnceAndThenChangesNothing) {
  Replica replica;
  EXPECT_THAT(actions(replica.apply(test::everything())), Each("created"));
  const auto again = actions(replica.apply(test::everything()));
  EXPECT_THAT(again, SizeIs(6));
  EXPECT_THAT(again, Each("unchanged"));
  EXPECT_EQ(replica.store.revision().value(), 2u);
}

TEST_F(RegistryFunctional, OneBrokenDocumentAndNothingIsApplied) {
  Replica replica;
  const auto response = replica.apply({test::tenant(), test::pool("shop", "nobody")});
  ASSERT_THAT(response.errors(), SizeIs(1));
  EXPECT_EQ(response.errors(0).document(), 1u);
  EXPECT_EQ(response.errors(0).key(), "tenant");
  EXPECT_THAT(response.errors(0).message(), HasSubstr("nobody"));
  EXPECT_THAT(response.results(), IsEmpty());
  EXPECT_EQ(replica.get("tenant", "acme").first.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(RegistryFunctional, CredentialsNeverComeBackAndAreNowhereInClear) {
  Replica replica;
  replica.apply(test::everything());
  const auto [status, shown] = replica.get("Registers", "acme-kkt-1");
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(shown.document().register_().itkassa().api_key(), "");
  EXPECT_THAT(shown.callback_url(), testing::MatchesRegex("https://kassa.example.ru/callbacks/itkassa/[0-9a-f]{32}"));
  const std::string everything =
      one("SELECT concat((SELECT string_agg(encode(body, 'escape') || coalesce(encode(sealed, 'escape'), ''), '') FROM "
          "documents), "
          "(SELECT string_agg(c::text, '') FROM claims c), (SELECT string_agg(a::text, '') FROM audit_log a))");
  EXPECT_THAT(everything, HasSubstr("acme-kkt-1"));
  for (const char* secret : {"itkassa-api-key", "callbackkey0", "0123456789abcdef", "9f3c1e0d5a7b4e2f8c6d1b3a9e5f7c20",
                             "webhook-code", "rest-password"}) {
    EXPECT_THAT(everything, testing::Not(HasSubstr(secret)));
  }
}

TEST_F(RegistryFunctional, WhatAChangedSecretWasIsAnsweredForAWhileAndReadByNobody) {
  const std::string former = "9f3c1e0d5a7b4e2f8c6d1b3a9e5f7c20";
  Replica replica;
  replica.apply(test::everything());
  const std::string url = replica.get("register", "acme-kkt-1").second.callback_url();
  v1::Document kkt = test::itkassa();
  kkt.mutable_register_()->mutable_itkassa()->set_callback_key("callbackkey1");
  EXPECT_THAT(actions(replica.apply({kkt, test::installation("acme-main", "acme", "another-secret-of-acme")})),
              testing::Each("updated"));

  const auto known = Follower(replica, v1::SERVICE_INGRESS).wait_for_revision(3);
  const auto& main = known->installations.at(InstallationId("acme-main"));
  const auto now_ms = async::machine_clock().unix_ms();
  EXPECT_EQ(known->installation_of("another-secret-of-acme", now_ms), main.get());
  EXPECT_EQ(known->installation_of(former, now_ms), main.get());
  EXPECT_EQ(known->installation_of(former, now_ms + 3'600'001), nullptr);
  const auto& register_before = known->registers_by_callback_token.at(url.substr(url.rfind('/') + 1)).at(0);
  EXPECT_EQ(register_before->settings.id, RegisterId("acme-kkt-1"));
  EXPECT_FALSE(register_before->callback_token.matches(register_before->former_callbacks.token.reveal()));
  EXPECT_GT(register_before->former_callbacks.until_ms, now_ms);
  EXPECT_EQ(Follower(replica, v1::SERVICE_STATUS).wait_for_revision(3)->installation_of(former, now_ms)->id, main->id);
  EXPECT_EQ(Follower(replica, v1::SERVICE_FISCALIZER).wait_for_revision(3)->installation_of(former, now_ms), nullptr);

  const std::string everything = replica.get("installation", "acme-main").second.ShortDebugString() +
                                 replica.get("register", "acme-kkt-1").second.ShortDebugString() +
                                 one("SELECT string_agg(encode(body, 'escape') || encode(sealed, 'escape'), '') "
                                     "FROM documents WHERE sealed IS NOT NULL");
  for (const std::string& secret : {former, std::string("callbackkey0"), url.substr(url.rfind('/') + 1)})
    EXPECT_THAT(everything, testing::Not(HasSubstr(secret)));
}

TEST_F(RegistryFunctional, EveryChangeIsAudited) {
  Replica replica;
  replica.apply(test::everything());
  v1::Document changed = test::itkassa();
  changed.mutable_register_()->mutable_itkassa()->set_api_key("rotated");
  replica.apply({changed});
  replica.remove("cashbox", "acme-box-1");
  EXPECT_EQ(one("SELECT string_agg(concat_ws(' ', name, action, subject), '; ' ORDER BY number) FROM audit_log "
                "WHERE action NOT LIKE 'created %'"),
            "tester updated itkassa.apiKey register/acme-kkt-1; tester deleted cashbox/acme-box-1");
  EXPECT_THAT(one("SELECT came_from FROM audit_log LIMIT 1"), testing::StartsWith("tester at ipv4:127.0.0.1:"));
}

TEST_F(RegistryFunctional, DeletesWaitUntilNothingRefersToTheDocument) {
  Replica replica;
  replica.apply(test::everything());
  const grpc::Status refused = replica.remove("pool", "acme-shop");
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.error_message(), HasSubstr("cashbox/acme-box-1"));
  for (const auto& [kind, id] : std::vector<std::pair<std::string, std::string>>{
           {"cashbox", "acme-box-1"}, {"register", "acme-kkt-1"}, {"register", "acme-kkt-2"}, {"pool", "acme-shop"}}) {
    EXPECT_TRUE(replica.remove(kind, id).ok()) << kind;
  }
  EXPECT_EQ(replica.remove("pool", "acme-shop").error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(RegistryFunctional, Rule10_ADeletedInstallationGivesTheSameReceiptIdsWhenItComesBack) {
  Replica replica;
  replica.apply({test::tenant(), test::tenant("other"), test::installation()});
  Follower ingress(replica, v1::SERVICE_INGRESS);
  const auto before = ingress.wait_for_revision(2);
  ASSERT_TRUE(replica.remove("installation", "acme-main").ok());
  EXPECT_THAT(replica.apply({test::installation("acme-main", "other", "another-secret-of-acme")}).errors(), SizeIs(1));
  EXPECT_EQ(replica.apply({test::installation("acme-main", "acme", "another-secret-of-acme")}).results(0).action(),
            "created");
  const auto after = ingress.wait_for_revision(4);
  EXPECT_EQ(before->installations.at(InstallationId("acme-main"))->id_key.value().receipt_id("85"),
            after->installations.at(InstallationId("acme-main"))->id_key.value().receipt_id("85"));
}

TEST_F(RegistryFunctional, PostgresItselfRefusesWhatWouldMixTenants) {
  Replica replica;
  replica.apply(test::everything());
  replica.apply({test::tenant("other"), test::pool("other-shop", "other")});
  for (const char* sql : {
           "INSERT INTO registry.document_references VALUES ('other', 'pool', 'other-shop', 'pool', 'acme-shop')",
           "UPDATE registry.documents SET tenant = 'other' WHERE id = 'acme-kkt-1'",
           "UPDATE registry.documents SET fixed = '' WHERE id = 'acme-kkt-1'",
           "DELETE FROM registry.documents WHERE id = 'acme-shop'",
           "INSERT INTO registry.claims SELECT what, value, kind, 'thief' FROM registry.claims WHERE what = 'register'",
       }) {
    pqxx::connection connection(database().uri());
    pqxx::work work(connection);
    EXPECT_THROW(work.exec(sql), pqxx::integrity_constraint_violation) << sql;
  }
}

// The neighbours are in the database, not in the request.
TEST_F(RegistryFunctional, AVirtualRegisterIsRefusedInAPoolOfRealOnes) {
  Replica replica;
  replica.apply(test::everything());
  const v1::ApplyResponse refused = replica.apply({test::virtual_register("acme-trial", "acme-shop")});
  ASSERT_THAT(refused.errors(), SizeIs(1));
  EXPECT_EQ(refused.errors(0).key(), "pool");
  EXPECT_THAT(refused.errors(0).message(), HasSubstr("register/acme-kkt-1"));
  EXPECT_THAT(replica.apply({test::pool("acme-trials"), test::virtual_register()}).errors(), IsEmpty());
}

// The register as a service is sent it when it begins to watch.
v1::Register sent_register(const Replica& replica, v1::Service service, const std::string& id) {
  grpc::ClientContext context;
  const auto stub = replica.of(word(service));
  const auto stream = stub->Watch(&context);
  v1::WatchRequest hello;
  hello.set_service(service);
  hello.set_instance("reader");
  stream->Write(hello);
  v1::Register found;
  for (v1::WatchEvent event; stream->Read(&event);) {
    for (const v1::Document& document : event.upserts()) {
      if (document.register_().id() == id) found = document.register_();
    }
    if (event.snapshot_end()) break;
  }
  context.TryCancel();
  return found;
}

TEST_F(RegistryFunctional, WatchersGetASnapshotAndThenChanges) {
  Replica replica;
  replica.apply(test::everything());
  Follower ingress(replica, v1::SERVICE_INGRESS);
  Follower fiscalizer(replica, v1::SERVICE_FISCALIZER);
  const auto first = ingress.wait_for_revision(2);
  EXPECT_TRUE(first->installations_by_secret.at("9f3c1e0d5a7b4e2f8c6d1b3a9e5f7c20")
                  ->cashboxes_by_number.at("box-1")
                  .required_params.at("AUTH.PASSWORD")
                  .matches("rest-password"));
  EXPECT_EQ(sent_register(replica, v1::SERVICE_INGRESS, "acme-kkt-1").itkassa().api_key(), "");
  const auto lanes = fiscalizer.wait_for_revision(2);
  EXPECT_EQ(sent_register(replica, v1::SERVICE_FISCALIZER, "acme-kkt-1").itkassa().api_key(), "itkassa-api-key");
  EXPECT_EQ(lanes->registers.at(RegisterId("acme-kkt-2"))->settings.identity.str(), "bit:0000000001047487");
  const auto& whose = *lanes->installations.at(InstallationId("acme-main"));
  EXPECT_EQ(whose.tenant, TenantId("acme"));
  EXPECT_TRUE(whose.secret.empty()) << "a fiscalizer is told whose it is, and nothing else";

  v1::Document moved = test::pool();
  moved.mutable_pool()->set_timezone("Asia/Omsk");
  replica.apply({moved});
  EXPECT_EQ(fiscalizer.wait_for_revision(3)->registers.at(RegisterId("acme-kkt-2"))->settings.timezone, "Asia/Omsk");
  replica.remove("cashbox", "acme-box-1");
  EXPECT_THAT(ingress.wait_for_revision(4)->installations.at(InstallationId("acme-main"))->cashboxes_by_number,
              IsEmpty());
}

TEST_F(RegistryFunctional, LargeSnapshotsArriveWhole) {
  Replica replica;
  std::vector<v1::Document> documents = {test::tenant(), test::installation()};
  for (int i = 0; i < 1200; ++i) documents.push_back(test::pool("pool-" + std::to_string(i)));
  replica.apply(documents);
  Follower status(replica, v1::SERVICE_STATUS);
  EXPECT_THAT(status.wait_for_revision(2)->pools, SizeIs(1200));
}

TEST_F(RegistryFunctional, ApplyNamesWhoHasNotTakenTheChangeOver) {
  Replica replica;
  replica.apply({test::tenant()});
  Sleeper status(replica, v1::SERVICE_STATUS);
  EXPECT_THAT(replica.apply({test::pool()}).lagging(), ElementsAre("status-asleep"));
  status.says_in_force(3);
  while (!replica.apply({test::pool()}).lagging().empty()) {
  }
}

TEST_F(RegistryFunctional, AnotherReplicasChangeReachesItsWatchers) {
  Replica one_replica;
  one_replica.apply({test::tenant()});
  Replica other_replica;
  Follower status(other_replica, v1::SERVICE_STATUS);
  status.wait_for_revision(2);
  one_replica.apply({test::pool()});
  other_replica.watchers.announce(other_replica.store.revision().value());
  EXPECT_THAT(status.wait_for_revision(3)->pools, SizeIs(1));
}

TEST_F(RegistryFunctional, ApplyWaitsForTheWatchersOfOtherReplicas) {
  Replica replica;
  replica.apply({test::tenant()});
  Replica other;
  ASSERT_TRUE(other.store.tell_watchers("registry-other",
                                        {{.name = "ingress-1", .in_force = 2}, {.name = "status-1", .in_force = 3}}));
  EXPECT_THAT(replica.apply({test::pool()}).lagging(), ElementsAre("ingress-1"));
  ASSERT_TRUE(other.store.tell_watchers("registry-other",
                                        {{.name = "ingress-1", .in_force = 3}, {.name = "status-1", .in_force = 3}}));
  EXPECT_THAT(replica.apply({test::pool()}).lagging(), IsEmpty());
}

// exactly-once.md 9.
TEST_F(RegistryFunctional, Rule9_ARegisterWithAnUnsettledReceiptIsNotDeletedAndServesOn) {
  static constexpr ErrorKind kAway{"test.away"};
  Replica replica;
  replica.apply(test::everything());
  Follower fiscalizer(replica, v1::SERVICE_FISCALIZER);
  fiscalizer.wait_for_revision(2);
  for (const auto& [unsettled, why] : std::vector<std::pair<Result<Unsettled>, std::string>>{
           {Unsettled{{"receipt-1"}, false}, "receipt-1"}, {fail(kAway, "nobody answers"), "nobody answers"}}) {
    replica.answers = {unsettled};
    const auto status = replica.remove("register", "acme-kkt-1");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_THAT(status.error_message(), HasSubstr(why));
  }
  const auto after = fiscalizer.wait_for_revision(replica.store.revision().value());
  ASSERT_TRUE(after->registers.contains(RegisterId("acme-kkt-1")));
  EXPECT_FALSE(after->registers.at(RegisterId("acme-kkt-1"))->retired);
}

TEST_F(RegistryFunctional, Rule9_NothingNewIsStartedWhileItIsAskedWhetherARegisterMayGo) {
  Replica replica;
  replica.apply(test::everything());
  Follower fiscalizer(replica, v1::SERVICE_FISCALIZER);
  fiscalizer.wait_for_revision(2);
  bool retired_in_force = false;
  replica.while_asked = [&](const RegisterId& id) {
    retired_in_force = fiscalizer.newest()->registers.at(id)->retired;
  };
  ASSERT_TRUE(replica.remove("register", "acme-kkt-1").ok());
  EXPECT_TRUE(retired_in_force);
  EXPECT_FALSE(
      fiscalizer.wait_for_revision(replica.store.revision().value())->registers.contains(RegisterId("acme-kkt-1")));
}

TEST_F(RegistryFunctional, Rule9_AServiceThatSleepsIsStoppedByTheJournal) {
  Replica replica;
  replica.apply(test::everything());
  const Sleeper fiscalizer(replica, v1::SERVICE_FISCALIZER);
  const auto before = replica.store.revision().value();
  ASSERT_TRUE(replica.remove("register", "acme-kkt-1").ok());
  EXPECT_GT(replica.retired_at, before);
  EXPECT_FALSE(replica.get("register", "acme-kkt-1").first.ok());
}

TEST_F(RegistryFunctional, Rule9_WhatIsUnderWayIsWaitedFor) {
  Replica replica;
  replica.apply(test::everything());
  const Unsettled printing{{"receipt-1 is open"}, true};
  replica.answers = {printing, printing, printing, Unsettled{}};
  ASSERT_TRUE(replica.remove("register", "acme-kkt-1").ok());
  EXPECT_EQ(replica.answers.size(), 1U);
}

TEST_F(RegistryFunctional, Rule9_ARegisterThatIsBackInServiceIsNotDeleted) {
  Replica replica;
  replica.apply(test::everything());
  const Name name{"register", "acme-kkt-1"};
  ASSERT_TRUE(replica.store.retire(name, true));
  ASSERT_TRUE(replica.store.retire(name, false));
  EXPECT_EQ(replica.store.remove(name, {"tester", {}, {}}).error().code, kInUse);
  ASSERT_TRUE(replica.store.retire(name, true));
  EXPECT_TRUE(replica.store.remove(name, {"tester", {}, {}}));
}

TEST_F(RegistryFunctional, RotationSealsEverythingAnewAndThenTheOldKeyIsNotNeeded) {
  {
    Replica replica;
    replica.apply(test::everything());
  }
  {
    Replica rotated(kNewMasterKey + "\n" + kMasterKey);
    ASSERT_TRUE(rotated.store.prepare().has_value());
  }
  Replica replica(kNewMasterKey);
  ASSERT_TRUE(replica.store.prepare().has_value());
  EXPECT_EQ(replica.store.get({"register", "acme-kkt-1"}, {})->register_().itkassa().api_key(), "itkassa-api-key");
  EXPECT_THAT(actions(replica.apply(test::everything())), Each("unchanged"));
}

TEST_F(RegistryFunctional, AWrongMasterKeyIsNoticedAtTheStart) {
  {
    Replica replica;
    replica.apply(test::everything());
  }
  Replica replica(kNewMasterKey);
  EXPECT_THAT(replica.store.prepare().error().message, HasSubstr("not in the master key file"));
}

TEST_F(RegistryFunctional, AnotherIdMasterIsRefused) {
  {
    Replica replica;
    ASSERT_TRUE(replica.store.prepare().has_value());
  }
  Replica replica(kMasterKey, std::string(64, '9'));
  EXPECT_EQ(replica.store.prepare().error().code, kOtherIdMaster);
}

v1::Document token_of(const std::string& id, v1::Scope scope, const std::string& tenant, const Secret& token) {
  v1::Document document;
  v1::Token& entry = *document.mutable_token();
  entry.set_id(id);
  entry.set_scope(scope);
  entry.set_tenant(tenant);
  entry.set_hash(rpc::hash_of(token.reveal()));
  entry.set_expires("2099-01-01T00:00:00Z");
  return document;
}

TEST_F(RegistryFunctional, ATokenOpensUntilItIsRevoked) {
  Replica replica;
  replica.apply(test::everything());
  const Secret token("kft_of-a-test");
  const auto anna = replica.of(token);
  EXPECT_EQ(replica.get(*anna, "pool", "acme-shop").first.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(replica.apply({token_of("anna", v1::SCOPE_TENANT_ADMIN, "acme", token)}).errors(), IsEmpty());
  EXPECT_TRUE(replica.get(*anna, "pool", "acme-shop").first.ok());
  Follower status(replica, v1::SERVICE_STATUS);
  const auto known = status.wait_until([&](const Snapshot& snapshot) { return !snapshot.tokens_by_hash.empty(); });
  EXPECT_EQ(configuration::find_token(*known, rpc::hash_of(token.reveal())).value()->id, "anna");
  ASSERT_TRUE(replica.remove("token", "anna").ok());
  EXPECT_EQ(replica.get(*anna, "pool", "acme-shop").first.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  status.wait_until([&](const Snapshot& snapshot) { return snapshot.tokens_by_hash.empty(); });
}

TEST_F(RegistryFunctional, I5_ATenantsTokenReachesThatTenantsDocuments) {
  Replica replica;
  replica.apply(test::everything());
  replica.apply({test::tenant("umbrella"), test::pool("umbrella-shop", "umbrella")});
  const auto umbrella = replica.of(replica.tokens.give(v1::SCOPE_TENANT_ADMIN, "umbrella"));
  for (const auto& [kind, id] : std::vector<std::pair<std::string, std::string>>{
           {"tenant", "acme"}, {"pool", "acme-shop"}, {"register", "acme-kkt-1"}, {"installation", "acme-main"}}) {
    EXPECT_EQ(replica.get(*umbrella, kind, id).first.error_code(), grpc::StatusCode::NOT_FOUND) << kind;
    EXPECT_EQ(replica.remove(*umbrella, kind, id).error_code(), grpc::StatusCode::NOT_FOUND) << kind;
    grpc::ClientContext context;
    v1::ListRequest request;
    request.set_kind(kind);
    v1::ListResponse response;
    ASSERT_TRUE(umbrella->List(&context, request, &response).ok());
    EXPECT_EQ(response.documents_size(), kind == "tenant" || kind == "pool" ? 1 : 0) << kind;
  }
  EXPECT_THAT(replica.apply(*umbrella, {test::pool("umbrella-cafe", "umbrella")}).errors(), IsEmpty());
}

// What a tenant's administrator may not write, and that he learns nothing from being refused.
TEST_F(RegistryFunctional, I5_ATenantsAdministratorWritesNothingElse) {
  Replica replica;
  replica.apply(test::everything());
  replica.apply({test::tenant("umbrella"), test::pool("umbrella-shop", "umbrella")});
  const auto umbrella = replica.of(replica.tokens.give(v1::SCOPE_TENANT_ADMIN, "umbrella"));
  const Secret made("kft_made");
  const auto refused = [&](const v1::Document& document) {
    const auto response = replica.apply(*umbrella, {document});
    return response.errors_size() == 0 ? "taken" : response.errors(0).key() + ": " + response.errors(0).message();
  };
  EXPECT_EQ(refused(test::tenant("umbrella")), "kind: tenants are made and changed by the operator");
  EXPECT_EQ(refused(test::pool("acme-shop", "umbrella")), "id: is taken; choose another one");
  EXPECT_EQ(refused(test::pool("another", "acme")), "tenant: there is no tenant acme");
  EXPECT_EQ(refused(test::itkassa("another", "acme-shop", "22222222-2222-3333-4444-555555555555")),
            "pool: there is no pool acme-shop");
  EXPECT_EQ(refused(test::itkassa("another", "umbrella-shop")), "itkassa.creItemId: is taken already");
  EXPECT_EQ(refused(token_of("boss", v1::SCOPE_OPERATOR, "", made)),
            "scope: must be tenant-admin or tenant-viewer; other tokens are made by the operator");
  EXPECT_EQ(refused(token_of("boss", v1::SCOPE_TENANT_ADMIN, "acme", made)), "tenant: there is no tenant acme");
  EXPECT_EQ(refused(token_of("oleg", v1::SCOPE_TENANT_VIEWER, "umbrella", made)), "taken");
  EXPECT_EQ(replica.remove(*umbrella, "tenant", "umbrella").error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(RegistryFunctional, AScriptOfTheOperatorsLetsNobodyIn) {
  Replica replica;
  replica.apply(test::everything());
  const auto script = replica.of(replica.tokens.give(v1::SCOPE_SERVICE, {}, "ci"));
  EXPECT_THAT(replica.apply(*script, {test::pool("acme-cafe")}).errors(), IsEmpty());
  const auto refused = replica.apply(*script, {token_of("boss", v1::SCOPE_OPERATOR, "", Secret("kft_boss"))});
  ASSERT_THAT(refused.errors(), SizeIs(1));
  EXPECT_THAT(refused.errors(0).message(), HasSubstr("made by people"));
  replica.apply({token_of("anna", v1::SCOPE_TENANT_ADMIN, "acme", Secret("kft_anna"))});
  EXPECT_EQ(replica.remove(*script, "token", "anna").error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

// A service is sent what its certificate names it for, whatever it says.
TEST_F(RegistryFunctional, I6_AServiceIsSentNothingOfAnothers) {
  Replica replica;
  replica.apply(test::everything());
  const auto stub = replica.of("ingress");
  grpc::ClientContext context;
  const auto stream = stub->Watch(&context);
  v1::WatchRequest hello;
  hello.set_service(v1::SERVICE_FISCALIZER);
  hello.set_instance("ingress-1");
  stream->Write(hello);
  v1::WatchEvent event;
  EXPECT_FALSE(stream->Read(&event));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

std::vector<std::string> audit_faults(const Replica& replica) {
  audit::Verifier verifier;
  std::vector<std::string> faults;
  for (;;) {
    v1::ListAuditRequest request;
    request.set_after(verifier.head().number);
    request.set_limit(3);
    grpc::ClientContext context;
    v1::ListAuditResponse response;
    EXPECT_TRUE(replica.stub->ListAudit(&context, request, &response).ok());
    const audit::Part part = rpc::part_of(response);
    for (auto& fault : verifier.take(part.rows)) faults.push_back(std::move(fault));
    if (!part.rows.empty()) continue;
    for (auto& fault : verifier.finish(part.head)) faults.push_back(std::move(fault));
    return faults;
  }
}

TEST_F(RegistryFunctional, WhoWritesIntoTheAuditLogIsSeen) {
  Replica replica;
  replica.apply(test::everything());
  replica.remove("cashbox", "acme-box-1");
  EXPECT_THAT(audit_faults(replica), IsEmpty());
  one("UPDATE audit_log SET name = overlay(name PLACING 'x' FROM 1) WHERE number = 2 RETURNING number");
  EXPECT_THAT(audit_faults(replica), testing::ElementsAre("row 2 was changed, or put in"));
  one("DELETE FROM audit_log WHERE number = 2 RETURNING number");
  EXPECT_THAT(audit_faults(replica), testing::ElementsAre("row 2 is missing"));
  const auto last = one("SELECT max(number) FROM audit_log");
  one("INSERT INTO audit_log SELECT number + 1, at_us, 'oleg', came_from, reason, action, subject, hash FROM audit_log "
      "WHERE number = " +
      last + " RETURNING number");
  EXPECT_THAT(audit_faults(replica), testing::Contains(HasSubstr("was changed, or put in")));
}

// Of an installation that was there before the log hung together.
TEST_F(RegistryFunctional, TheOldAuditComesIntoTheLog) {
  const auto all = migrations();
  postgres::migrate(database().uri(), {kSchema, {all.begin(), all.begin() + 1}});
  for (const std::string row : {"('2026-11-28T10:00:00.123456Z', 'anna@desk', 'updated', 'tenant', 'acme', 'name', 2)",
                                "('2026-11-28T11:00:00Z', 'Анна', 'deleted', 'tenant', 'acme', '', 3)"})
    one("INSERT INTO audit (at, actor, action, kind, id, keys, revision) VALUES " + row + " RETURNING number");
  Replica replica;
  EXPECT_THAT(audit_faults(replica), IsEmpty());
  EXPECT_EQ(one("SELECT string_agg(concat_ws('|', number, at_us, name, action, subject), '; ' ORDER BY number) FROM "
                "audit_log"),
            "1|1795860000123456|anna@desk|updated name|tenant/acme; 2|1795863600000000|Анна|deleted|tenant/acme");
  replica.apply({test::tenant()});
  EXPECT_THAT(audit_faults(replica), IsEmpty());
}

}  // namespace
}  // namespace kassaflow::registry
