#include "routes.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "fakes.hpp"
#include "kassaflow/records/limits.hpp"
#include "trace.hpp"

namespace kassaflow::ingress {
namespace {

class RoutesTest : public testing::Test {
 protected:
  http::Reply ask(std::string_view method, std::string_view target, std::string_view body = "") {
    http::Inbound inbound;
    inbound.method = method;
    inbound.target = target;
    inbound.body = body;
    inbound.header = [this](std::string_view name) {
      const auto known = headers_.find(std::string(name));
      return known == headers_.end() ? std::string_view() : std::string_view(known->second);
    };
    return run(routes_.handle(inbound));
  }
  // The portal's rules: 200 and a JSON object.
  static boost::json::object portal(const http::Reply& reply) {
    EXPECT_EQ(reply.status, 200);
    return boost::json::parse(reply.body).as_object();
  }

  std::shared_ptr<configuration::Snapshot> snapshot_ = make_snapshot();
  metrics::Metrics metrics_{100};
  Counters counters_{metrics_};
  Limits limits_{{.token_callbacks_per_second = 1}, counters_, [] { return Buckets::Time(); }};
  FakePublisher publisher_;
  FakeDuplicates duplicates_;
  PrintHandler print_{{.snapshot = [this] { return snapshot_; },
                       .now_ms = [] { return std::int64_t{1780300801000}; },
                       .publisher = publisher_,
                       .duplicates = duplicates_,
                       .counters = counters_,
                       .limits = limits_}};
  CallbackHandler callback_{{.registers = [this] { return std::make_shared<const CloudRegisters>(snapshot_); },
                             .now_ms = [] { return std::int64_t{1}; },
                             .publisher = publisher_,
                             .limits = limits_}};
  Routes routes_{print_, callback_};
  std::map<std::string, std::string> headers_;
};

TEST_F(RoutesTest, PrintsAtTheSecretsAddress) {
  EXPECT_TRUE(portal(ask("POST", "/b24/s3cr3t/print", fixture("sell-cash"))).contains("UUID"));
  EXPECT_TRUE(portal(ask("POST", "/b24/s3cr3t/print?x=/y", fixture("sell-cash"))).contains("UUID"));
}

// Misrouted, it may be a post or a question, and each reader must find its own harmless word (bitrix24.md §6, §7).
void expect_harmless(const boost::json::object& answer, const std::string& what) {
  ASSERT_TRUE(answer.contains("STATUS")) << what;
  EXPECT_EQ(answer.at("STATUS").as_string(), "WAIT") << what;
  ASSERT_TRUE(answer.contains("ERRORS")) << what;
  EXPECT_EQ(answer.at("ERRORS").as_array().size(), 1U) << what;
  EXPECT_FALSE(answer.contains("UUID")) << what;
}

TEST_F(RoutesTest, EverythingElseOfThePortalDoesNoHarm) {
  const std::string body = fixture("sell-cash");
  for (const auto& [method, target] :
       std::vector<std::pair<std::string, std::string>>{{"GET", "/b24/s3cr3t/print"},
                                                        {"PUT", "/b24/s3cr3t/print"},
                                                        {"POST", "/b24/s3cr3t"},
                                                        {"POST", "/b24/s3cr3t/"},
                                                        {"POST", "/b24/"},
                                                        {"POST", "/b24/?"},
                                                        {"POST", "/b24/s3cr3t/print/"},
                                                        {"POST", "/b24/s3cr3t/Print"},
                                                        {"POST", "/b24/s3cr3t/print/x"},
                                                        {"POST", "/b24/s3cr3t/check/"},
                                                        {"POST", "/b24/s3cr3t/Check"},
                                                        {"POST", "/b24/s3cr3t/check/x"},
                                                        {"POST", "/b24/s3cr3t/check%20"},
                                                        {"GET", "/b24/s3cr3t/chek"},
                                                        {"POST", "/b24/../b24/s3cr3t/print"},
                                                        {"POST", "/b24/s3cr3t%2Fprint"}}) {
    expect_harmless(portal(ask(method, target, body)), method + " " + target);
  }
  EXPECT_TRUE(publisher_.messages.empty());
}

TEST_F(RoutesTest, AnUnknownPortalGetsErrors) {
  for (const char* target : {"/b24//print", "/b24/other/print"}) {
    const auto answer = portal(ask("POST", target, fixture("sell-cash")));
    EXPECT_EQ(answer.size(), 1U);
    EXPECT_TRUE(answer.contains("ERRORS"));
  }
}

TEST_F(RoutesTest, AMisroutedCheckIsToldToWait) {
  for (const char* target : {"/b24/s3cr3t/check", "/b24/unknown/check?x=1"}) {
    for (const char* method : {"POST", "GET"}) {
      const auto answer = portal(ask(method, target, "uuid=1"));
      EXPECT_EQ(answer.at("STATUS").as_string(), "WAIT");
      EXPECT_FALSE(answer.contains("ERRORS"));
    }
    EXPECT_EQ(portal(routes_.bad_request(target, "too large")).at("STATUS").as_string(), "WAIT");
  }
}

// A CHECK_URL set to the address of PRINT_URL.
TEST_F(RoutesTest, AQuestionAtTheAddressOfPostsIsToldToWait) {
  expect_harmless(portal(ask("POST", "/b24/s3cr3t/print", "uuid=7d0c2f0e-6b1a-4c55-9a53-0f6c2a8f1b11")), "question");
}

TEST_F(RoutesTest, UnreadableRequestsDoNoHarmEither) {
  const auto answer = portal(routes_.bad_request("/b24/s3cr3t/print", "too large"));
  EXPECT_EQ(answer.size(), 1U);
  EXPECT_TRUE(answer.contains("ERRORS"));
  const auto thrown = portal(routes_.bad_request("/b24/s3cr3t/print", "internal"));
  EXPECT_EQ(thrown.at("ERRORS").as_array().at(0).as_string(), kUnknownResult);
  for (const char* target : {"", "/b24/x", "/b24/s3cr3t/check/", "/b24/s3cr3t/Check", "/b24/s3cr3t/prin"})
    expect_harmless(portal(routes_.bad_request(target, "too large")), target);
  EXPECT_EQ(routes_.bad_request("/callbacks/itkassa/acme-token", "bad method").status, 400);
  EXPECT_EQ(routes_.bad_request("/callbacks/itkassa/acme-token", http::kRequestTooLarge).status, 413);
}

TEST_F(RoutesTest, TakesCallbacksWithTheirHeaders) {
  headers_ = {{"X-Api-Key", "acme-key"}};
  const char* body = R"({"id":"1","creItemId":"11111111-2222-3333-4444-55555555aaaa"})";
  EXPECT_EQ(ask("POST", "/callbacks/itkassa/acme-token", body).status, 200);
  EXPECT_EQ(publisher_.messages.size(), 1U);
  EXPECT_EQ(ask("POST", "/callbacks/itkassa/unknown", "{}").status, 403);
  EXPECT_EQ(ask("GET", "/callbacks/itkassa/acme-token", body).status, 404);
  EXPECT_EQ(ask("POST", "/callbacks/itkassa/acme-token/x", body).status, 404);
  headers_["X-Api-Key"] = "wrong";
  EXPECT_EQ(ask("POST", "/callbacks/itkassa/acme-token", body).status, 403);
  EXPECT_EQ(publisher_.messages.size(), 1U);
}

TEST_F(RoutesTest, ACloudThatCallsTooOftenIsToldWhenToComeAgain) {
  headers_ = {{"X-Api-Key", "acme-key"}};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask("POST", "/callbacks/itkassa/acme-token", "{}").status, 200);
  const auto reply = ask("POST", "/callbacks/itkassa/acme-token", "{}");
  EXPECT_EQ(reply.status, 429);
  EXPECT_TRUE(reply.retry_after.has_value());
}

TEST_F(RoutesTest, TheLargestBodyIsThatOfTheTarget) {
  EXPECT_EQ(Routes::body_limit_of("/callbacks/itkassa/acme-token"), records::kCallbackLimit);
  EXPECT_GT(Routes::body_limit_of("/b24/s3cr3t/print"), std::size_t{16} << 20);
}

TEST_F(RoutesTest, NothingElseIsHere) {
  for (const char* target : {"/", "", "/b24", "/metrics", "/callbacks/other/x", "/callbacks/bit/acme-token",
                             "/callbacks/itkassa", "/callbacks/"})
    EXPECT_EQ(ask("POST", target).status, 404) << target;
}

TEST_F(RoutesTest, TheCallersTraceGoesOn) {
  headers_ = {{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}};
  ask("POST", "/b24/s3cr3t/print", fixture("sell-cash"));
  EXPECT_EQ(publisher_.messages.at(0).trace, "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(Trace, IsMadeWhenTheCallerHasNone) {
  for (const char* given : {"", "00-4bf92f", "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}) {
    const std::string made = trace_id(given);
    EXPECT_EQ(made.size(), 32U);
    EXPECT_EQ(made.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_NE(made, trace_id(given));
  }
}

}  // namespace
}  // namespace kassaflow::ingress
