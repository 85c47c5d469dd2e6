#include "duplicates.hpp"

#include <algorithm>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <exception>
#include <unordered_map>
#include <vector>

#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/http/client.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/v1/status.pb.h"

namespace kassaflow::ingress {

namespace asio = boost::asio;
using Answer = std::optional<PrintedContent>;

struct LookUp::State {
  void settle(Answer content) {
    if (resume) {
      std::move (*resume)(std::move(content));
    } else {
      answer = std::move(content);
    }
  }
  std::optional<Answer> answer;
  std::optional<asio::any_completion_handler<void(Answer)>> resume;
};

LookUp LookUp::answered(Answer content) {
  LookUp look_up(std::make_shared<State>());
  look_up.state_->answer = std::move(content);
  return look_up;
}

asio::awaitable<Answer> LookUp::answer() {
  if (state_->answer) co_return std::move(*state_->answer);
  const auto start = [this](auto handler) { state_->resume.emplace(std::move(handler)); };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Answer)>(start, asio::use_awaitable);
}

struct StatusDuplicates::Impl : std::enable_shared_from_this<Impl> {
  // What travels in one call: the questions in the order of their receipts.
  struct Batch {
    v1::LookUpRequest request;
    std::vector<std::shared_ptr<LookUp::State>> questions;
  };
  using Printed = std::unordered_map<std::string, PrintedContent>;

  Impl(asio::any_io_executor e, Options given)
      : executor(std::move(e)),
        options(std::move(given)),
        status(executor, options.status_look_up, options.identity, "status"),
        timer(executor) {}

  LookUp ask(const ReceiptId& receipt) {
    if (resting() || waiting_count >= options.waiting_limit) return LookUp::answered(std::nullopt);
    if (waiting.empty() || waiting.back().questions.size() >= options.batch_limit) waiting.emplace_back();
    waiting.back().request.add_receipt_ids(receipt.str());
    const auto& look_up = waiting.back().questions.emplace_back(std::make_shared<LookUp::State>());
    ++waiting_count;
    LookUp asked(look_up);
    send_next();
    return asked;
  }

  void send_next() {
    if (on_its_way || waiting.empty() || pausing) return;
    pausing = true;
    timer.expires_after(options.pause);
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& gone) {
      if (gone) return;
      self->pausing = false;
      self->send_next();
    });
    on_its_way = true;
    Batch batch = std::move(waiting.front());
    waiting.pop_front();
    waiting_count -= batch.questions.size();
    asio::co_spawn(executor, call(shared_from_this(), std::move(batch)), kRethrow);
  }

  static asio::awaitable<void> call(std::shared_ptr<Impl> self, Batch batch) {
    const std::optional<Printed> printed = co_await self->look_up(batch.request);
    self->on_its_way = false;
    self->count(printed.has_value());
    std::deque<Batch> unasked;
    if (self->resting()) {
      unasked.swap(self->waiting);
      self->waiting_count = 0;
    }
    self->send_next();
    answer(batch, printed.value_or(Printed()));
    for (const Batch& other : unasked) answer(other, {});
  }

  asio::awaitable<std::optional<Printed>> look_up(const v1::LookUpRequest& request) {
    const auto deadline = std::chrono::steady_clock::now() + options.timeout;
    const auto reply =
        co_await status.post(records::kLookUpPath, records::kProtobuf, request.SerializeAsString(), deadline);
    v1::LookUpResponse response;
    if (!reply || reply->status != 200 || reply->content_type != records::kProtobuf ||
        !response.ParseFromString(reply->body))
      co_return std::nullopt;
    Printed printed;
    for (v1::LookUpResponse::Entry& entry : *response.mutable_entries()) {
      if (entry.state() != v1::RECEIPT_STATE_DONE) continue;
      printed.emplace(std::move(*entry.mutable_receipt_id()),
                      PrintedContent{std::move(*entry.mutable_content_digest()), entry.digest_version(),
                                     TenantId(entry.tenant()), InstallationId(entry.installation())});
    }
    co_return printed;
  }

  static void answer(const Batch& batch, const Printed& printed) {
    for (std::size_t i = 0; i < batch.questions.size(); ++i) {
      const auto found = printed.find(batch.request.receipt_ids(static_cast<int>(i)));
      batch.questions[i]->settle(found == printed.end() ? Answer() : found->second);
    }
  }

  [[nodiscard]] bool resting() const { return std::chrono::steady_clock::now() < rests_until; }

  // While it fails, one call after each rest tries again.
  void count(bool ok) {
    if (ok) {
      failures = 0;
      return;
    }
    if (++failures < options.failures_to_rest) return;
    if (failures == options.failures_to_rest) log::warn("duplicates.status_does_not_answer");
    rests_until = std::chrono::steady_clock::now() + options.rest;
  }

  const asio::any_io_executor executor;
  const Options options;
  http::Client status;
  std::deque<Batch> waiting;
  std::size_t waiting_count = 0;  // receipts
  bool on_its_way = false;
  asio::steady_timer timer;
  bool pausing = false;
  int failures = 0;
  std::chrono::steady_clock::time_point rests_until{};
};

StatusDuplicates::StatusDuplicates(asio::any_io_executor executor, Options options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}

LookUp StatusDuplicates::ask(const ReceiptId& receipt) { return impl_->ask(receipt); }

}  // namespace kassaflow::ingress
