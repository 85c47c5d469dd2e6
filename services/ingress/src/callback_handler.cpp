#include "callback_handler.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "kassaflow/log/log.hpp"
#include "kassaflow/records/topics.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::ingress {

namespace asio = boost::asio;
namespace json = boost::json;
using configuration::Register;

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// The register whose token, key and organization the caller knows; 403 and 404 tell no more than that they do not.
tl::expected<const Register*, int> authenticate(const configuration::Snapshot& snapshot, const Callback& callback) {
  const auto known = snapshot.registers_by_callback_token.find(callback.token);
  if (callback.token.empty() || known == snapshot.registers_by_callback_token.end()) return tl::unexpected(404);
  for (const auto& candidate : known->second) {
    const bool key = !candidate->callback_key.empty() && candidate->callback_key.matches(callback.api_key);
    const bool organization =
        candidate->organization_id.empty() || lower(candidate->organization_id) == lower(callback.organization_id);
    if (key && organization) return candidate.get();
  }
  return tl::unexpected(403);
}

// nullopt: no JSON object. Empty: an object that names no register.
std::optional<std::string> cre_item_of(std::string_view body) {
  boost::system::error_code error;
  const json::value value = json::parse({body.data(), body.size()}, error);
  if (error || !value.is_object()) return std::nullopt;
  const json::value* id = value.as_object().if_contains("creItemId");
  if (id == nullptr || !id->is_string()) return std::string();
  return std::string(id->as_string());
}

}  // namespace

CloudRegisters::CloudRegisters(std::shared_ptr<const configuration::Snapshot> snapshot)
    : snapshot_(std::move(snapshot)) {
  for (const auto& [id, entry] : snapshot_->registers) {
    if (!entry->settings.cre_item_id.empty()) by_cre_item_.emplace(lower(entry->settings.cre_item_id), entry.get());
  }
}

const Register* CloudRegisters::find(const std::string& tenant, const std::string& cre_item_id) const {
  const auto known = by_cre_item_.find(lower(cre_item_id));
  return known != by_cre_item_.end() && known->second->tenant == tenant ? known->second : nullptr;
}

asio::awaitable<int> CallbackHandler::take(Callback callback, std::string trace) {
  const auto started = std::chrono::steady_clock::now();
  if (callback.body.size() > kCallbackLimit) co_return 413;
  const auto registers = environment_.registers();
  const auto caller = authenticate(registers->snapshot(), callback);
  if (!caller) {
    log::warn("callback.refused", {{"trace", trace}, {"status", caller.error()}});
    co_return caller.error();
  }
  const std::string& tenant = (*caller)->tenant;
  const auto cre_item_id = cre_item_of(callback.body);
  if (!cre_item_id) {
    log::warn("callback.malformed", {{"trace", trace}, {"tenant", tenant}});
    co_return 400;
  }
  const Register* target = registers->find(tenant, *cre_item_id);
  if (target == nullptr) {
    // Other software of the organization prints too: nothing of ours, and no reason to send it again.
    log::info("callback.foreign", {{"trace", trace}, {"tenant", tenant}});
    co_return 200;
  }

  v1::RegisterCallback record;
  record.set_tenant(tenant);
  record.set_register_(target->settings.id);
  record.set_protocol(target->settings.protocol);
  record.set_body(callback.body.data(), callback.body.size());
  record.set_received_at_ms(environment_.now_ms());
  record.set_pool(target->pool);
  Message message{records::kCallbacksTopic, target->pool, record.SerializeAsString(), trace};
  const Published published =
      co_await environment_.publisher.publish(std::move(message), started + environment_.deadline);
  log::info(published == Published::durable ? "callback.accepted" : "callback.unconfirmed",
            {{"trace", trace}, {"tenant", tenant}, {"register", target->settings.id}});
  co_return published == Published::durable ? 200 : 503;
}

}  // namespace kassaflow::ingress
