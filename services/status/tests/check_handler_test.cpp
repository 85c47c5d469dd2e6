#include "check_handler.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "outcomes.hpp"

namespace kassaflow::status {
namespace {

namespace asio = boost::asio;

template <class T>
T run(asio::awaitable<T> work) {
  asio::io_context context;
  std::optional<T> result;
  asio::co_spawn(context, std::move(work), [&](std::exception_ptr error, T value) {
    if (error) std::rethrow_exception(error);
    result = std::move(value);
  });
  context.run();
  return std::move(result.value());
}

// A view in memory: receipts 1 (done), 2 (failed), 3 (queued) of acme-main, and what is switched on.
struct FakeView {
  std::map<ReceiptId, ViewEntry> receipts;
  bool answers = true;
  bool caught_up = true;
  bool may_tell = true;
  std::int64_t now_ms = 1780300801000;
  std::function<void()> while_catching_up = [] {};
  std::vector<std::pair<ReceiptId, std::uint64_t>> told;
  int asked = 0;

  FakeView() {
    int n = 0;
    for (const auto state : {v1::RECEIPT_STATE_DONE, v1::RECEIPT_STATE_FAILED, v1::RECEIPT_STATE_QUEUED}) {
      auto& known = receipts[receipt_id(++n)];
      known.installation = InstallationId("acme-main");
      known.outcome = outcome(n, 5, state);
    }
  }

  CheckDependencies dependencies() {
    return {[this](ReceiptId id) -> asio::awaitable<std::optional<Found>> {
              ++asked;
              const auto found = receipts.find(id);
              if (!answers) co_return std::nullopt;
              co_return found == receipts.end() ? Found{} : Found{found->second};
            },
            [this]() -> asio::awaitable<bool> {
              while_catching_up();
              co_return caught_up;
            },
            [this](ReceiptId id, std::uint64_t revision) -> asio::awaitable<bool> {
              if (!may_tell) co_return false;
              told.emplace_back(id, revision);
              co_return true;
            },
            [this] { return now_ms; }};
  }
};

class CheckUrl : public testing::Test {
 protected:
  CheckUrl() {
    auto snapshot = std::make_shared<configuration::Snapshot>();
    snapshot->revision = 1;
    for (const std::string tenant : {"acme", "other"}) {
      auto installation = std::make_shared<configuration::Installation>();
      installation->id = InstallationId(tenant + "-main");
      installation->tenant = TenantId(tenant);
      snapshot->installations[installation->id] = installation;
      snapshot->installations_by_secret[tenant + "-s3cr3t"] = installation;
    }
    snapshot_ = snapshot;
  }

  boost::json::object ask(const std::string& body, const std::string& target = "/b24/acme-s3cr3t/check",
                          const std::string& method = "POST") {
    const CheckHandler handler([this] { return snapshot_; }, view_.dependencies(), counters_);
    const http::Inbound inbound{method, target, body, [](std::string_view) { return std::string_view(); }};
    const auto reply = run(handler(inbound));
    EXPECT_EQ(reply.status, 200);  // I3
    return boost::json::parse(reply.body).as_object();
  }
  std::string status(const std::string& body) { return std::string(ask(body).at("STATUS").as_string()); }
  static std::string form(int receipt) { return "uuid=" + uuid(receipt); }

