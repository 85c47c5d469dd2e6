// What operators and ingress ask over gRPC.

#include "status_service.hpp"

#include <grpcpp/grpcpp.h>

#include "database.hpp"
#include "kassaflow/v1/status.grpc.pb.h"
#include "test_tokens.hpp"

namespace kassaflow::status {
namespace {

class StatusServiceTest : public DatabaseTest {
 protected:
  StatusServiceTest()
      : database_({.uri = server_->uri(), .application_name = "test", .threads = 1, .search_path = kSchema}),
        service_(database_, access_),
        port_(service_.start("127.0.0.1:0", identity::files_of("status"))) {}
  ~StatusServiceTest() override { service_.stop(); }

  v1::WithholdErrorResponse::Verdict withhold(int receipt, std::uint64_t revision) {
    grpc::ClientContext context;
    v1::WithholdErrorRequest request;
    request.set_receipt_id(uuid(receipt));
    request.set_revision(revision);
    request.set_tenant("acme");
    request.set_installation("acme-main");
    v1::WithholdErrorResponse response;
    EXPECT_TRUE(of("fiscalizer")->WithholdError(&context, request, &response).ok());
    return response.verdict();
  }

  template <class Who>
  std::unique_ptr<v1::Status::Stub> of(const Who& caller) {
    return v1::Status::NewStub(rpc::channel_of(caller, "status", port_));
  }

