// The pusher against a real PostgreSQL and portals that misbehave.

#include "pusher.hpp"

#include <boost/asio/io_context.hpp>

#include "counters.hpp"
#include "database.hpp"
#include "kassaflow/http/one_shot.hpp"
#include "portal_server.hpp"

namespace kassaflow::status {
namespace {

namespace asio = boost::asio;
using v1::RECEIPT_STATE_DONE;
using v1::RECEIPT_STATE_FAILED;
using v1::RECEIPT_STATE_QUEUED;
using namespace std::chrono_literals;

class PusherTest : public DatabaseTest {
 protected:
  PusherTest()
      : database_({.uri = server_->uri(), .application_name = "test", .threads = 2, .search_path = kSchema}),
        portal_(io_.get_executor()) {
    settings_.push_retry_min = 50ms;
    settings_.push_retry_max = 10min;
    configure("acme-main", portal_.origin());
  }
  ~PusherTest() override {
    bool stopped = false;
    asio::co_spawn(io_, pusher_->stop(200ms), [&](std::exception_ptr) { stopped = true; });
    until([&] { return stopped; });
  }

  void configure(const std::string& installation, const std::string& origin) {
    auto next = std::make_shared<configuration::Snapshot>(*snapshot_);
    next->revision = 1;
    auto known = std::make_shared<configuration::Installation>();
    known->id = InstallationId(installation);
    known->tenant = TenantId("acme");
    if (!origin.empty()) known->portal_webhook = Secret(origin + "/rest/1/abc/");
    next->installations[known->id] = known;
    snapshot_ = next;
  }

  void start() {
    pusher_.emplace(Pusher::Dependencies{.executor = io_.get_executor(),
                                         .clock = async::machine_clock(),
                                         .database = database_,
                                         .replica = "test",
                                         .snapshot =
                                             [this] {
                                               ++looks_;
                                               return snapshot_;
                                             },
                                         .caught_up = [this]() -> asio::awaitable<bool> {
                                           while_catching_up_();
                                           co_return caught_up_;
                                         },
                                         .transport = network_,
                                         .ended =
                                             [this](const ViewEntry& known, std::int64_t pushed_at_ms) {
                                               ended_.emplace_back(known.outcome.receipt_id(), pushed_at_ms != 0);
                                             },
                                         .answered = [this](auto answer) { counters_.pushed(answer); }},
                    settings_);
    asio::co_spawn(io_, pusher_->run(), asio::detached);
  }
  bool until(const std::function<bool()>& condition, std::chrono::milliseconds within = 20s) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    while (!condition() && std::chrono::steady_clock::now() < deadline) io_.run_for(20ms);
    return condition();
  }
  bool shows(const std::string& line) const {
    return metrics_.exposition().find("\n" + line + "\n") != std::string::npos;
  }
  bool until_column(const std::string& expression, int receipt) {
    return until([&] { return column(expression, receipt) == "t"; });
  }
  // Some looks of the pusher, in which nothing is expected to happen. Each begins with a glance at the snapshot; the
  // last one may be under way.
  void some_looks() {
    const int before = looks_;
    ASSERT_TRUE(until([&] { return looks_ >= before + 5; }));
  }

