// Retries of failed receipts (exactly-once.md 16): whatever dies in the middle, they are carried out or taken back.

#include "retries.hpp"

#include <grpcpp/grpcpp.h>

#include <future>

#include "kassaflow/v1/fiscalizer.grpc.pb.h"
#include "operations.hpp"
#include "people_bench.hpp"
#include "test_tokens.hpp"

namespace kassaflow::fiscalizer {
namespace {

struct Crash {};

class RetriesTest : public PeopleTest {
 protected:
  RetriesTest() { receipt_in(State::failed, false); }

  // A worker of its own, with what status says and what happens to the worker then.
  Retries::End carry_out(Promise promise, const std::function<void()>& then = [] {}) {
    Retries retries(
        under_test_->store(),
        [&](const Wish& wish) {
          EXPECT_EQ(wish.tenant.str() + "/" + wish.installation.str(), "acme/acme-main") << "whose it is is asked, too";
          asked_.push_back(wish.receipt.str() + " " + std::to_string(wish.revision));
          then();
          return promise;
        },
        [this] { ++queued_; });
    return retries.carry_out(receipt_id(1));
  }

  std::vector<std::string> asked_;
  int queued_ = 0;
};

TEST_P(RetriesTest, Rule16_AFailedReceiptIsQueuedOnceItsErrorIsNeverTold) {
  ASSERT_TRUE(retry());
  EXPECT_EQ(state(1), "failed") << "nothing is queued before the promise";
  EXPECT_EQ(carry_out(Promise::given), Retries::End::queued);
  EXPECT_EQ(state(1) + receipt(1).retry_by + error(1), "queued");
  EXPECT_EQ(asked_, std::vector<std::string>{uuid(1) + " 2"});
  EXPECT_EQ(queued_, 1);
  EXPECT_EQ(carry_out(Promise::given), Retries::End::no_wish);
}

TEST_P(RetriesTest, Rule16_AToldErrorTakesTheWishBack) {
  ASSERT_TRUE(retry());
  EXPECT_EQ(carry_out(Promise::too_late), Retries::End::taken_back);
  EXPECT_EQ(state(1) + receipt(1).retry_by, "failed");
  EXPECT_THAT(under_test_->audited(), testing::HasSubstr("anna@desk: retry taken back: the portal was told"));
}

TEST_P(RetriesTest, Rule16_AWorkerThatDiesBeforeOrAfterThePromiseLeavesTheWish) {
  ASSERT_TRUE(retry());
  EXPECT_EQ(carry_out(Promise::not_yet), Retries::End::later);
  EXPECT_EQ(carry_out(Promise::away), Retries::End::status_away);
  EXPECT_THROW(carry_out(Promise::given, [] { throw Crash(); }), Crash);
  EXPECT_EQ(state(1) + " " + receipt(1).retry_by, "failed anna@desk");
  Retries other(under_test_->store(), [](const auto&) { return Promise::given; }, [] {});
  other.carry_out_all();
  EXPECT_EQ(state(1) + receipt(1).retry_by, "queued");
}

TEST_P(RetriesTest, Rule16_OneWishThatCannotBeCarriedOutYetKeepsNoOther) {
  receipt_in(State::failed, false, 2);
  ASSERT_TRUE(retry(1));
  ASSERT_TRUE(retry(2));
  Retries worker(
      under_test_->store(),
      [](const Wish& wish) { return wish.receipt == receipt_id(1) ? Promise::not_yet : Promise::given; }, [] {});
  worker.carry_out_all();
  EXPECT_EQ(state(1), "failed");
  EXPECT_EQ(state(2), "queued");
}

TEST_P(RetriesTest, Rule16_APromiseAboutAnOlderRevisionQueuesNothing) {
  ASSERT_TRUE(retry());
  EXPECT_EQ(carry_out(Promise::given, [&] { take({post(1, 2, 50, "other", 2)}); }), Retries::End::later)
      << "a late post made a revision whose error may be told";
  EXPECT_EQ(state(1), "failed");
  EXPECT_EQ(carry_out(Promise::given), Retries::End::queued);
  EXPECT_EQ(asked_, (std::vector<std::string>{uuid(1) + " 2", uuid(1) + " 3"}));
}

TEST_P(RetriesTest, Rule16_APrintAgainMeanwhileEndsTheWish) {
  ASSERT_TRUE(retry());
  EXPECT_EQ(carry_out(Promise::given, [&] { take({post(1, 2, 200, "digest", 2)}); }), Retries::End::later);
  EXPECT_EQ(state(1) + std::to_string(receipt(1).generation), "queued2");
  change(1, [](auto& row) { row.state = State::failed; });
  EXPECT_EQ(carry_out(Promise::given), Retries::End::no_wish) << "the next failure is nobody's to retry";
}

INSTANTIATE_TEST_SUITE_P(Stores, RetriesTest, kStores, kStoreName);

// Over gRPC: the answer does not wait for status, the worker's own thread carries it out. Several threads: PostgreSQL.
class OperationsTest : public testing::Test, protected PeopleBench {
 protected:
  OperationsTest() : PeopleBench(StoreKind::postgres) { receipt_in(State::failed, false); }
};

TEST_F(OperationsTest, Rule16_TheCallerIsToldThatItWillBeDone) {
  std::atomic<bool> status_is_there = false;
  std::promise<void> done;
  rpc::TestTokens tokens;
  const auto anna = tokens.give(v1::SCOPE_OPERATOR);
  OperationsHooks hooks;
  hooks.find_token = tokens.find();
  hooks.views = [] { return std::vector<Lane::View>{}; };
  hooks.settled = [&, heard = false](const RegisterId&) mutable {
    if (status_is_there && !std::exchange(heard, true)) done.set_value();
  };
  hooks.finished = [](const Finished&) {};
  hooks.ask_promise = [&](const auto&) { return status_is_there ? Promise::given : Promise::not_yet; };
  Operations operations(under_test_->store(), kTimes, std::move(hooks), kWorker);
  const int port = operations.start("127.0.0.1:0", identity::files_of("fiscalizer"));
  const auto stub = v1::Fiscalizer::NewStub(rpc::channel_of(anna, "fiscalizer", port));
  v1::RetryRequest request;
  request.set_receipt_id(uuid(1));
  request.set_actor("anna@desk");
  grpc::ClientContext context;
  v1::OperationResponse response;
  const auto status = stub->Retry(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.state(), v1::RECEIPT_STATE_FAILED);
  EXPECT_THAT(response.note(), testing::HasSubstr("as soon as"));
  status_is_there = true;
  done.get_future().get();
  EXPECT_EQ(state(1), "queued");

  v1::FailRequest fail_request;
  fail_request.set_receipt_id(uuid(1));
  fail_request.set_actor("anna@desk");
  grpc::ClientContext failing;
  EXPECT_EQ(stub->Fail(&failing, fail_request, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(state(1), "queued");

  v1::ResolveRequest wordless;  // a client that forgets the word must not have it printed again
  wordless.set_receipt_id(uuid(1));
  wordless.set_actor("anna@desk");
  grpc::ClientContext resolving;
  EXPECT_EQ(stub->Resolve(&resolving, wordless, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const auto audited = under_test_->audited();

  v1::RetryRequest nameless;
  nameless.set_receipt_id(uuid(1));
  grpc::ClientContext unnamed;
  EXPECT_EQ(stub->Retry(&unnamed, nameless, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(under_test_->audited(), audited) << "nobody is written down who does not say who he is";
  operations.stop();
}

}  // namespace
}  // namespace kassaflow::fiscalizer