  postgres::Database database_;
  rpc::TestTokens tokens_;
  rpc::Access access_{tokens_.find()};
  StatusService service_;
  int port_;
};

TEST_F(StatusServiceTest, Rule16_AToldErrorCannotBeWithheld) {
  take({record_of(outcome(1, 5, v1::RECEIPT_STATE_FAILED)), record_of(outcome(2, 5, v1::RECEIPT_STATE_FAILED))});
  EXPECT_EQ(withhold(1, 5), v1::WithholdErrorResponse::WITHHELD);
  ASSERT_TRUE(tell_error(2, 5));
  EXPECT_EQ(withhold(2, 5), v1::WithholdErrorResponse::TOLD);
  EXPECT_EQ(withhold(3, 5), v1::WithholdErrorResponse::BEHIND);
}

TEST_F(StatusServiceTest, WhatWasSetAsideIsListedPageByPageTheNewestFirst) {
  kafka::Record broken = record_of(outcome(1, 5, v1::RECEIPT_STATE_DONE));
  broken.value = "\xff\xff";
  broken.offset = 3;
  ASSERT_EQ(take_any({broken}).size(), 1U);
  exec("update set_aside set set_aside_at = set_aside_at - interval '91 days'");
  broken.offset = 4;
  ASSERT_EQ(take_any({broken}).size(), 1U);

  const auto stub = of(tokens_.give(v1::SCOPE_OPERATOR));
  v1::ListSetAsideRequest request;
  request.set_limit(1);
  const auto page = [&] {
    grpc::ClientContext context;
    v1::ListSetAsideResponse response;
    EXPECT_TRUE(stub->ListSetAside(&context, request, &response).ok());
    if (!response.records().empty()) *request.mutable_after() = response.records(0).place();
    return response;
  };
  const auto newest = page();
  ASSERT_EQ(newest.records_size(), 1);
  EXPECT_EQ(newest.records(0).place().topic(), "kassaflow.outcomes");
  EXPECT_EQ(newest.records(0).place().offset(), 4);
  EXPECT_EQ(newest.records(0).why(), "unreadable");
  EXPECT_EQ(newest.records(0).bytes(), 2);
  EXPECT_EQ(newest.records(0).key(), broken.key);
  EXPECT_EQ(page().records(0).place().offset(), 3);
  EXPECT_EQ(page().records_size(), 0);

  EXPECT_EQ(run([](pqxx::work& work) { return sql::forget_set_aside(work, kafka::kSetAsideKept); }), 1);
  EXPECT_EQ(one("select string_agg(record_offset::text, ',') from set_aside"), "4");
}

TEST_F(StatusServiceTest, I5_AnErrorIsWithheldForItsOwnerOnly) {
  take(outcome(1, 5, v1::RECEIPT_STATE_FAILED));
  for (const auto& [tenant, installation] : {std::pair{"other", "acme-main"}, {"acme", "other-main"}, {"", ""}}) {
    grpc::ClientContext context;
    v1::WithholdErrorRequest request;
    request.set_receipt_id(uuid(1));
    request.set_revision(5);
    request.set_tenant(tenant);
    request.set_installation(installation);
    v1::WithholdErrorResponse response;
    ASSERT_TRUE(of("fiscalizer")->WithholdError(&context, request, &response).ok());
    EXPECT_EQ(response.verdict(), v1::WithholdErrorResponse::BEHIND);
  }
  EXPECT_TRUE(tell_error(1, 5)) << "nothing is promised to others";
}

// A NUL would end the filter where the question does not.
TEST_F(StatusServiceTest, I5_AListOfWhatIsNoIdIsRefused) {
  const auto ask = [&](const std::string& tenant, const std::string& pool, std::int64_t since_ms) {
    grpc::ClientContext context;
    v1::ListReceiptsRequest request;
    request.set_tenant(tenant);
    request.set_pool(pool);
    request.set_since_ms(since_ms);
    v1::ListReceiptsResponse response;
    return of(tokens_.give(v1::SCOPE_OPERATOR))->List(&context, request, &response).error_code();
  };
  EXPECT_EQ(ask("acme", "acme-shop", 1), grpc::StatusCode::OK);
  EXPECT_EQ(ask(std::string("acme\0x", 6), "", 0), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ask("", std::string(100, 'x'), 0), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ask("", "", INT64_MAX), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ask("", "", -1), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(StatusServiceTest, AListIsFilteredByState) {
  take({record_of(outcome(1, 5, v1::RECEIPT_STATE_FAILED)), record_of(outcome(2, 5, v1::RECEIPT_STATE_DONE))});
  for (const auto& [state, size] : {std::pair{v1::RECEIPT_STATE_UNSPECIFIED, 2}, {v1::RECEIPT_STATE_FAILED, 1}}) {
    grpc::ClientContext context;
    v1::ListReceiptsRequest request;
    request.set_state(state);
    v1::ListReceiptsResponse response;
    ASSERT_TRUE(of(tokens_.give(v1::SCOPE_OPERATOR))->List(&context, request, &response).ok());
    EXPECT_EQ(response.receipts_size(), size);
  }
}

// Each tenant sees what is his, and of the others not even that there is something.
TEST_F(StatusServiceTest, I5_ATenantsTokenShowsThatTenantsReceipts) {
  take(outcome(1, 5, v1::RECEIPT_STATE_DONE));  // of acme
  const auto list = [&](const Secret& token, const std::string& tenant) {
    grpc::ClientContext context;
    v1::ListReceiptsRequest request;
    request.set_tenant(tenant);
    v1::ListReceiptsResponse response;
    EXPECT_TRUE(of(token)->List(&context, request, &response).ok());
    return response.receipts_size();
  };
  const auto get = [&](const Secret& token, int receipt) {
    grpc::ClientContext context;
    v1::GetReceiptRequest request;
    request.set_receipt_id(uuid(receipt));
    v1::ReceiptView response;
    return of(token)->Get(&context, request, &response);
  };
  const auto own = tokens_.give(v1::SCOPE_TENANT_VIEWER, "acme");
  const auto others = tokens_.give(v1::SCOPE_TENANT_ADMIN, "umbrella");
  EXPECT_EQ(list(own, "") + list(own, "acme"), 2);
  EXPECT_EQ(list(others, "") + list(others, "acme") + list(own, "umbrella"), 0);
  EXPECT_TRUE(get(own, 1).ok());
  EXPECT_EQ(get(others, 1).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(get(others, 1).error_message(), "no receipt " + uuid(1)) << "as of one that is not there";
}

}  // namespace
}  // namespace kassaflow::status
