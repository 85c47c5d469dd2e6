// What operators and ingress ask over gRPC.

#include "status_service.hpp"

#include <grpcpp/grpcpp.h>

#include "database.hpp"
#include "kassaflow/v1/status.grpc.pb.h"

namespace kassaflow::status {
namespace {

class StatusServiceTest : public DatabaseTest {
 protected:
  StatusServiceTest()
      : database_({.uri = server_->uri(), .application_name = "test", .threads = 1, .search_path = kSchema}),
        service_(database_),
        stub_(v1::Status::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(service_.start("127.0.0.1:0")),
                                                      grpc::InsecureChannelCredentials()))) {}
  ~StatusServiceTest() override { service_.stop(); }

  v1::WithholdErrorResponse::Verdict withhold(int receipt, std::uint64_t revision) {
    grpc::ClientContext context;
    v1::WithholdErrorRequest request;
    request.set_receipt_id(uuid(receipt));
    request.set_revision(revision);
    request.set_tenant("acme");
    request.set_installation("acme-main");
    v1::WithholdErrorResponse response;
    EXPECT_TRUE(stub_->WithholdError(&context, request, &response).ok());
    return response.verdict();
  }

  postgres::Database database_;
  StatusService service_;
  std::unique_ptr<v1::Status::Stub> stub_;
};

TEST_F(StatusServiceTest, Rule13_ALookUpTellsTheDigestWithItsVersion) {
  take(outcome(1, 5, v1::RECEIPT_STATE_DONE));
  grpc::ClientContext context;
  v1::LookUpRequest request;
  request.add_receipt_ids(uuid(1));
  request.add_receipt_ids(uuid(99));
  v1::LookUpResponse response;
  ASSERT_TRUE(stub_->LookUp(&context, request, &response).ok());
  ASSERT_EQ(response.entries_size(), 1);
  EXPECT_EQ(response.entries(0).receipt_id(), uuid(1));
  EXPECT_EQ(response.entries(0).state(), v1::RECEIPT_STATE_DONE);
  EXPECT_EQ(response.entries(0).content_digest(), "digest");
  EXPECT_EQ(response.entries(0).digest_version(), 3U);
  EXPECT_EQ(response.entries(0).tenant() + "/" + response.entries(0).installation(), "acme/acme-main");
}

TEST_F(StatusServiceTest, Rule16_AToldErrorCannotBeWithheld) {
  take({record_of(outcome(1, 5, v1::RECEIPT_STATE_FAILED)), record_of(outcome(2, 5, v1::RECEIPT_STATE_FAILED))});
  EXPECT_EQ(withhold(1, 5), v1::WithholdErrorResponse::WITHHELD);
  ASSERT_TRUE(tell_error(2, 5));
  EXPECT_EQ(withhold(2, 5), v1::WithholdErrorResponse::TOLD);
  EXPECT_EQ(withhold(3, 5), v1::WithholdErrorResponse::BEHIND);
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
    ASSERT_TRUE(stub_->WithholdError(&context, request, &response).ok());
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
    return stub_->List(&context, request, &response).error_code();
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
    ASSERT_TRUE(stub_->List(&context, request, &response).ok());
    EXPECT_EQ(response.receipts_size(), size);
  }
}

}  // namespace
}  // namespace kassaflow::status
