#include "duplicates.hpp"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "kassaflow/runtime/log.hpp"
#include "kassaflow/v1/status.grpc.pb.h"

namespace kassaflow::ingress {

namespace asio = boost::asio;
using Answer = std::optional<PrintedContent>;

namespace {

std::shared_ptr<grpc::Channel> channel_to(const std::string& address, std::chrono::milliseconds rest) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, static_cast<int>(rest.count()));
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

// gRPC's own threads must not destroy the last owner of a channel, so a call belongs to us and its callback borrows us;
// close() waits for it.
struct StatusDuplicates::Impl {
  struct Waiter {
    std::string receipt_id;
    asio::any_io_executor executor;
    asio::any_completion_handler<void(Answer)> handler;
    void answer(Answer content) {
      asio::post(executor, [h = std::move(handler), c = std::move(content)]() mutable { std::move(h)(std::move(c)); });
    }
  };
  struct Call {
    grpc::ClientContext context;
    v1::LookUpRequest request;
    v1::LookUpResponse response;
    std::vector<Waiter> waiters;
  };

  explicit Impl(Options given)
      : options(std::move(given)), stub(v1::Status::NewStub(channel_to(options.status_grpc, options.rest))) {}

  void ask(Waiter waiter) {
    Call* call = nullptr;
    {
      const std::lock_guard lock(mutex);
      const bool resting = std::chrono::steady_clock::now() < rests_until;
      if (resting || waiting.size() >= options.waiting_limit) {
        waiter.answer(std::nullopt);
        return;
      }
      waiting.push_back(std::move(waiter));
      if (on_its_way == nullptr) call = next_call();
    }
    if (call != nullptr) send(*call);
  }

  // Under the lock; takes the oldest waiters along. nullptr when nobody waits.
  Call* next_call() {
    if (waiting.empty()) return nullptr;
    on_its_way = std::make_unique<Call>();
    const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(std::min(waiting.size(), options.batch_limit));
    on_its_way->waiters.assign(std::make_move_iterator(waiting.begin()), std::make_move_iterator(end));
    waiting.erase(waiting.begin(), end);
    return on_its_way.get();
  }

  void send(Call& call) {
    for (const Waiter& waiter : call.waiters) call.request.add_receipt_ids(waiter.receipt_id);
    call.context.set_deadline(std::chrono::system_clock::now() + options.timeout);
    stub->async()->LookUp(&call.context, &call.request, &call.response,
                          [this](const grpc::Status& status) { answered(status.ok()); });
  }

  void answered(bool ok) {
    answer_waiters(*on_its_way);
    std::vector<Waiter> unasked;
    Call* next = nullptr;
    {
      const std::lock_guard lock(mutex);
      on_its_way.reset();
      count(ok);
      if (std::chrono::steady_clock::now() < rests_until) {
        unasked.swap(waiting);
      } else {
        next = next_call();
      }
      if (next == nullptr) idle.notify_all();  // from the end of this block on we may be gone
    }
    for (Waiter& waiter : unasked) waiter.answer(std::nullopt);
    if (next != nullptr) send(*next);
  }

  static void answer_waiters(Call& call) {
    std::unordered_map<std::string, Answer> printed;
    for (v1::LookUpResponse::Entry& entry : *call.response.mutable_entries()) {
      if (entry.state() != v1::RECEIPT_STATE_DONE) continue;
      printed.emplace(entry.receipt_id(),
                      PrintedContent{std::move(*entry.mutable_content_digest()), entry.digest_version()});
    }
    for (Waiter& waiter : call.waiters) {
      const auto found = printed.find(waiter.receipt_id);
      waiter.answer(found == printed.end() ? std::nullopt : found->second);
    }
  }

  // Under the lock. While it fails, one call after each rest tries again.
  void count(bool ok) {
    if (ok) {
      failures = 0;
      return;
    }
    if (++failures < options.failures_to_rest) return;
    if (failures == options.failures_to_rest) runtime::log(runtime::Level::warn, "duplicates.status_does_not_answer");
    rests_until = std::chrono::steady_clock::now() + options.rest;
  }

  void close() {
    std::unique_lock lock(mutex);
    rests_until = std::chrono::steady_clock::time_point::max();
    if (on_its_way != nullptr) on_its_way->context.TryCancel();
    idle.wait(lock, [&] { return on_its_way == nullptr; });
  }

  const Options options;
  const std::unique_ptr<v1::Status::Stub> stub;
  std::mutex mutex;
  std::condition_variable idle;
  std::vector<Waiter> waiting;
  std::unique_ptr<Call> on_its_way;  // its fields are touched by whoever sent it, until it is answered
  int failures = 0;
  std::chrono::steady_clock::time_point rests_until{};
};

StatusDuplicates::StatusDuplicates(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

StatusDuplicates::~StatusDuplicates() { impl_->close(); }

asio::awaitable<Answer> StatusDuplicates::printed(std::string receipt_id) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto start = [&](auto handler) {
    impl_->ask(
        Impl::Waiter{std::move(receipt_id), executor, asio::any_completion_handler<void(Answer)>(std::move(handler))});
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Answer)>(start, asio::use_awaitable);
}

}  // namespace kassaflow::ingress