  std::shared_ptr<const configuration::Snapshot> snapshot_;
  FakeView view_;
  metrics::Metrics metrics_{100};
  Counters counters_{metrics_};
};

TEST_F(CheckUrl, I5_ASecretOfNobodysCostsWhatAKnownOneDoes) {
  std::vector<int> asked;
  for (const char* target : {"/b24/other-s3cr3t/check", "/b24/nobody/check"}) {
    view_.asked = 0;
    EXPECT_EQ(ask(form(1), target).at("STATUS").as_string(), "WAIT");
    asked.push_back(view_.asked);
  }
  EXPECT_EQ(asked, (std::vector{1, 1}));
}

TEST_F(CheckUrl, I3_WhateverIsNotKnownWaits) {
  struct Case {
    std::string name, body, target = "/b24/acme-s3cr3t/check", method = "POST";
  };
  const std::vector<Case> cases = {
      {"Rule14: unknown UUID", form(99)},
      {"queued", form(3)},
      {"I5: another installation's done receipt", form(1), "/b24/other-s3cr3t/check"},
      {"I5: another installation's failed receipt", form(2), "/b24/other-s3cr3t/check"},
      {"unknown secret", form(1), "/b24/nobody/check"},
      {"no secret", form(1), "/b24//check"},
      {"another path", form(1), "/b24/acme-s3cr3t/print"},
      {"GET", form(1), "/b24/acme-s3cr3t/check", "GET"},
      {"GET with a query", "", "/b24/acme-s3cr3t/check?" + form(1), "GET"},
      {"HEAD", form(1), "/b24/acme-s3cr3t/check", "HEAD"},
      {"empty body", ""},
      {"empty UUID", "uuid="},
      {"upper-case key", "UUID=" + uuid(1)},
      {"not a UUID", "uuid=1"},
      {"UUID and more", form(1) + "x"},
      {"a list", "uuid%5B0%5D=" + uuid(1)},
      {"broken form", "\xff\x00%zz&=&[[]]"},
      {"broken percent", "uuid=%zz" + uuid(1)},
      {"JSON", "{\"uuid\":\"" + uuid(1) + "\"}"},
      {"over-long body", form(1) + "&x=" + std::string(64 * 1024, 'x')},
  };
  for (const auto& each : cases) {
    const auto answer = ask(each.body, each.target, each.method);
    EXPECT_EQ(answer.at("STATUS").as_string(), "WAIT") << each.name;
    EXPECT_EQ(answer.size(), 1U) << each.name;
  }
  EXPECT_TRUE(view_.told.empty());
}

TEST_F(CheckUrl, I4_DoneBringsTheRegistersAttributesAndNoOthers) {
  auto answer = ask(form(1));
  EXPECT_EQ(answer.at("STATUS").as_string(), "DONE");
  EXPECT_EQ(answer.at("FN_NUMBER").as_string(), "7380440800000001");
  EXPECT_EQ(answer.at("FISCAL_DOC_NUMBER").as_string(), "12345");
  EXPECT_EQ(answer.at("FISCAL_DOC_ATTR").as_string(), "0345678901");
  EXPECT_FALSE(answer.contains("SHIFT_NUMBER"));
  EXPECT_FALSE(answer.contains("REG_NUMBER_KKT"));
  EXPECT_EQ(answer.at("PRINT_END_TIME").as_int64(), kFinished_ms / 1000) << "the register told no time";

  auto& document = *view_.receipts.at(receipt_id(1)).outcome.mutable_fiscal();
  document.set_printed_at_s(1795430000);
  EXPECT_EQ(ask(form(1)).at("PRINT_END_TIME").as_int64(), 1795430000);
}

TEST_F(CheckUrl, AFormerSecretIsKnownUntilItsTimeIsOver) {
  auto snapshot = std::make_shared<configuration::Snapshot>(*snapshot_);
  auto portal = std::make_shared<configuration::Installation>(*snapshot->installations.at(InstallationId("acme-main")));
  portal->former_secret = Secret("acme-b3f0re");
  portal->former_secret_until_ms = view_.now_ms + 1;
  snapshot->installations_by_secret["acme-b3f0re"] = portal;
  snapshot_ = snapshot;
  EXPECT_EQ(ask(form(1), "/b24/acme-b3f0re/check").at("STATUS"), "DONE");
  ++view_.now_ms;
  EXPECT_EQ(ask(form(1), "/b24/acme-b3f0re/check").at("STATUS"), "WAIT");
  EXPECT_EQ(ask(form(1), "/b24/acme-s3cr3t/check").at("STATUS"), "DONE");
}

TEST_F(CheckUrl, DoneNeedsNoOtherStore) {
  view_.caught_up = view_.may_tell = false;
  view_.receipts.at(receipt_id(1)).uncovered_posts = true;
  EXPECT_EQ(status(form(1)), "DONE");
}

TEST_F(CheckUrl, Rule14_AnErrorIsToldWhenNothingNewerCanBeKnown) {
  const auto answer = ask(form(2));
  EXPECT_EQ(answer.at("STATUS").as_string(), "ERROR");
  EXPECT_EQ(answer.at("ERROR").as_string(), "Нет бумаги");
  EXPECT_EQ(view_.told, (std::vector<std::pair<ReceiptId, std::uint64_t>>{{receipt_id(2), 5}}));
}

TEST_F(CheckUrl, Rule14_AnErrorThatMayBeOutdatedWaits) {
  const std::map<std::string, std::function<void(FakeView&)>> cases = {
      {"an uncovered post", [](FakeView& view) { view.receipts.at(receipt_id(2)).uncovered_posts = true; }},
      {"the view is behind", [](FakeView& view) { view.caught_up = false; }},
      {"withheld (rule 16)", [](FakeView& view) { view.receipts.at(receipt_id(2)).error_withheld = true; }},
      {"could not be recorded as told (rule 16)", [](FakeView& view) { view.may_tell = false; }},
      {"the view does not answer", [](FakeView& view) { view.answers = false; }},
      {"a re-print comes while it catches up",
       [](FakeView& view) {
         view.while_catching_up = [&view] { view.receipts.at(receipt_id(2)).uncovered_posts = true; };
       }},
      {"re-opened while it catches up",
       [](FakeView& view) {
         view.while_catching_up = [&view] {
           view.receipts.at(receipt_id(2)).outcome = outcome(2, 6, v1::RECEIPT_STATE_QUEUED, 2);
         };
       }},
      {"the view goes away while it catches up",
       [](FakeView& view) { view.while_catching_up = [&view] { view.answers = false; }; }},
  };
  for (const auto& [name, arrange] : cases) {
    view_ = FakeView();
    arrange(view_);
    EXPECT_EQ(status(form(2)), "WAIT") << name;
    EXPECT_TRUE(view_.told.empty()) << name;
  }
}

TEST_F(CheckUrl, Rule16_WhatIsToldIsTheRevisionAfterCatchingUp) {
  view_.while_catching_up = [this] {
    auto& known = view_.receipts.at(receipt_id(2));
    known.outcome = outcome(2, 9, v1::RECEIPT_STATE_FAILED, 2);
    known.outcome.set_error("Касса не отвечает");
  };
  EXPECT_EQ(ask(form(2)).at("ERROR").as_string(), "Касса не отвечает");
  EXPECT_EQ(view_.told.at(0).second, 9U);
}

TEST_F(CheckUrl, EveryAnswerIsMeasured) {
  ask("");
  ask(form(1));
  EXPECT_NE(metrics_.exposition().find("kassaflow_check_url_seconds_count 2"), std::string::npos);
}

TEST_F(CheckUrl, AnAnswerWithoutTheViewIsCounted) {
  const auto fallbacks = [this](const char* count) {
    return metrics_.exposition().find(std::string("\nkassaflow_check_url_fallback_total ") + count + "\n") !=
           std::string::npos;
  };
  EXPECT_TRUE(fallbacks("0"));
  EXPECT_EQ(status(form(1)), "DONE");
  EXPECT_EQ(status(form(99)), "WAIT");
  view_.caught_up = false;
  EXPECT_EQ(status(form(2)), "WAIT");
  EXPECT_TRUE(fallbacks("0"));
  view_.answers = false;
  EXPECT_EQ(status(form(1)), "WAIT");
  EXPECT_TRUE(fallbacks("1"));
}

TEST(SecretOf, IsOneSegmentBetweenItsNeighbours) {
  EXPECT_EQ(secret_of("/b24/9f3c1e/check"), "9f3c1e");
  EXPECT_EQ(secret_of("/b24/9f3c1e/check?x=/check"), "9f3c1e");
  for (const auto* target : {"", "/", "/b24/check", "/b24//check", "/b24/a/b/check", "/b24/9f3c1e/check/",
                             "/b24/9f3c1e/print", "/x/b24/9f3c1e/check", "/B24/9f3c1e/check", "/b24/9f3c1e?/check"}) {
    EXPECT_EQ(secret_of(target), "") << target;
  }
}

}  // namespace
}  // namespace kassaflow::status