  StatusSettings settings_;
  postgres::Database database_;
  asio::io_context io_;
  http::Network network_{{.allow_private = true}};
  PortalServer portal_;
  using Ended = std::vector<std::pair<std::string, bool>>;  // the receipt, and whether its portal knows
  Ended ended_;
  std::shared_ptr<const configuration::Snapshot> snapshot_ = std::make_shared<configuration::Snapshot>();
  bool caught_up_ = true;
  std::function<void()> while_catching_up_ = [] {};
  int looks_ = 0;
  metrics::Metrics metrics_{100};
  Counters counters_{metrics_};
  std::optional<Pusher> pusher_;
};

TEST_F(PusherTest, TheOutcomeIsPushedAndRemembered) {
  take(outcome(1, 5, RECEIPT_STATE_DONE));
  EXPECT_TRUE(shows("kassaflow_pushes_total{answer=\"done\"} 0"));
  start();
  ASSERT_TRUE(until_column("pushed_at is not null and push_due is null", 1));
  ASSERT_EQ(portal_.requests.size(), 1U);
  EXPECT_EQ(portal_.requests[0].target, "/rest/1/abc/sale.cashbox.check.apply");
  EXPECT_EQ(portal_.requests[0].body, bitrix24::check_apply_done(uuid(1), document_of(find(1)->outcome)));
  EXPECT_TRUE(shows("kassaflow_pushes_total{answer=\"done\"} 1"));
  EXPECT_TRUE(shows("kassaflow_pushes_total{answer=\"reauthorise\"} 0"));
  some_looks();
  EXPECT_EQ(portal_.requests.size(), 1U);
  EXPECT_TRUE(until([&] { return ended_ == Ended({{uuid(1), true}}); }));
}

// It was taken in before the configuration came that says whose the installation is.
TEST_F(PusherTest, I5_NothingOfAnotherTenantIsPushed) {
  auto foreign = outcome(1, 5, RECEIPT_STATE_DONE);
  foreign.set_tenant("other");
  take(foreign);
  take(outcome(2, 5, RECEIPT_STATE_DONE));
  start();
  ASSERT_TRUE(until_column("pushed_at is not null", 2));
  ASSERT_TRUE(until_column("push_due is null", 1));
  EXPECT_EQ(column("pushed_at is null", 1), "t");
  ASSERT_EQ(portal_.requests.size(), 1U);
  EXPECT_NE(portal_.requests[0].body.find(uuid(2)), std::string::npos);
}

TEST_F(PusherTest, Rule16_AnErrorIsRememberedAsToldBeforeItLeaves) {
  portal_.otherwise = PortalServer::refused("ERROR_CHECK_APPLY");
  bool told_before = false;
  portal_.on_request = [&] { told_before = column("error_told_at is not null", 1) == "t"; };
  take(outcome(1, 5, RECEIPT_STATE_FAILED));
  start();
  ASSERT_TRUE(until_column("pushed_at is not null and push_due is null", 1));
  EXPECT_TRUE(told_before);
  EXPECT_NE(portal_.requests.at(0).body.find("ERROR"), std::string::npos);
}

TEST_F(PusherTest, Rule14_NoErrorLeavesOnceSomethingNewerIsKnown) {
  const std::map<std::string, std::function<void()>> cases = {
      {"printed again, not yet in the journal", [this] { take({post_of(1, 2)}); }},
      {"re-opened", [this] { take(outcome(1, 6, RECEIPT_STATE_QUEUED, 2)); }},
      {"withheld (rule 16)", [this] { withhold_error(1, 5); }},
      {"the view is behind", [this] { caught_up_ = false; }},
  };
  take(outcome(1, 5, RECEIPT_STATE_FAILED));
  exec("update receipts set push_due = null");
  start();
  for (const auto& [name, happens] : cases) {
    exec("truncate receipts, posts");
    caught_up_ = true;
    int asked = 0;
    while_catching_up_ = [&, change = happens] {
      if (asked++ == 0) change();
    };
    take(outcome(1, 5, RECEIPT_STATE_FAILED));
    ASSERT_TRUE(until([&] { return asked > 0; })) << name;
    some_looks();
    EXPECT_TRUE(portal_.requests.empty()) << name;
    EXPECT_EQ(column("error_told_at is null", 1), "t") << name;
  }
}

TEST_F(PusherTest, Rule14_TheErrorOfARestingPortalIsCheckedAnewAfterTheRest) {
  exec("insert into portals (installation, free_at) values ('acme-main', 'infinity')");
  take(outcome(1, 5, RECEIPT_STATE_FAILED));
  bool asked = false;
  while_catching_up_ = [&] { asked = true; };
  start();
  some_looks();
  EXPECT_FALSE(asked) << "nothing is checked, and nothing claimed, before it can leave";
  EXPECT_EQ(portal_.requests.size(), 0U);
  take(outcome(1, 6, RECEIPT_STATE_DONE));
  exec("update portals set free_at = now(), due_at = now()");
  ASSERT_TRUE(until_column("pushed_at is not null", 1));
  EXPECT_EQ(portal_.requests.at(0).body.find("ERROR"), std::string::npos);
}

TEST_F(PusherTest, NothingIsClaimedWithoutAConfiguration) {
  const auto full = std::exchange(snapshot_, std::make_shared<configuration::Snapshot>());
  take(outcome(1, 5, RECEIPT_STATE_DONE));
  start();
  some_looks();
  EXPECT_EQ(one("select count(*) from portals where claimed_by <> ''"), "0");
  snapshot_ = full;
  EXPECT_TRUE(until_column("pushed_at is not null", 1));
}

TEST_F(PusherTest, AnUnknownInstallationIsLookedAtAgain) {
  settings_.push_retry_max = 300ms;
  auto elsewhere = outcome(1, 5, RECEIPT_STATE_DONE);
  elsewhere.set_installation("late-main");
  take(elsewhere);
  start();
  ASSERT_TRUE(until([this] { return one("select count(*) from portals where free_at > now()") == "1"; }));
  configure("late-main", portal_.origin());
  EXPECT_TRUE(until_column("pushed_at is not null", 1));
}

TEST_F(PusherTest, WithoutAWebhookNothingIsPushed) {
  configure("acme-main", "");
  take(outcome(1, 5, RECEIPT_STATE_DONE));
  start();
  EXPECT_TRUE(until_column("push_due is null and pushed_at is null", 1));
  EXPECT_TRUE(until([&] { return ended_ == Ended({{uuid(1), false}}); }));
}

TEST_F(PusherTest, ARefusalRestsThePortalAndNotEachReceipt) {
  portal_.otherwise = PortalServer::refused("ACCESS_DENIED", 403);
  take({record_of(outcome(1, 5, RECEIPT_STATE_DONE)), record_of(outcome(2, 5, RECEIPT_STATE_DONE)),
        record_of(outcome(3, 5, RECEIPT_STATE_DONE))});
  start();
  ASSERT_TRUE(
      until([this] { return one("select count(*) from portals where free_at > now() + interval '1 min'") == "1"; }));
  some_looks();
  EXPECT_EQ(portal_.requests.size(), 1U);
  EXPECT_EQ(one("select count(*) from receipts where push_due <= now()"), "2") << "the others are still due";
}

TEST_F(PusherTest, AnUnknownUuidIsRepeatedAndGivenUpAfterTwoDays) {
  portal_.answers = {PortalServer::refused("ERROR_CHECK_NOT_FOUND")};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  auto fresh = outcome(1, 5, RECEIPT_STATE_DONE);
  fresh.set_finished_at_ms(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  take(fresh);
  start();
  ASSERT_TRUE(until_column("pushed_at is not null", 1));
  EXPECT_EQ(portal_.requests.size(), 2U);

  portal_.otherwise = PortalServer::refused("ERROR_CHECK_NOT_FOUND");
  auto old = outcome(2, 5, RECEIPT_STATE_DONE);
  old.set_finished_at_ms(std::chrono::duration_cast<std::chrono::milliseconds>(now - 49h).count());
  take(old);
  EXPECT_TRUE(until_column("push_due is null and pushed_at is null", 2));
}

TEST_F(PusherTest, AMovedPortalIsFollowedWithTheBodyAndRememberedForItsWebhook) {
  PortalServer fresh(io_.get_executor());
  portal_.otherwise = PortalServer::moved_to(fresh.origin());
  take(outcome(1, 5, RECEIPT_STATE_DONE));
  start();
  ASSERT_TRUE(until_column("pushed_at is not null", 1));
  EXPECT_EQ(fresh.requests.at(0).body, portal_.requests.at(0).body);
  EXPECT_EQ(fresh.requests.at(0).target, "/rest/1/abc/sale.cashbox.check.apply");
  EXPECT_TRUE(until([&] { return one("select moved_to from portals") == fresh.origin(); }));
  EXPECT_EQ(one("select position('abc' in moved_to || encode(webhook_digest, 'escape')) from portals"), "0");  // I6

  take(outcome(2, 5, RECEIPT_STATE_DONE));
  ASSERT_TRUE(until_column("pushed_at is not null", 2));
  EXPECT_EQ(portal_.requests.size(), 1U) << "it goes to the new address at once";

  PortalServer other(io_.get_executor());
  configure("acme-main", other.origin());
  take(outcome(3, 5, RECEIPT_STATE_DONE));
  ASSERT_TRUE(until_column("pushed_at is not null", 3));
  EXPECT_EQ(other.requests.size(), 1U) << "the configuration wins";
}

TEST_F(PusherTest, PortalsThatNameEachOtherAreNotAskedInALoop) {
  settings_.push_retry_min = 10min;
  PortalServer other(io_.get_executor());
  portal_.otherwise = PortalServer::moved_to(other.origin());
  other.otherwise = PortalServer::moved_to(portal_.origin());
  take(outcome(1, 5, RECEIPT_STATE_DONE));
  start();
  ASSERT_TRUE(until_column("push_due > now() + interval '1 min'", 1));
  some_looks();
  EXPECT_EQ(portal_.requests.size() + other.requests.size(), 2U);
  EXPECT_TRUE(until([this] { return one("select moved_to from portals") == ""; }));
}

TEST_F(PusherTest, AnAddressWhereNoPortalAnswersIsForgotten) {
  PortalServer parking(io_.get_executor());
  parking.otherwise = PortalServer::answer(200, "<html>this domain is for sale</html>");
  portal_.answers = {PortalServer::moved_to(parking.origin())};
  take(outcome(1, 5, RECEIPT_STATE_DONE));
  start();
  ASSERT_TRUE(until_column("pushed_at is not null", 1));
  EXPECT_EQ(parking.requests.size(), 1U);
  EXPECT_EQ(portal_.requests.size(), 2U);
}

TEST_F(PusherTest, I7_AHangingPortalDelaysNoOther) {
  PortalServer hanging(io_.get_executor());
  hanging.otherwise = "";
  configure("hanging-main", hanging.origin());
  auto stuck = outcome(1, 5, RECEIPT_STATE_DONE);
  stuck.set_installation("hanging-main");
  take(stuck);
  start();
  ASSERT_TRUE(until([&] { return !hanging.requests.empty(); }));
  take(outcome(2, 5, RECEIPT_STATE_DONE));
  EXPECT_TRUE(until_column("pushed_at is not null", 2));
}

TEST_F(PusherTest, APortalThatIsAwayRestsLongerEachTime) {
  settings_.push_retry_min = 100ms;
  portal_.otherwise = "nothing of HTTP";
  take({record_of(outcome(1, 5, RECEIPT_STATE_DONE)), record_of(outcome(2, 5, RECEIPT_STATE_DONE))});
  start();
  ASSERT_TRUE(until([this] { return one("select count(*) from portals where failures >= 3") == "1"; }));
  portal_.otherwise = PortalServer::applied();
  EXPECT_TRUE(until_column("pushed_at is not null", 1));
  EXPECT_TRUE(until([this] { return one("select failures from portals") == "0"; }));
}

}  // namespace
}  // namespace kassaflow::status
