#pragma once
// One answer for many who ask the same: requests that say so (Request::shared_for) are sent once, and what comes back
// is everybody's who asks while it is on its way or is no older than that.
//
// Lives on one executor.

#include <map>
#include <memory>
#include <vector>

#include "kassaflow/async/event.hpp"
#include "kassaflow/http/transport.hpp"

namespace kassaflow::http {

class SharedAnswers final : public Transport {
 public:
  SharedAnswers(Transport& transport, async::Clock& clock) : transport_(transport), clock_(clock) {}

  boost::asio::awaitable<Result<Response, Failure>> send(const Request& request, WriteGuard& guard) override;

 private:
  struct Asked {
    std::optional<Result<Response, Failure>> answer;  // none while it is on its way
    async::Clock::time_point at;                      // when it was asked
    std::vector<std::shared_ptr<async::Event>> waiting;
  };
  void forget_old(async::Clock::time_point before);

  Transport& transport_;
  async::Clock& clock_;
  std::map<std::string, std::shared_ptr<Asked>> asked_;  // by all that makes a request what it is
  std::size_t looked_through_at_ = 0;                    // how many there were
};

}  // namespace kassaflow::http
