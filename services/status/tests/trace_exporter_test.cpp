#include "trace_exporter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "kassaflow/async/clock.hpp"

namespace kassaflow::status {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;

class Collector final : public http::Transport {
 public:
  asio::awaitable<Result<http::Response, http::Failure>> send(const http::Request& request,
                                                              http::WriteGuard&) override {
    requests.push_back(request);
    if (away) co_return tl::unexpected(http::Failure{http::Sent::nothing, http::kConnect, "nobody", {}});
    co_return http::Response{status, "application/json", "", "{}"};
  }
  bool away = false;
  int status = 200;
  std::vector<http::Request> requests;
};

std::vector<traces::Span> ended(std::size_t count) {
  return std::vector<traces::Span>(
      count, {"0190a6f2111182228333444444444444", "aaaaaaaaaaaaaaaa", "", "receipt", 1000, 2000, false, "", {}});
}

class TraceExporterTest : public testing::Test {
 protected:
  void start(const std::string& url = "http://collector:4318/v1/traces") {
    exporter_.emplace(io_.get_executor(), async::machine_clock(), collector_, url, metrics_);
    asio::co_spawn(io_, exporter_->run(), asio::detached);
  }
  bool until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < deadline) io_.run_for(std::chrono::milliseconds(20));
    return condition();
  }
  std::string counted(const std::string& result) {
    const auto text = metrics_.exposition();
    const std::string name = "kassaflow_trace_spans_total{result=\"" + result + "\"} ";
    const auto at = text.find(name);
    return at == std::string::npos ? "" : text.substr(at + name.size(), text.find('\n', at) - at - name.size());
  }

  asio::io_context io_;
  metrics::Metrics metrics_{10};
  Collector collector_;
  std::optional<TraceExporter> exporter_;
};

TEST_F(TraceExporterTest, TellsTheCollectorTogetherWhatHasCome) {
  start();
  exporter_->add(ended(2));
  exporter_->add(ended(1));
  ASSERT_TRUE(until([&] { return counted("sent") == "3"; }));
  ASSERT_EQ(collector_.requests.size(), 1U);
  EXPECT_EQ(collector_.requests[0].url, "http://collector:4318/v1/traces");
  EXPECT_THAT(collector_.requests[0].body, HasSubstr("\"traceId\":\"0190a6f2111182228333444444444444\""));
  EXPECT_EQ(counted("dropped"), "0");
}

TEST_F(TraceExporterTest, TellsItAgainWhenTheCollectorIsBack) {
  start();
  collector_.away = true;
  exporter_->add(ended(1));
  ASSERT_TRUE(until([&] { return collector_.requests.size() == 1; }));
  EXPECT_EQ(counted("sent"), "0");
  collector_.away = false;
  collector_.status = 503;
  ASSERT_TRUE(until([&] { return collector_.requests.size() == 2; }));
  collector_.status = 200;
  EXPECT_TRUE(until([&] { return counted("sent") == "1"; }));
}

TEST_F(TraceExporterTest, KeepsNoMoreThanItMay) {
  start();
  collector_.away = true;
  exporter_->add(ended(10'003));
  EXPECT_EQ(counted("dropped"), "3");
}

TEST_F(TraceExporterTest, KeepsNothingForNobody) {
  start("");
  exporter_->add(ended(20'000));
  io_.run_for(std::chrono::milliseconds(1));
  EXPECT_EQ(counted("dropped"), "0");
  EXPECT_TRUE(collector_.requests.empty());
}

}  // namespace
}  // namespace kassaflow::status
