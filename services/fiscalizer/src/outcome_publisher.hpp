#pragma once
// Publishes the journal's word to kassaflow.outcomes. What is unpublished is a property of the journal's rows
// (published_revision < revision), so a crash between commit and publication loses nothing, and all of it can be
// published again. A record always holds the receipt's newest state; readers apply only a higher revision.
//
// Lives on the fiscalizer's one executor thread.

#include <boost/asio/awaitable.hpp>

#include "kassaflow/async/event.hpp"
#include "kassaflow/kafka/producer.hpp"
#include "kassaflow/postgres/database.hpp"
#include "leases.hpp"

namespace kassaflow::fiscalizer {

class OutcomePublisher {
 public:
  OutcomePublisher(boost::asio::any_io_executor executor, async::Clock& clock, postgres::Database& database,
                   kafka::Producer& producer, const Leases& leases);
  boost::asio::awaitable<void> run();
  void kick() { wake_.notify(); }
  void stop();

 private:
  // Publishes one batch; true when there may be more.
  boost::asio::awaitable<bool> publish();

  boost::asio::any_io_executor executor_;
  async::Clock& clock_;
  postgres::Database& database_;
  kafka::Producer& producer_;
  const Leases& leases_;
  async::Event wake_;
  bool stopping_ = false;
};

}  // namespace kassaflow::fiscalizer
