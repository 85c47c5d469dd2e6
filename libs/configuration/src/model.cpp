#include "model.hpp"

#include <charconv>
#include <utility>

#include "kassaflow/configuration/words.hpp"
#include "kassaflow/fiscal/vat.hpp"
#include "kassaflow/registers/protocol.hpp"
#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::configuration {
namespace {

// A later version of the registry may say what this program does not know.
constexpr std::string_view kUpgrade = "start a version of this program that is no older than the registry";
constexpr ErrorKind kUnknownWord{"configuration.unknown_word", kUpgrade};
constexpr ErrorKind kNotYet{"configuration.not_yet", "see that the registry runs, and try again"};
constexpr ErrorKind kUnknownKind{"configuration.unknown_kind", kUpgrade};

// 0: none, or not to be understood.
std::int64_t number_in(std::string_view digits) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
}

Result<Pool> to_pool(const v1::Pool& from) {
  const auto taxation = meaning_of(from.taxation());
  const auto ffd = meaning_of(from.ffd());
  if (!taxation || !ffd) return fail(kUnknownWord, "taxation or ffd of pool " + from.id());
  Pool pool{.id = PoolId(from.id()), .tenant = TenantId(from.tenant()), .till = {}};
  pool.till.inn = from.inn();
  pool.till.taxation = *taxation;
  pool.till.ffd = *ffd;
  pool.till.payment_address = from.payment_address();
  pool.till.timezone = from.timezone();
  pool.till.cashier_name = from.cashier().name();
  pool.till.cashier_inn = from.cashier().inn();
  return pool;
}

Result<Register> to_register(const v1::Register& from) {
  auto settings = registers::read_settings(from);
  if (!settings) return tl::unexpected(settings.error());
  Register made;
  made.settings = std::move(*settings);
  made.pool = PoolId(from.pool());
  made.tenant = TenantId(from.tenant());
  made.callback_token = Secret(from.callback_token());
  const registers::Callbacks* callbacks = made.settings.protocol->callbacks();
  if (callbacks != nullptr && !from.former_callback_token().empty()) {
    v1::Register before = from;
    callbacks->set_key(before, from.former_callback_key());
    made.former_callbacks = {Secret(from.former_callback_token()), made.settings.protocol->read(before),
                             number_in(from.former_callback_until_ms())};
  }
  made.retired = from.retired();
  return made;
}

Result<Installation> to_installation(const v1::Installation& from) {
  const auto marked = meaning_of(from.marked_without_code());
  if (!marked) return fail(kUnknownWord, "markedWithoutCode of installation " + from.id());
  Installation made;
  made.id = InstallationId(from.id());
  made.tenant = TenantId(from.tenant());
  made.secret = Secret(from.secret());
  made.former_secret = Secret(from.former_secret());
  made.former_secret_until_ms = number_in(from.former_secret_until_ms());
  if (!from.id_key().empty()) made.id_key.emplace(Secret(from.id_key()));
  made.portal_webhook = Secret(from.portal_webhook());
  made.marked_without_code = *marked;
  for (const auto& [id, word] : from.vat()) {
    const auto vat = fiscal::parse_vat(word);
    if (!vat) return fail(kUnknownWord, "vat of installation " + from.id());
    made.vat.emplace(id, *vat);
  }
  return made;
}

Cashbox to_cashbox(const v1::Cashbox& from) {
  Cashbox made{.id = CashboxId(from.id()), .number = from.number(), .pool = PoolId(from.pool()), .required_params = {}};
  for (const auto& [name, value] : from.required_params()) made.required_params.emplace(name, Secret(value));
  return made;
}

}  // namespace

std::vector<std::string> Model::apply(const v1::WatchEvent& event) {
  std::vector<std::string> refused;
  for (const std::string& name : event.deletes()) remove(name);
  for (const v1::Document& document : event.upserts()) {
    if (auto done = put(document, event.revision()); !done) refused.push_back(explained(done.error()));
  }
  return refused;
}

