// The question of ingress, as it comes over HTTP.

#include "look_ups.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "database.hpp"
#include "kassaflow/records/look_up.hpp"

namespace kassaflow::status {
namespace {

class LookUpsTest : public DatabaseTest {
 protected:
  http::Reply ask(std::string_view method, const std::string& body, const std::string& uri) {
    boost::asio::io_context io;  // outlives the pool, whose threads post to it
    postgres::Database pool({.uri = uri, .application_name = "test", .threads = 1, .search_path = kSchema});
    const LookUps look_ups(pool);
    http::Inbound inbound{method, records::kLookUpPath, body, {}};
    auto reply = boost::asio::co_spawn(io, look_ups(inbound), boost::asio::use_future);
    io.run();
    return reply.get();
  }
  http::Reply ask(const v1::LookUpRequest& request) { return ask("POST", request.SerializeAsString(), server_->uri()); }
};

TEST_F(LookUpsTest, Rule13_TellsTheStateAndDigestOfWhatIsKnown) {
  take({record_of(outcome(1, 5, v1::RECEIPT_STATE_DONE)), record_of(outcome(2, 5, v1::RECEIPT_STATE_QUEUED))});
  v1::LookUpRequest request;
  for (const int receipt : {1, 2, 99}) request.add_receipt_ids(uuid(receipt));
  const auto reply = ask(request);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, records::kProtobuf);
  v1::LookUpResponse response;
  ASSERT_TRUE(response.ParseFromString(reply.body));
  ASSERT_EQ(response.entries_size(), 2);
  std::map<std::string, v1::ReceiptState> states;
  for (const auto& entry : response.entries()) {
    states[entry.receipt_id()] = entry.state();
    EXPECT_EQ(entry.content_digest(), "digest");
    EXPECT_EQ(entry.digest_version(), 3U);
    EXPECT_EQ(entry.tenant() + "/" + entry.installation(), "acme/acme-main");
  }
  EXPECT_EQ(states, (std::map<std::string, v1::ReceiptState>{{uuid(1), v1::RECEIPT_STATE_DONE},
                                                             {uuid(2), v1::RECEIPT_STATE_QUEUED}}));
}

TEST_F(LookUpsTest, SaysWhyItDoesNotAnswer) {
  v1::LookUpRequest request;
  request.add_receipt_ids("not-a-uuid");
  EXPECT_EQ(ask(request).body, "receipt_ids: not a UUID");
  request.Clear();
  for (int i = 0; i <= records::kLookUpLimit; ++i) request.add_receipt_ids(uuid(i));
  EXPECT_EQ(ask(request).body, "at most 1000 receipt_ids");
  for (const auto& [method, body] : {std::pair{"GET", ""}, {"POST", "{\"receipt_ids\":[]}"}}) {
    const auto reply = ask(method, body, server_->uri());
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(reply.body, "POST a kassaflow.v1.LookUpRequest");
  }
  EXPECT_EQ(ask("POST", "", "postgresql://nobody@127.0.0.1:1/x").status, 503);
}

}  // namespace
}  // namespace kassaflow::status
