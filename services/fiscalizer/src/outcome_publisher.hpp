#pragma once
// Publishes the journal's word to kassaflow.outcomes. What is unpublished is a property of the journal's rows
// (published_revision < revision), so a crash between commit and publication loses nothing, and all of it can be
// published again. A record always holds the receipt's newest state; readers apply only a higher revision.
//
// Lives on the fiscalizer's one executor thread.

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "journal/store.hpp"
#include "kassaflow/async/event.hpp"
#include "kassaflow/kafka/producer.hpp"
#include "kassaflow/records/limits.hpp"
#include "leases.hpp"

namespace kassaflow::v1 {
class ReceiptOutcome;
}  // namespace kassaflow::v1

namespace kassaflow::fiscalizer {

// Resumes when readers can see the record for good; an Error: they may or may not.
using PublishOutcome =
    std::function<boost::asio::awaitable<Result<kafka::Position>>(const ReceiptId& receipt, std::string record)>;

// As it is on Kafka.
[[nodiscard]] v1::ReceiptOutcome record_of(const Outcome& outcome);
// Publishes them side by side. Resumes with the receipts and revisions that readers can see for good.
[[nodiscard]] boost::asio::awaitable<std::vector<std::pair<ReceiptId, std::int64_t>>> publish_all(
    async::Clock& clock, const PublishOutcome& publish, const std::vector<Outcome>& outcomes);
inline constexpr int kAttemptsShown = records::kAttemptsLimit;  // a register may fail for weeks

class OutcomePublisher {
 public:
  OutcomePublisher(const boost::asio::any_io_executor& executor, async::Clock& clock, journal::Store& store,
                   PublishOutcome publish, const Leases& leases);
  boost::asio::awaitable<void> run();
  void kick() { wake_.notify(); }
  void stop();

 private:
  // Publishes one batch; true when there may be more.
  boost::asio::awaitable<bool> publish();

  async::Clock& clock_;
  journal::Store& store_;
  PublishOutcome publish_;
  const Leases& leases_;
  async::Event wake_;
  bool stopping_ = false;
};

}  // namespace kassaflow::fiscalizer
