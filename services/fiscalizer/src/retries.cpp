#include "retries.hpp"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <optional>

#include "journal/people.hpp"
#include "kassaflow/async/pause.hpp"
#include "kassaflow/base/check.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/rpc/channel.hpp"
#include "kassaflow/v1/status.grpc.pb.h"

namespace kassaflow::fiscalizer {

using journal::Transaction;

namespace {

constexpr std::chrono::seconds kLook{1};    // what a crashed worker left
constexpr std::chrono::seconds kAnswer{2};  // of status

}  // namespace

AskPromise ask_status(const std::string& address, const identity::Files& identity) {
  const std::shared_ptr<v1::Status::Stub> stub = v1::Status::NewStub(rpc::open_channel(identity, "status", address));
  return [stub](const Wish& wish) {
    v1::WithholdErrorRequest request;
    request.set_receipt_id(wish.receipt.str());
    request.set_revision(static_cast<std::uint64_t>(wish.revision));
    request.set_tenant(wish.tenant.str());
    request.set_installation(wish.installation.str());
    v1::WithholdErrorResponse response;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kAnswer);
    if (const auto status = stub->WithholdError(&context, request, &response); !status.ok()) {
      log::warn("retry.status_away", {{"receipt", wish.receipt.str()}, {"error", status.error_message()}});
      return Promise::away;
    }
    if (response.verdict() == v1::WithholdErrorResponse::WITHHELD) return Promise::given;
    return response.verdict() == v1::WithholdErrorResponse::TOLD ? Promise::too_late : Promise::not_yet;
  };
}

Retries::Retries(journal::Store& store, AskPromise ask, std::function<void()> queued)
    : store_(store), ask_(std::move(ask)), queued_(std::move(queued)) {}

Retries::End Retries::carry_out(const ReceiptId& receipt) {
  const auto found = store_.run_blocking([&](Transaction& tx) { return tx.wish_of(receipt); });
  if (!found) return End::later;
  if (!*found) return End::no_wish;
  const auto& wish = **found;
  switch (ask_(wish)) {
    case Promise::given: {
      const auto done = store_.run_blocking([&](Transaction& tx) { return people::carry_out(tx, wish); });
      if (!done || !*done) return End::later;
      queued_();
      return End::queued;
    }
    case Promise::too_late:
      return store_.transact_blocking([&](Transaction& tx) { people::take_back(tx, wish); }) ? End::taken_back
                                                                                             : End::later;
    case Promise::not_yet:
      return End::later;
    case Promise::away:
      return End::status_away;
  }
  never();
}

void Retries::carry_out_all(const std::stop_token& stopped) {
  const auto wishes = store_.run_blocking([](Transaction& tx) { return people::wishes(tx); });
  if (!wishes) return;
  for (const auto& wish : *wishes) {
    if (stopped.stop_requested() || carry_out(wish.receipt) == End::status_away) return;
  }
}

void Retries::start() {
  thread_ = std::jthread([this](const std::stop_token& stopped) { run(stopped); });
}

void Retries::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Retries::run(const std::stop_token& stopped) {
  do {
    carry_out_all(stopped);
  } while (async::pause_unless(stopped, kLook));
}

}  // namespace kassaflow::fiscalizer
