#include "kassaflow/audit/chain.hpp"

#include <gmock/gmock.h>

#include <functional>

namespace kassaflow::audit {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Row> log_of(int rows) {
  std::vector<Row> log;
  Sha256 before{};
  for (int number = 1; number <= rows; ++number) {
    Row row{number, 1000 * number, {"anna", "anna@desk at ipv4:10.0.0.7:5", ""}, "updated name", "tenant/acme", {}};
    row.hash = before = hash_of(before, row);
    log.push_back(row);
  }
  return log;
}

std::vector<std::string> faults(const std::vector<Row>& log, const Head& head) {
  Verifier verifier;
  auto wrong = verifier.take(log);
  for (auto& more : verifier.finish(head)) wrong.push_back(std::move(more));
  return wrong;
}

Head head_of(const std::vector<Row>& log) { return log.empty() ? Head() : Head{log.back().number, log.back().hash}; }

TEST(AuditChain, AWholeLogHasNoFault) {
  for (const int rows : {0, 1, 5}) EXPECT_THAT(faults(log_of(rows), head_of(log_of(rows))), IsEmpty()) << rows;
}

TEST(AuditChain, EachPartOfARowCounts) {
  const std::vector<std::function<void(Row&)>> changes = {
      [](Row& row) { ++row.at_us; },
      [](Row& row) { row.who.name = "oleg"; },
      [](Row& row) { row.who.came_from.clear(); },
      [](Row& row) { row.who.reason = "because"; },
      [](Row& row) { row.action += " "; },
      [](Row& row) { row.subject = "tenant/acne"; },
      [](Row& row) { std::swap(row.action, row.subject); },
      [](Row& row) { row.hash[0] ^= 1; },
      // The same letters, divided otherwise.
      [](Row& row) { row.action = "updated", row.subject = " nametenant/acme"; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto log = log_of(5);
    const Head head = head_of(log);
    changes[i](log[2]);
    const auto wrong = faults(log, head);
    ASSERT_FALSE(wrong.empty()) << i;
    EXPECT_EQ(wrong[0], "row 3 was changed, or put in") << i;
  }
}

TEST(AuditChain, ARowThatIsGoneIsMissed) {
  auto log = log_of(6);
  const Head head = head_of(log);
  log.erase(log.begin() + 2);
  EXPECT_THAT(faults(log, head), ElementsAre("row 3 is missing"));
  log.erase(log.begin(), log.begin() + 2);
  EXPECT_THAT(faults(log, head), ElementsAre("rows 1 to 3 are missing"));
  log.pop_back();
  EXPECT_THAT(faults(log, head), ElementsAre("rows 1 to 3 are missing", "row 6 is missing")) << "also from the end";
}

TEST(AuditChain, ARowThatWasPutInShows) {
  auto log = log_of(3);
  const Head head = head_of(log);
  Row more = log.back();
  ++more.number;
  more.hash = hash_of(log.back().hash, more);  // who knows how it is made
  log.push_back(more);
  EXPECT_THAT(faults(log, head), ElementsAre("row 4 came in without the log's knowledge"));
  log = log_of(3);
  log.insert(log.begin() + 1, log[1]);
  EXPECT_THAT(faults(log, head), ElementsAre("row 2 is there twice"));
}

TEST(AuditChain, AnEndThatWasWrittenAnewHasAnotherHead) {
  auto log = log_of(3);
  const Head noted = head_of(log);
  log[2].who.name = "oleg";
  log[2].hash = hash_of(log[1].hash, log[2]);
  EXPECT_THAT(faults(log, noted), ElementsAre("the log says another hash for its end than its last row has"));
}

}  // namespace
}  // namespace kassaflow::audit