Result<std::monostate> Model::put(const v1::Document& document, std::uint64_t revision) {
  switch (document.kind_case()) {
    case v1::Document::kPool: {
      auto pool = to_pool(document.pool());
      if (!pool) return tl::unexpected(pool.error());
      const PoolId id = pool->id;
      stale_pools_.insert(id);
      pools_[id] = std::make_shared<const Pool>(std::move(*pool));
      break;
    }
    case v1::Document::kRegister: {
      const RegisterId id(document.register_().id());
      const PoolId pool(document.register_().pool());
      auto made = to_register(document.register_());
      if (!made) {
        registers_.erase(id);
        unknown_registers_[id] = pool;
        return tl::unexpected(made.error());
      }
      made->revision = revision;
      stale_pools_.insert(pool);
      unknown_registers_.erase(id);
      registers_[id] = std::make_shared<const Register>(std::move(*made));
      break;
    }
    case v1::Document::kInstallation: {
      auto installation = to_installation(document.installation());
      if (!installation) return tl::unexpected(installation.error());
      const InstallationId id = installation->id;
      stale_installations_.insert(id);
      installations_[id] = std::make_shared<const Installation>(std::move(*installation));
      break;
    }
    case v1::Document::kCashbox: {
      const InstallationId installation(document.cashbox().installation());
      Cashbox cashbox = to_cashbox(document.cashbox());
      const CashboxId id = cashbox.id;
      forget_cashbox(id);
      cashboxes_[id] = {.installation = installation, .cashbox = std::move(cashbox)};
      cashboxes_by_installation_[installation].insert(id);
      stale_installations_.insert(installation);
      break;
    }
    case v1::Document::kToken: {
      const v1::Token& from = document.token();
      auto token = rpc::read_token(from);
      tokens_.erase(from.id());
      if (!token) return fail(kUnknownWord, "expires of token " + from.id());
      tokens_[from.id()] = {from.hash(), std::move(*token)};
      break;
    }
    case v1::Document::kTenant:
      break;  // services know tenants by id only
    case v1::Document::KIND_NOT_SET:
      return fail(kUnknownKind, "a document of a kind unknown here");
  }
  return std::monostate{};
}

void Model::remove(std::string_view kind_and_id) {
  const auto slash = kind_and_id.find('/');
  if (slash == std::string_view::npos) return;
  const std::string_view kind = kind_and_id.substr(0, slash);
  const std::string id(kind_and_id.substr(slash + 1));
  if (kind == "pool") {
    pools_.erase(PoolId(id));
  } else if (kind == "register") {
    registers_.erase(RegisterId(id));
    unknown_registers_.erase(RegisterId(id));
  } else if (kind == "installation") {
    installations_.erase(InstallationId(id));
  } else if (kind == "cashbox") {
    forget_cashbox(CashboxId(id));
  } else if (kind == "token") {
    tokens_.erase(id);
  }
}

void Model::forget_cashbox(const CashboxId& id) {
  const auto known = cashboxes_.find(id);
  if (known == cashboxes_.end()) return;
  const InstallationId& installation = known->second.installation;
  stale_installations_.insert(installation);
  const auto siblings = cashboxes_by_installation_.find(installation);
  siblings->second.erase(id);
  if (siblings->second.empty()) cashboxes_by_installation_.erase(siblings);
  cashboxes_.erase(known);
}

void Model::refresh_registers() {
  if (stale_pools_.empty()) return;
  for (auto& [id, entry] : registers_) {
    if (!stale_pools_.contains(entry->pool)) continue;
    const auto pool = pools_.find(entry->pool);
    const std::string timezone = pool == pools_.end() ? std::string() : pool->second->till.timezone;
    if (entry->settings.timezone == timezone) continue;
    auto copy = std::make_shared<Register>(*entry);
    copy->settings.timezone = timezone;
    entry = std::move(copy);
  }
  stale_pools_.clear();
}

void Model::refresh_installations() {
  for (const InstallationId& id : stale_installations_) {
    const auto entry = installations_.find(id);
    if (entry == installations_.end()) continue;
    auto copy = std::make_shared<Installation>(*entry->second);
    copy->cashboxes_by_number.clear();
    if (const auto own = cashboxes_by_installation_.find(id); own != cashboxes_by_installation_.end()) {
      for (const CashboxId& cashbox_id : own->second) {
        const Cashbox& cashbox = cashboxes_.at(cashbox_id).cashbox;
        copy->cashboxes_by_number.emplace(cashbox.number, cashbox);
      }
    }
    entry->second = std::move(copy);
  }
  stale_installations_.clear();
}

std::shared_ptr<const Snapshot> Model::build(std::uint64_t revision) {
  refresh_registers();
  refresh_installations();
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->revision = revision;
  snapshot->pools = pools_;
  snapshot->registers = registers_;
  snapshot->unknown_registers = unknown_registers_;
  snapshot->installations = installations_;
  for (const auto& [id, entry] : registers_) {
    snapshot->registers_by_pool[entry->pool].push_back(entry);
    for (const Secret* token : {&entry->callback_token, &entry->former_callbacks.token}) {
      if (!token->empty()) snapshot->registers_by_callback_token[token->reveal()].push_back(entry);
    }
  }
  for (const auto& [id, entry] : installations_) {
    for (const Secret* secret : {&entry->secret, &entry->former_secret}) {
      if (!secret->empty()) snapshot->installations_by_secret.emplace(secret->reveal(), entry);
    }
  }
  for (const auto& [id, token] : tokens_) snapshot->tokens_by_hash.insert(token);
  return snapshot;
}

Result<std::optional<rpc::Token>> find_token(const Snapshot& snapshot, const std::string& hash) {
  if (snapshot.revision == 0) return fail(kNotYet, "tokens are not known here before the registry has answered once");
  const auto found = snapshot.tokens_by_hash.find(hash);
  return found == snapshot.tokens_by_hash.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace kassaflow::configuration
