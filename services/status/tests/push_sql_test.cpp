// Claims of portals and of what is due at them, against a real PostgreSQL.

#include <atomic>
#include <thread>

#include "database.hpp"
#include "portal.hpp"

namespace kassaflow::status {
namespace {

using v1::RECEIPT_STATE_DONE;
using v1::RECEIPT_STATE_FAILED;
using v1::RECEIPT_STATE_QUEUED;
using namespace std::chrono_literals;

const InstallationId kPortal("acme-main");

class PushSql : public DatabaseTest {
 protected:
  std::vector<sql::Claim> claim(const std::string& replica, const std::vector<InstallationId>& running = {}) {
    return run([&](pqxx::work& work) { return sql::claim(work, replica, running, 50); });
  }
  sql::Look look(const std::string& replica, int receipt) {
    return run([&](pqxx::work& work) { return sql::look(work, replica, kPortal, receipt_id(receipt)); });
  }
  void release(const std::string& replica, const sql::Release& how = {}) {
    run([&](pqxx::work& work) {
      sql::release(work, replica, kPortal, how);
      return true;
    });
  }
  void renew(const std::string& replica, const std::vector<InstallationId>& running) {
    run([&](pqxx::work& work) {
      sql::renew(work, replica, running);
      return true;
    });
  }
  template <class F>
  void conclude(F how) {
    run([&](pqxx::work& work) {
      how(work);
      return true;
    });
  }
  void take_done(int first, int last, const std::string& installation = "acme-main") {
    std::vector<kafka::Record> batch;
    for (int receipt = first; receipt <= last; ++receipt) {
      auto done = outcome(receipt, 5, RECEIPT_STATE_DONE);
      done.set_installation(installation);
      batch.push_back(record_of(done));
    }
    take(batch);
  }
  void lapse() { exec("update portals set free_at = now(), due_at = least(due_at, now())"); }
};

TEST_F(PushSql, TheBacklogIsCountedAndItsOldestIsOverdue) {
  const auto backlog = [this] { return run([](pqxx::work& work) { return sql::backlog(work); }); };
  EXPECT_EQ(backlog().waiting, 0);
  EXPECT_EQ(backlog().overdue_s, 0);
  take_done(1, 3);
  exec("update receipts set push_due = now() + interval '1 hour'");
  EXPECT_EQ(backlog().waiting, 3);
  EXPECT_EQ(backlog().overdue_s, 0) << "none is due";
  exec("update receipts set push_due = now() - interval '1 hour' where id = '" + uuid(3) + "'");
  EXPECT_EQ(backlog().waiting, 3);
  EXPECT_GE(backlog().overdue_s, 3600);
  EXPECT_LT(backlog().overdue_s, 3700);
}

TEST_F(PushSql, OneReplicaAtATimePushesToAPortal) {
  take_done(1, 3);
  take_done(4, 4, "other-main");
  const auto mine = claim("a");
  ASSERT_EQ(mine.size(), 2U);
  EXPECT_TRUE(claim("b").empty());
  EXPECT_TRUE(look("a", 1).is_ours);
  EXPECT_FALSE(look("b", 1).is_ours);
  release("a");
  ASSERT_EQ(claim("b").size(), 1U) << "the other portal is still claimed";
  EXPECT_FALSE(look("a", 1).is_ours);
  release("a");
  EXPECT_TRUE(look("b", 1).is_ours) << "who lost a claim cannot give it away";
}

TEST_F(PushSql, OnlyOneOfTwoReplicasWinsARace) {
  take_done(1, 1);
  std::atomic<int> owners{0};
  std::atomic<int> claimed{0};
  std::atomic<bool> was_shared{false};
  const auto replica = [&](const std::string& name) {
    pqxx::connection own(server_->uri());
    pqxx::nontransaction(own).exec("set search_path = status; set client_min_messages = warning");
    for (int i = 0; i < 300; ++i) {
      pqxx::work claiming(own);
      const bool mine = !sql::claim(claiming, name, {}, 50).empty();
      claiming.commit();
      if (!mine) continue;
      ++claimed;
      if (++owners > 1) was_shared = true;
      pqxx::work releasing(own);
      --owners;  // before the commit that lets the other in
      sql::release(releasing, name, kPortal, {});
      releasing.commit();
    }
  };
  std::thread other([&] { replica("b"); });
  replica("a");
  other.join();
  EXPECT_FALSE(was_shared);
  EXPECT_GT(claimed, 1);
}

TEST_F(PushSql, AClaimLapsesUnlessItIsRenewed) {
  take_done(1, 1);
  ASSERT_EQ(claim("a").size(), 1U);
  exec("update portals set free_at = now() + interval '10 ms'");
  renew("a", {kPortal});
  EXPECT_TRUE(claim("b").empty());
  lapse();
  EXPECT_FALSE(look("a", 1).is_ours) << "its time is over, whether or not another has it";
  EXPECT_TRUE(claim("a", {kPortal}).empty()) << "what runs here still is not begun twice";
  EXPECT_EQ(claim("b").size(), 1U);
  renew("a", {kPortal});
  EXPECT_FALSE(look("a", 1).is_ours);
}

TEST_F(PushSql, ARestingPortalIsLeftAloneAndARenewalDoesNotEndIt) {
  take_done(1, 2);
  ASSERT_EQ(claim("a").size(), 1U);
  release("a", {.rest = 10min, .failures = 3, .webhook_digest = std::string("\0x\xff", 3), .moved_to = "https://new"});
  renew("a", {kPortal});
  EXPECT_TRUE(claim("a").empty());
  EXPECT_EQ(one("select free_at > now() + interval '9 minutes' from portals"), "t");
  lapse();
  const auto again = claim("b").at(0);
  EXPECT_EQ(again.failures, 3);
  EXPECT_EQ(again.webhook_digest, std::string("\0x\xff", 3));
  EXPECT_EQ(again.moved_to, "https://new");
}

TEST_F(PushSql, ThePaceHoldsOverReplicasAndRestarts) {
  take_done(1, 60);
  int at_once = 0;
  for (const std::string replica : {"a", "b", "c", "d", "e", "f"}) {
    const auto claims = claim(replica);
    ASSERT_EQ(claims.size(), 1U);
    for (const auto& place : claims[0].places) {
      at_once += place.after <= 100ms ? 1 : 0;
      EXPECT_LE(place.after, 2s) << "what must wait longer is not claimed";
      exec("update receipts set push_due = null where id = '" + place.receipt.str() + "'");
    }
    release(replica);
  }
  EXPECT_GE(at_once, 1);
  EXPECT_LE(at_once, Pace::kBurst + 1);
}

TEST_F(PushSql, TheOldestIsPushedFirstAndOnlyWhatIsDue) {
  take_done(1, 4);
  exec("update receipts set push_due = now() - interval '1 hour' where id = '" + uuid(3) + "'");
  exec("update receipts set push_due = now() + interval '1 hour' where id = '" + uuid(2) + "'");
  const auto places = claim("a").at(0).places;
  ASSERT_EQ(places.size(), 3U);
  EXPECT_EQ(places[0].receipt, receipt_id(3));
  for (const auto& place : places) EXPECT_NE(place.receipt, receipt_id(2));
}

TEST_F(PushSql, NothingIsClaimedWhenNothingIsDue) {
  take(outcome(1, 5, RECEIPT_STATE_QUEUED));
  take({record_of(outcome(2, 5, RECEIPT_STATE_DONE))}, 60000);
  EXPECT_TRUE(claim("a").empty());
}

TEST_F(PushSql, I7_ALongBacklogOfOnePortalHidesNoOther) {
  take_done(1, 500);
  exec("update receipts set push_due = now() - interval '1 day'");
  take_done(501, 501, "zz-main");
  const auto claims = claim("a");
  ASSERT_EQ(claims.size(), 2U);
  EXPECT_EQ(claims[0].places.size() + claims[1].places.size(), 11U);
}

// Which portals would be looked at now, or later.
TEST_F(PushSql, APortalIsLookedAtOnlyWhenSomethingIsDueThere) {
  const auto due = [this](const std::string& when) {
    return one("select count(*) from portals where due_at " + when) == "1";
  };
  take({record_of(outcome(1, 5, RECEIPT_STATE_DONE))}, 60000);
  EXPECT_TRUE(due("between now() + interval '55 s' and now() + interval '60 s'"));
  take_done(2, 2);
  ASSERT_EQ(claim("a").size(), 1U);
  conclude([&](pqxx::work& work) { sql::pushed(work, *sql::look(work, "a", kPortal, receipt_id(2)).due); });
  release("a");
  EXPECT_TRUE(due("> now() + interval '50 s'")) << "the first is still to come";
  exec("update receipts set push_due = now()");
  exec("update portals set due_at = now()");
  ASSERT_EQ(claim("a").size(), 1U);
  release("a", {10min, 0, "", ""});
  EXPECT_TRUE(due("> now() + interval '9 min'")) << "it rests";
  take_done(3, 3);
  EXPECT_TRUE(due("> now() + interval '9 min'"));
  lapse();
  ASSERT_EQ(claim("a").size(), 1U);
  exec("update receipts set push_due = null");
  release("a");
  EXPECT_TRUE(due("is null"));
}

TEST_F(PushSql, WhatBecomesDueWhileItsPortalIsReleasedIsNotLost) {
  take_done(1, 1);
  ASSERT_EQ(claim("a").size(), 1U);
  conclude([&](pqxx::work& work) { sql::pushed(work, *sql::look(work, "a", kPortal, receipt_id(1)).due); });
  pqxx::connection own(server_->uri());
  pqxx::nontransaction(own).exec("set search_path = status; set client_min_messages = warning");
  std::thread releasing;
  {
    pqxx::work taking(own);
    taking.exec("update receipts set push_due = now() where id = '" + uuid(1) + "'");
    sql::now_due(taking, "{" + uuid(1) + "}");
    releasing = std::thread([this] { release("a"); });
    while (taking.exec1("select count(*) from pg_locks where not granted")[0].as<int>() == 0) std::this_thread::yield();
    std::this_thread::yield();
    taking.commit();
  }
  releasing.join();
  EXPECT_EQ(claim("b").size(), 1U);
}

TEST_F(PushSql, WhatNobodyToldOfIsFound) {
  take_done(1, 3);
  take_done(4, 4, "other-main");
  exec("update portals set due_at = null");
  EXPECT_TRUE(claim("a").empty());
  conclude([](pqxx::work& work) { sql::find_due(work); });
  EXPECT_EQ(claim("a").size(), 2U);
}

TEST_F(PushSql, Rule14_WhatWasPrintedAgainIsNotToldAnErrorAndKeepsItsOwnPush) {
  take(outcome(1, 5, RECEIPT_STATE_FAILED));
  ASSERT_EQ(claim("a").size(), 1U);
  const auto due = look("a", 1).due;
  ASSERT_TRUE(due);
  take(outcome(1, 6, RECEIPT_STATE_QUEUED, 2));
  EXPECT_FALSE(look("a", 1).due);
  EXPECT_FALSE(run([](pqxx::work& work) { return sql::tell_due_error(work, "a", portal_of("acme"), receipt_id(1)); }));

  take(outcome(1, 8, RECEIPT_STATE_FAILED, 2));
  conclude([&](pqxx::work& work) { sql::pushed(work, *due); });  // the first failure's push comes back late
  conclude([&](pqxx::work& work) { sql::put_off(work, *due, 1h); });
  conclude([&](pqxx::work& work) { sql::give_up(work, *due); });
  EXPECT_EQ(column("push_due <= now() and push_tries = 0 and pushed_at is null", 1), "t");
}

TEST_F(PushSql, Rule14_AnErrorIsToldOnlyUnderTheClaim) {
  take(outcome(1, 5, RECEIPT_STATE_FAILED));
  ASSERT_EQ(claim("a").size(), 1U);
  const auto tell = [this](const std::string& replica) {
    return run([&](pqxx::work& work) { return sql::tell_due_error(work, replica, portal_of("acme"), receipt_id(1)); });
  };
  EXPECT_FALSE(tell("b"));
  EXPECT_EQ(column("error_told_at is null", 1), "t");
  EXPECT_TRUE(tell("a"));
  EXPECT_EQ(column("error_told_at is null", 1), "f");
}

TEST_F(PushSql, APushIsAcknowledgedPutOffOrGivenUp) {
  take_done(1, 3);
  ASSERT_EQ(claim("a").size(), 1U);
  conclude([&](pqxx::work& work) { sql::pushed(work, *sql::look(work, "a", kPortal, receipt_id(1)).due); });
  conclude([&](pqxx::work& work) { sql::put_off(work, *sql::look(work, "a", kPortal, receipt_id(2)).due, 1min); });
  conclude([&](pqxx::work& work) { sql::give_up(work, *sql::look(work, "a", kPortal, receipt_id(3)).due); });
  EXPECT_EQ(column("push_due is null and pushed_at is not null", 1), "t");
  EXPECT_EQ(column("push_due > now() + interval '59 s' and push_tries = 1 and pushed_at is null", 2), "t");
  EXPECT_EQ(column("push_due is null and pushed_at is null", 3), "t");
}

}  // namespace
}  // namespace kassaflow::status
