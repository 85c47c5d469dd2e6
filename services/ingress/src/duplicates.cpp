#include "duplicates.hpp"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
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

struct Question::State {
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

Question Question::answered(Answer content) {
  Question question(std::make_shared<State>());
  question.state_->answer = std::move(content);
  return question;
}

asio::awaitable<Answer> Question::answer() {
  if (state_->answer) co_return std::move(*state_->answer);
  const auto start = [this](auto handler) { state_->resume.emplace(std::move(handler)); };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Answer)>(start, asio::use_awaitable);
}

// All on the executor; gRPC's threads only post the end of a call there. They must not destroy the last owner of a
// channel, so a call belongs to us and its callback borrows us; close() waits for it.
struct StatusDuplicates::Impl {
  struct Waiter {
    std::string receipt_id;
    std::shared_ptr<Question::State> question;
  };
  struct Call {
    grpc::ClientContext context;
    v1::LookUpRequest request;
    v1::LookUpResponse response;
    std::vector<Waiter> waiters;
  };

  Impl(asio::any_io_executor e, Options given)
      : executor(std::move(e)),
        options(std::move(given)),
        stub(v1::Status::NewStub(channel_to(options.status_grpc, options.rest))),
        timer(executor) {}

  Question ask(std::string receipt_id) {
    if (resting() || waiting.size() >= options.waiting_limit) return Question::answered(std::nullopt);
    auto state = std::make_shared<Question::State>();
    waiting.push_back({std::move(receipt_id), state});
    send_next();
    return Question(std::move(state));
  }

  // Takes the oldest waiters along.
  void send_next() {
    if (on_its_way != nullptr || waiting.empty() || pausing) return;
    pausing = true;
    timer.expires_after(options.pause);
    timer.async_wait([this](const boost::system::error_code& gone) {
      if (gone) return;
      pausing = false;
      send_next();
    });
    on_its_way = std::make_unique<Call>();
    Call& call = *on_its_way;
    const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(std::min(waiting.size(), options.batch_limit));
    call.waiters.assign(std::make_move_iterator(waiting.begin()), std::make_move_iterator(end));
    waiting.erase(waiting.begin(), end);
    for (const Waiter& waiter : call.waiters) call.request.add_receipt_ids(waiter.receipt_id);
    call.context.set_deadline(std::chrono::system_clock::now() + options.timeout);
    {
      const std::lock_guard lock(mutex);
      ++calls;
    }
    stub->async()->LookUp(&call.context, &call.request, &call.response, [this](const grpc::Status& status) {
      asio::post(executor, [this, ok = status.ok()] { answered(ok); });
      const std::lock_guard lock(mutex);
      --calls;
      idle.notify_all();
    });
  }

  void answered(bool ok) {
    const auto call = std::move(on_its_way);
    count(ok);
    std::vector<Waiter> unasked;
    if (resting()) unasked.swap(waiting);
    send_next();
    answer(*call);
    for (const Waiter& waiter : unasked) waiter.question->settle(std::nullopt);
  }

  static void answer(Call& call) {
    std::unordered_map<std::string, Answer> printed;
    for (v1::LookUpResponse::Entry& entry : *call.response.mutable_entries()) {
      if (entry.state() != v1::RECEIPT_STATE_DONE) continue;
      printed.emplace(entry.receipt_id(),
                      PrintedContent{std::move(*entry.mutable_content_digest()), entry.digest_version()});
    }
    for (const Waiter& waiter : call.waiters) {
      const auto found = printed.find(waiter.receipt_id);
      waiter.question->settle(found == printed.end() ? std::nullopt : found->second);
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
    if (failures == options.failures_to_rest) runtime::log(runtime::Level::warn, "duplicates.status_does_not_answer");
    rests_until = std::chrono::steady_clock::now() + options.rest;
  }

  void close() {
    std::unique_lock lock(mutex);
    if (on_its_way != nullptr) on_its_way->context.TryCancel();
    idle.wait(lock, [&] { return calls == 0; });
  }

  const asio::any_io_executor executor;
  const Options options;
  const std::unique_ptr<v1::Status::Stub> stub;
  std::vector<Waiter> waiting;
  std::unique_ptr<Call> on_its_way;
  asio::steady_timer timer;
  bool pausing = false;
  int failures = 0;
  std::chrono::steady_clock::time_point rests_until{};

  std::mutex mutex;  // of what gRPC's threads touch
  std::condition_variable idle;
  int calls = 0;
};

StatusDuplicates::StatusDuplicates(asio::any_io_executor executor, Options options)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(options))) {}

StatusDuplicates::~StatusDuplicates() { impl_->close(); }

Question StatusDuplicates::ask(std::string receipt_id) { return impl_->ask(std::move(receipt_id)); }

}  // namespace kassaflow::ingress
