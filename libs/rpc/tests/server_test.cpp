#include "kassaflow/rpc/server.hpp"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "kassaflow/v1/status.grpc.pb.h"
#include "test_tokens.hpp"

namespace kassaflow::rpc {
namespace {

using identity::files_of;

// Says to each caller who he is.
class Mirror final : public v1::Status::Service {
 public:
  explicit Mirror(const Access& access) : access_(access) {}

  grpc::Status WithholdError(grpc::ServerContext* context, const v1::WithholdErrorRequest*,
                             v1::WithholdErrorResponse*) override {
    return access_.with_caller(*context, [](const Caller& caller) {
      return grpc::Status(grpc::StatusCode::ABORTED, caller.name() + " of " + caller.only_tenant().str());
    });
  }
  grpc::Status Get(grpc::ServerContext* context, const v1::GetReceiptRequest*, v1::ReceiptView*) override {
    return access_.with_caller(*context, [](const Caller& caller) {
      return grpc::Status(grpc::StatusCode::ABORTED, caller.name() + " of " + caller.only_tenant().str());
    });
  }

 private:
  const Access& access_;
};

struct RpcServer : testing::Test {
  grpc::Status get(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    v1::ReceiptView response;
    return v1::Status::NewStub(channel)->Get(&context, {}, &response);
  }
  grpc::Status get(const Secret& token) { return get(channel_of(token, "status", server.port())); }

  grpc::Status withhold(const identity::Files& identity, const std::string& service = "status") {
    grpc::ClientContext context;
    v1::WithholdErrorResponse response;
    return v1::Status::NewStub(open_channel(identity, service, local(server.port())))
        ->WithholdError(&context, {}, &response);
  }

  TestTokens tokens;
  Access access{tokens.find()};
  Mirror mirror{access};
  Server server{"127.0.0.1:0", files_of("status"), access, mirror};
};

TEST_F(RpcServer, TellsServicesByTheNameInTheirCertificate) {
  const auto status = withhold(files_of("fiscalizer"));
  EXPECT_EQ(status.error_message(), "fiscalizer of ");
  EXPECT_EQ(withhold(files_of("ingress")).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(withhold(files_of("ingress")).error_message(), "ingress may not call /kassaflow.v1.Status/WithholdError");
}

TEST_F(RpcServer, BelievesNoOtherAuthority) {
  EXPECT_EQ(withhold(identity::stranger("fiscalizer")).error_code(), grpc::StatusCode::UNAVAILABLE);
  identity::Files forged = identity::stranger("fiscalizer");
  forged.authority = files_of("fiscalizer").authority;  // believes the server, and is not believed
  EXPECT_EQ(withhold(forged).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RpcServer, IsBelievedOnlyUnderItsName) {
  EXPECT_EQ(withhold(files_of("fiscalizer"), "registry").error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RpcServer, SpeaksNothingButTls) {
  EXPECT_EQ(get(grpc::CreateChannel(local(server.port()), grpc::InsecureChannelCredentials())).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RpcServer, TellsPeopleByTheirTokens) {
  const auto viewer = tokens.give(v1::SCOPE_TENANT_VIEWER, "acme");
  EXPECT_EQ(get(viewer).error_message(), "anna of acme");
  EXPECT_EQ(get(tokens.give(v1::SCOPE_OPERATOR)).error_message(), "anna of ");
  // A certificate beside it adds nothing: who speaks for a person is that person.
  EXPECT_EQ(get(open_channel(files_of("fiscalizer"), "status", local(server.port()), {}, viewer)).error_message(),
            "anna of acme");
}

TEST_F(RpcServer, RefusesWhoSaysNothingOrSomethingFalse) {
  EXPECT_EQ(get(Secret()).error_message(), "say who you are: with a token, or with the certificate of a service");
  EXPECT_EQ(get(Secret()).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(get(Secret("kft_unknown")).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  const auto old = tokens.give(v1::SCOPE_OPERATOR, {}, "anna", std::chrono::seconds(0));
  EXPECT_EQ(get(old).error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(RpcServer, ATokenThatIsRevokedOpensNothingOnTheSameConnection) {
  const auto same = channel_of(tokens.give(v1::SCOPE_OPERATOR), "status", server.port());
  EXPECT_EQ(get(same).error_code(), grpc::StatusCode::ABORTED);
  tokens.revoke_all();
  EXPECT_EQ(get(same).error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST(RpcAccess, SaysWhenItCannotKnowYet) {
  static constexpr ErrorKind kAway{"rpc.test_away"};
  const Access access([](const std::string&) { return fail(kAway, "the tokens are not known yet"); });
  Mirror mirror(access);
  const Server server("127.0.0.1:0", files_of("status"), access, mirror);
  grpc::ClientContext context;
  v1::ReceiptView response;
  const auto stub = v1::Status::NewStub(channel_of(Secret("kft_a"), "status", server.port()));
  EXPECT_EQ(stub->Get(&context, {}, &response).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RpcServer, ServesUntilItIsStopped) {
  server.stop();
  EXPECT_EQ(withhold(files_of("fiscalizer")).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RpcServer, SharesItsPortWithNobody) {
  const std::string taken = "127.0.0.1:" + std::to_string(server.port());
  EXPECT_THROW(Server(taken, files_of("status"), access, mirror), std::runtime_error);
}

}  // namespace
}  // namespace kassaflow::rpc
