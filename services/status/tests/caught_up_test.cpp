// Has the view all that was in the logs? Against a real PostgreSQL and logs in memory.

#include "caught_up.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "database.hpp"

namespace kassaflow::status {
namespace {

namespace asio = boost::asio;

constexpr const char* kReader = "caught_up";

class CaughtUpTest : public DatabaseTest {
 protected:
  CaughtUpTest()
      : database_({.uri = server_->uri(), .application_name = kReader, .threads = 2, .search_path = kSchema}) {}

  // What `count` questions at once are answered.
  std::vector<bool> ask(int count = 1) {
    kafka::LogEnds log_ends([this](const kafka::ReadPositions& positions) {
      const std::lock_guard lock(mutex_);
      compared_ = positions;
      return ends_;
    });
    CaughtUp caught_up(async::machine_clock(), log_ends, database_);
    asio::io_context io;
    std::vector<bool> answers;
    for (int i = 0; i < count; ++i) {
      asio::co_spawn(io, caught_up(), [&](std::exception_ptr, bool answer) { answers.push_back(answer); });
    }
    io.run();
    return answers;
  }

  postgres::Database database_;
  std::mutex mutex_;
  kafka::ReadPositions compared_;
  std::vector<kafka::LogEnd> ends_{{"kassaflow.outcomes", 0, 8}, {"kassaflow.receipts", 0, 0}};
};

TEST_F(CaughtUpTest, Rule14_TheViewHasEverythingUpToTheEnds) {
  take({record_of(outcome(1, 5, v1::RECEIPT_STATE_DONE), 7)});
  EXPECT_EQ(ask(20), std::vector<bool>(20, true));
}

TEST_F(CaughtUpTest, Rule14_ARecordThatIsNotInTheViewIsWaitedForAndMissed) {
  take({record_of(outcome(1, 5, v1::RECEIPT_STATE_DONE), 6)});
  EXPECT_EQ(ask(20), std::vector<bool>(20, false));
}

TEST_F(CaughtUpTest, ItWaitsForTheView) {
  take({record_of(outcome(1, 5, v1::RECEIPT_STATE_DONE), 6)});
  std::thread intake([this] {
    const std::string looked_once =
        std::string("select count(*) > 0 from pg_stat_activity where query = 'COMMIT' and application_name = '") +
        kReader + "'";
    while (one(looked_once) != "t") continue;
    take({record_of(outcome(1, 6, v1::RECEIPT_STATE_DONE), 7)});
  });
  EXPECT_EQ(ask(), std::vector<bool>{true});
  intake.join();
}

TEST_F(CaughtUpTest, Rule18_TheLogsAreComparedWithWhatWasRead) {
  const auto record = record_of(outcome(1, 5, v1::RECEIPT_STATE_DONE), 7);
  take({record});
  EXPECT_EQ(ask(), std::vector<bool>{true});
  EXPECT_EQ(compared_.at({"kassaflow.outcomes", 0}).fingerprint, kafka::fingerprint_of(record));
  ends_[0].continuity = kafka::Continuity::another;
  EXPECT_EQ(ask(), std::vector<bool>{false});
}

TEST_F(CaughtUpTest, Rule14_NothingIsSureWhileKafkaDoesNotTellTheEnds) {
  take({record_of(outcome(1, 5, v1::RECEIPT_STATE_DONE), 7)});
  ends_.clear();
  EXPECT_EQ(ask(), std::vector<bool>{false});
}

TEST_F(CaughtUpTest, Rule14_NothingIsSureWhilePostgresIsAway) {
  take({record_of(outcome(1, 5, v1::RECEIPT_STATE_DONE), 7)});
  server_->stop();
  EXPECT_EQ(ask(), std::vector<bool>{false});
  server_->start();
}

}  // namespace
}  // namespace kassaflow::status
