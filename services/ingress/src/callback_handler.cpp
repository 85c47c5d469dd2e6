#include "callback_handler.hpp"

#include <chrono>
#include <utility>

#include "kassaflow/log/log.hpp"
#include "kassaflow/records/limits.hpp"
#include "kassaflow/records/read.hpp"
#include "kassaflow/records/topics.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::ingress {

namespace asio = boost::asio;
using configuration::Register;

namespace {

// The register whose token and key the caller knows. Null: a stranger, who is not told which of them is wrong.
const Register* authenticate(const configuration::Snapshot& snapshot, const Callback& callback, std::int64_t now_ms) {
  const auto known = snapshot.registers_by_callback_token.find(callback.token);
  if (callback.token.empty() || known == snapshot.registers_by_callback_token.end()) return nullptr;
  for (const auto& candidate : known->second) {
    const auto& settings = candidate->settings;
    const auto& before = candidate->former_callbacks;
    const bool former = !before.token.empty() && before.token.matches(callback.token);
    if (former && now_ms >= before.until_ms) continue;
    if (settings.protocol != callback.protocol) continue;
    const auto& own = former ? *before.own : *settings.own;
    if (callback.protocol->callbacks()->authentic(own, callback.headers)) return candidate.get();
  }
  return nullptr;
}

}  // namespace

CloudRegisters::CloudRegisters(std::shared_ptr<const configuration::Snapshot> snapshot)
    : snapshot_(std::move(snapshot)) {
  for (const auto& [id, entry] : snapshot_->registers) {
    if (entry->settings.protocol->callbacks() != nullptr) by_identity_.emplace(entry->settings.identity, entry.get());
  }
}

const Register* CloudRegisters::find(const TenantId& tenant, const RegisterIdentity& identity) const {
  const auto known = by_identity_.find(identity);
  return known != by_identity_.end() && known->second->tenant == tenant ? known->second : nullptr;
}

asio::awaitable<CallbackHandler::Answer> CallbackHandler::take(Callback callback, std::string trace) {
  const auto started = std::chrono::steady_clock::now();
  if (callback.body.size() > records::kCallbackLimit) co_return Answer{413};
  const auto registers = dependencies_.registers();
  const Register* caller = authenticate(registers->snapshot(), callback, dependencies_.now_ms());
  const TenantId tenant = caller == nullptr ? TenantId() : caller->tenant;
  const RegisterId name = caller == nullptr ? RegisterId() : caller->settings.id;
  if (const auto wait = dependencies_.limits.callback(tenant, name, callback.body.size())) co_return Answer{429, wait};
  if (caller == nullptr) {
    log::warn("callback.refused", {{"trace", trace}});
    co_return Answer{403};
  }
  auto named = callback.protocol->callbacks()->named_in(callback.body);
  if (!named) {
    log::warn("callback.malformed", {{"trace", trace}, {"tenant", tenant.str()}});
    co_return Answer{400};
  }
  const Register* target = registers->find(tenant, named->identity);
  if (target == nullptr || (named->key.empty() && named->remote_id.empty())) {
    // Other software of the organization prints too: nothing of ours, and no reason to send it again.
    log::info("callback.foreign", {{"trace", trace}, {"tenant", tenant.str()}});
    co_return Answer{200};
  }

  v1::RegisterCallback record;
  record.set_tenant(tenant.str());
  record.set_register_(target->settings.id.str());
  record.set_protocol(std::string(callback.protocol->name()));
  record.set_body(callback.body.data(), callback.body.size());
  record.set_received_at_ms(dependencies_.now_ms());
  record.set_pool(target->pool.str());
  record.set_identity(named->identity.str());
  record.set_attempt_key(std::move(named->key));
  record.set_remote_id(std::move(named->remote_id));
  if (const auto fits = records::check(record); !fits) {  // no key of ours is like that, and nobody would read it
    log::warn("callback.malformed", {{"trace", trace}, {"tenant", tenant.str()}, {"detail", fits.error().message}});
    co_return Answer{400};
  }
  Message message{records::kCallbacksTopic, target->pool, record.SerializeAsString(), trace};
  const Published published =
      co_await dependencies_.publisher.publish(std::move(message), started + dependencies_.deadline);
  log::info(published == Published::durable ? "callback.accepted" : "callback.unconfirmed",
            {{"trace", trace}, {"tenant", tenant.str()}, {"register", target->settings.id.str()}});
  co_return Answer{published == Published::durable ? 200 : 503};
}

}  // namespace kassaflow::ingress
