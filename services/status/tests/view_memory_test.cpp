// The view in memory does what the view in PostgreSQL does: records, told and withheld errors and pushes from a seed,
// and after each step both know the same.

#include <google/protobuf/util/message_differencer.h>

#include <random>

#include "database.hpp"
#include "memory_view.hpp"
#include "test_seed.hpp"

namespace kassaflow::status {
namespace {

constexpr int kReceipts = 4;
constexpr int kSteps = 1500;

class MemoryAgainstSql : public DatabaseTest {
 protected:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_()) % limit; }

  // What nobody of ours has written, or nobody can read.
  kafka::Record strange_of(int receipt) {
    auto record = something_of(receipt);
    const bool is_post = record.topic == "kassaflow.receipts";
    if (below(3) == 0) {
      record.value = "rubbish";
    } else if (is_post) {
      v1::ReceiptAccepted post;
      post.ParseFromString(record.value);
      post.set_installation("other-main");
      record.value = post.SerializeAsString();
    } else {
      v1::ReceiptOutcome told;
      told.ParseFromString(record.value);
      told.set_tenant("other");
      told.set_revision(told.revision() + 50);
      record.value = told.SerializeAsString();
    }
    return record;
  }

  // Of a receipt that goes on: revisions mostly grow, and name what earlier ones have named, by and by more.
  kafka::Record something_of(int receipt) {
    if (below(4) == 0) return post_of(receipt, 1 + static_cast<int>(below(4)), ++offset_);
    static constexpr v1::ReceiptState kStates[] = {v1::RECEIPT_STATE_QUEUED, v1::RECEIPT_STATE_PRINTING,
                                                   v1::RECEIPT_STATE_FAILED, v1::RECEIPT_STATE_FAILED,
                                                   v1::RECEIPT_STATE_DONE};
    auto& revision = revisions_[receipt];
    if (below(3) != 0) ++revision;
    const auto state = kStates[below(revision > 12 ? 5 : 4)];
    auto record = outcome(receipt, std::max<std::uint64_t>(1, revision - below(2)), state, 1 + below(2));
    const int last = std::min(4, 1 + static_cast<int>(record.revision() / 4));
    for (int named = 1; named <= last; ++named) record.add_covered_post_ids(uuid(1000 * receipt + named));
    return record_of(record, ++offset_);
  }

  void compare(int receipt) {
    const auto stored = find(receipt);
    const auto kept = memory_.find(receipt_id(receipt));
    ASSERT_EQ(stored.has_value(), kept.has_value());
    if (!stored) return;
    EXPECT_EQ(stored->installation, kept->installation);
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(stored->outcome, kept->outcome));
    // A done receipt's posts are asked for by nobody: an outcome that came too late may name one that comes again.
    if (stored->outcome.state() != v1::RECEIPT_STATE_DONE) EXPECT_EQ(stored->uncovered_posts, kept->uncovered_posts);
    EXPECT_EQ(stored->error_withheld, kept->error_withheld);
    EXPECT_EQ(stored->outdated, kept->outdated);
    EXPECT_EQ(stored->pushed_at_ms != 0, kept->pushed_at_ms != 0);
    EXPECT_EQ(column("push_due is not null", receipt) == "t", memory_.push_is_due(receipt_id(receipt)));
  }

  MemoryView memory_{kPushDelay_ms};
  std::uint32_t seed_ = test_seed();
  std::mt19937 random_{seed_};
  std::int64_t offset_ = 0;
  std::int64_t log_ = 0;
  std::map<int, std::uint64_t> revisions_{{1, 1}, {2, 1}, {3, 1}, {4, 1}};
};

TEST_F(MemoryAgainstSql, BothKnowTheSameAfterEachStep) {
  SCOPED_TRACE(seed_note(seed_));
  for (int step = 0; step < kSteps && !HasFailure(); ++step) {
    SCOPED_TRACE(step);
    const int receipt = 1 + static_cast<int>(below(kReceipts));
    const auto revision = revisions_[receipt] - below(2);
    switch (below(7)) {
      case 0:
        EXPECT_EQ(tell_error(receipt, revision), memory_.tell_error(receipt_id(receipt), revision));
        break;
      case 1:
        EXPECT_EQ(withhold_error(receipt, revision), memory_.withhold_error(receipt_id(receipt), kOwner, revision));
        break;
      case 2:
        if (const auto known = find(receipt)) {
          run([&](pqxx::work& work) {
            sql::pushed(work, {receipt_id(receipt), 0, *known});
            return true;
          });
          memory_.pushed(receipt_id(receipt), known->outcome, 1);
        }
        break;
      case 3:
        if (below(4) == 0) {
          const kafka::ReadPositions moved{{{"kassaflow.outcomes", 0}, {++log_, 0, 0, {}}}};
          run([&](pqxx::work& work) {
            positions::store(work, moved);
            return true;
          });
          memory_.move(moved);
        }
        break;
      default: {
        std::vector<kafka::Record> batch;
        for (auto left = 1 + below(3); left > 0; --left) {
          batch.push_back(below(5) == 0 ? strange_of(receipt) : something_of(receipt));
        }
        const auto aside = take_any(batch);
        const auto kept = memory_.apply(configuration_, {std::span<const kafka::Record>(batch)}, 0);
        EXPECT_EQ(aside.size(), kept.size());
        break;
      }
    }
    compare(receipt);
  }
}

}  // namespace
}  // namespace kassaflow::status
