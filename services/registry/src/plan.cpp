#include "plan.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>

#include "kassaflow/documents/documents.hpp"
#include "kassaflow/registers/protocol.hpp"
#include "rules.hpp"

namespace kassaflow::registry {
namespace {

using documents::flatten;

Name name_of(const v1::Document& document) {
  return {std::string(documents::kind_of(document)), documents::id_of(document)};
}

struct Reference {
  std::string key;
  Name target;
};

std::vector<Reference> references_of(const v1::Document& document) {
  switch (document.kind_case()) {
    case v1::Document::kPool:
      return {{"tenant", {"tenant", document.pool().tenant()}}};
    case v1::Document::kRegister:
      return {{"pool", {"pool", document.register_().pool()}}};
    case v1::Document::kInstallation:
      return {{"tenant", {"tenant", document.installation().tenant()}}};
    case v1::Document::kCashbox:
      return {{"installation", {"installation", document.cashbox().installation()}},
              {"pool", {"pool", document.cashbox().pool()}}};
    case v1::Document::kToken:
      if (document.token().tenant().empty()) return {};  // the operator's
      return {{"tenant", {"tenant", document.token().tenant()}}};
    case v1::Document::kTenant:
    case v1::Document::KIND_NOT_SET:
      break;
  }
  return {};
}

struct KeyedClaim {
  std::string key;  // of the grammar
  Claim claim;
  std::string taken;  // said before the name of the document that has it already
};

std::vector<KeyedClaim> claims_of(const v1::Document& document, const IdMaster& id_master) {
  if (document.has_register_()) {
    const registers::Protocol* protocol = registers::find_protocol(document.register_());
    if (protocol == nullptr) return {};  // rules.cpp refuses it
    std::vector<registers::Claim> claims = protocol->further_claims(document.register_());
    claims.insert(claims.begin(), protocol->identity(document.register_()));
    std::vector<KeyedClaim> keyed;
    for (auto& claim : claims) keyed.push_back({claim.key, {claim.what, claim.value}, claim.taken});
    return keyed;
  }
  if (document.has_installation() && !document.installation().secret().empty()) {
    const Claim secret{std::string(kSecretClaim), id_master.secret_hash(document.installation().secret())};
    return {{"secret", secret, {}}};  // whose it is stays unsaid
  }
  if (document.has_token()) return {{"hash", {kTokenClaim, document.token().hash()}, "is already the hash of"}};
  if (document.has_cashbox()) {
    const Claim number{"number", document.cashbox().installation() + "/" + document.cashbox().number()};
    return {{"number", number, "is already the number of"}};
  }
  return {};
}

std::string claim_taken(const KeyedClaim& keyed, const Name& owner) {
  if (keyed.claim.what == kSecretClaim) return "is or was the secret of another installation; choose another one";
  return keyed.taken + " " + owner.text();
}

const registers::Protocol& protocol_of(const v1::Register& sound) { return *registers::find_protocol(sound); }

// The grammar's key to show for something fixed of a document that is sound.
std::string key_of_fixed(const Name& name, const std::string& fixed, const v1::Document& document) {
  if (name.kind != "register" || fixed == "protocol") return fixed;
  if (fixed != "identity") return "pool";  // tenant and inn come with it
  return protocol_of(document.register_()).identity(document.register_()).key;
}

std::string changed_keys(const v1::Document& before, const v1::Document& after) {
  const auto old_values = flatten(before);
  const auto new_values = flatten(after);
  std::set<std::string> keys;
  for (const auto& [key, value] : old_values) {
    if (const auto now = new_values.find(key); now == new_values.end() || now->second != value) keys.insert(key);
  }
  for (const auto& [key, value] : new_values) {
    if (!old_values.contains(key)) keys.insert(key);
  }
  std::string text;
  for (const std::string& key : keys) text += (text.empty() ? "" : " ") + key;
  return text;
}

class Planner {
 public:
  Planner(const std::vector<v1::Document>& documents, World world, const PlanContext& context)
      : documents_(documents), world_(std::move(world)), context_(context) {}

  Plan run() {
    plan_.results.resize(documents_.size());
    std::vector<std::size_t> order(documents_.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {}, [this](std::size_t i) { return std::pair(documents_[i].kind_case(), i); });
    release_claims(order);
    hide_others();
    for (const auto& [name, stored] : world_.documents) add_to_company(name, stored.document);
    for (const std::size_t index : order) plan_document(index);
    for (auto& [index, errors] : errors_) std::ranges::move(errors, std::back_inserter(plan_.errors));
    return std::move(plan_);
  }

 private:
  // Two documents of one request may swap what they claim.
  void release_claims(const std::vector<std::size_t>& order) {
    std::set<Name> rewritten;
    for (const std::size_t index : order) rewritten.insert(name_of(documents_[index]));
    std::erase_if(world_.claims, [&](const auto& entry) {
      return entry.first.what != kSecretClaim && rewritten.contains(entry.second);
    });
  }

  // What is another tenant's is not there for a tenant's own people, but its names are taken.
  void hide_others() {
    if (context_.rights.only_tenant.empty()) return;
    std::erase_if(world_.documents, [this](const auto& entry) {
      if (entry.second.tenant == context_.rights.only_tenant) return false;
      others_.insert(entry.first);
      return true;
    });
    for (const auto& [name, fixed] : world_.tombstones) {
      const auto tenant = fixed.find("tenant");
      if (tenant == fixed.end() || tenant->second != context_.rights.only_tenant.str()) others_.insert(name);
    }
  }

  // Whether who applies may write the document at all.
  bool check_rights(std::size_t index, const Name& name, const v1::Document& document) {
    if (document.has_token() && !context_.rights.tokens) {
      error(index, "kind", "tokens are made by people: the operator, or an administrator of the tenant");
      return false;
    }
    if (context_.rights.only_tenant.empty()) return true;
    if (document.has_tenant()) {
      error(index, "kind", "tenants are made and changed by the operator");
    } else if (document.has_token() && document.token().tenant().empty()) {
      error(index, "scope", "must be tenant-admin or tenant-viewer; other tokens are made by the operator");
    } else if (others_.contains(name)) {
      error(index, "id", "is taken; choose another one");
    } else {
      return true;
    }
    return false;
  }

  void error(std::size_t index, std::string key, std::string message) {
    v1::ApplyError error;
    error.set_document(static_cast<std::uint32_t>(index));
    error.set_key(std::move(key));
    error.set_message(std::move(message));
    errors_[index].push_back(std::move(error));
  }

  void plan_document(std::size_t index) {
    v1::Document document = documents_[index];
    const Name name = name_of(document);
    bool sound = true;
    for (Problem& problem : check(document, context_.allow_private_endpoints)) {
      error(index, std::move(problem.key), std::move(problem.message));
      sound = false;
    }
    if (!seen_.insert(name).second) return error(index, "id", name.text() + " is declared twice");
    if (!check_rights(index, name, document)) sound = false;
    const std::optional<TenantId> tenant = check_references(index, document);
    if (!sound || !tenant) {
      broken_.insert(name);
      return;
    }
    const std::string generated = complete(document, *tenant);
    const Fixed fixed = fixed_of(document);
    const bool kept = check_fixed(index, name, document, fixed) && check_register(index, name, document) &&
                      check_company(index, name, document);
    std::vector<Claim> claims;
    const bool free = take_claims(index, name, document, claims);
    if (!kept || !free) {
      broken_.insert(name);
      return;
    }
    Write write;
    write.name = name;
    write.tenant = *tenant;
    write.fixed = fixed;
    write.document = std::move(document);
    write.claims = std::move(claims);
    record(index, std::move(write), generated);
  }

  // The tenant that owns the document, when everything it refers to exists and belongs to the same one (invariant I5).
  std::optional<TenantId> check_references(std::size_t index, const v1::Document& document) {
    if (document.has_tenant()) return TenantId(document.tenant().id());
    std::optional<TenantId> tenant;
    if (document.has_token() && document.token().tenant().empty()) tenant = TenantId();  // the operator's
    bool sound = true;
    for (const Reference& reference : references_of(document)) {
      const auto target = world_.documents.find(reference.target);
      if (target == world_.documents.end()) {
        sound = false;
        if (reference.target.id.empty() || broken_.contains(reference.target)) continue;  // said already
        error(index, reference.key, "there is no " + reference.target.kind + " " + reference.target.id);
      } else if (tenant && *tenant != target->second.tenant) {
        sound = false;
        error(index, reference.key, reference.target.text() + " belongs to another tenant");
      } else {
        tenant = target->second.tenant;
      }
    }
    return sound ? tenant : std::nullopt;
  }

  // Fills in what the registry adds. Returns the secret when it had to be made.
  std::string complete(v1::Document& document, const TenantId& tenant) {
    const auto before = world_.documents.find(name_of(document));
    if (document.has_register_()) {
      v1::Register& entry = *document.mutable_register_();
      entry.set_tenant(tenant.str());
      entry.clear_callback_token();
      entry.clear_former_callback_key();
      entry.clear_former_callback_token();
      entry.clear_former_callback_until_ms();
      if (before != world_.documents.end()) follow(before->second.document.register_(), entry);
    }
    if (!document.has_installation()) return {};
    v1::Installation& installation = *document.mutable_installation();
    installation.clear_id_key();
    installation.clear_former_secret();
    installation.clear_former_secret_until_ms();
    if (before != world_.documents.end()) {
      follow(before->second.document.installation(), installation);
      return {};
    }
    if (!installation.secret().empty()) return {};
    installation.set_secret(context_.new_secret());
    return installation.secret();
  }

  // Only the last secret is answered beside a new one: who changes it twice has done with the first.
  void follow(const v1::Installation& before, v1::Installation& after) const {
    if (after.secret().empty()) after.set_secret(before.secret());
    if (after.secret() == before.secret()) {
      after.set_former_secret(before.former_secret());
      after.set_former_secret_until_ms(before.former_secret_until_ms());
    } else if (context_.secret_grace.count() > 0) {
      after.set_former_secret(before.secret());
      after.set_former_secret_until_ms(grace_ends());
    }
  }

  // As an installation's secret: the key, and with it the token that is derived from it.
  void follow(const v1::Register& before, v1::Register& after) const {
    const registers::Callbacks* callbacks = protocol_of(after).callbacks();
    if (callbacks == nullptr) return;
    const std::string key = callbacks->key(before);
    if (callbacks->key(after) == key) {
      after.set_former_callback_key(before.former_callback_key());
      after.set_former_callback_until_ms(before.former_callback_until_ms());
    } else if (context_.secret_grace.count() > 0 && !key.empty()) {
      after.set_former_callback_key(key);
      after.set_former_callback_until_ms(grace_ends());
    }
  }

  [[nodiscard]] std::string grace_ends() const {
    return std::to_string(context_.now_ms + context_.secret_grace.count());
  }

  [[nodiscard]] Fixed fixed_of(const v1::Document& document) const {
    Fixed fixed = documents::immutable_values(document);
    if (document.has_register_()) {
      const v1::Register& entry = document.register_();
      fixed["inn"] = world_.documents.at({"pool", entry.pool()}).document.pool().inn();  // registered for one taxpayer
      fixed["identity"] = protocol_of(entry).identity(entry).value;
    }
    return fixed;
  }

  bool check_fixed(std::size_t index, const Name& name, const v1::Document& document, const Fixed& fixed) {
    const auto living = world_.documents.find(name);
    const auto dead = world_.tombstones.find(name);
    const Fixed* before = living != world_.documents.end()  ? &living->second.fixed
                          : dead != world_.tombstones.end() ? &dead->second
                                                            : nullptr;
    if (before == nullptr) return true;
    std::set<std::string> keys;
    for (const auto& [what, value] : *before) {
      const auto now = fixed.find(what);
      if (now == fixed.end() || now->second == value) continue;
      const std::string key = key_of_fixed(name, what, document);
      if (!keys.insert(key).second) continue;
      error(index, key,
            "cannot change: " + name.text() + (living == world_.documents.end() ? " was deleted with " : " has ") +
                what + " " + value + " for ever; use another id");
    }
    return keys.empty();
  }

  // While it exists, a register stays in its pool, and where its protocol says so at its address: what is under way
  // there is asked for there. Deleting it is refused while something is unsettled (exactly-once.md 9).
  bool check_register(std::size_t index, const Name& name, const v1::Document& document) {
    const auto living = world_.documents.find(name);
    if (living == world_.documents.end() || !document.has_register_()) return true;
    const v1::Register& before = living->second.document.register_();
    const v1::Register& after = document.register_();
    const std::string way_out = " while the register exists; delete it and apply it again";
    if (before.pool() != after.pool()) error(index, "pool", "cannot change" + way_out);
    const bool fixed = protocol_of(after).endpoint() == registers::Endpoint::fixed;
    const bool moved = fixed && before.endpoint() != after.endpoint();
    if (moved) error(index, "endpoint", "cannot change" + way_out);
    return before.pool() == after.pool() && !moved;
  }

  // Which register of a pool prints a receipt is chance, so either all of them print fiscal documents or none does.
  bool check_company(std::size_t index, const Name& name, const v1::Document& document) {
    if (!document.has_register_()) return true;
    const v1::Register& entry = document.register_();
    const bool device = protocol_of(entry).has_device();
    for (const Name& other : company_[{entry.pool(), !device}]) {
      if (other == name) continue;
      const v1::Register& neighbour = world_.documents.at(other).document.register_();
      error(index, "pool",
            "pool/" + entry.pool() + " holds " + other.text() + " of protocol " +
                std::string(protocol_of(neighbour).name()) +
                ": registers that are devices and registers that are not stand in different pools; name another pool");
      return false;
    }
    return true;
  }

  // What replaces a register takes its place: its pool stays the same, its protocol need not.
  void add_to_company(const Name& name, const v1::Document& document) {
    if (!document.has_register_()) return;
    const v1::Register& entry = document.register_();
    for (const bool device : {true, false}) company_[{entry.pool(), device}].erase(name);
    const registers::Protocol* protocol = registers::find_protocol(entry);
    if (protocol != nullptr) company_[{entry.pool(), protocol->has_device()}].insert(name);
  }

  bool take_claims(std::size_t index, const Name& name, const v1::Document& document, std::vector<Claim>& taken) {
    bool free = true;
    for (KeyedClaim& keyed : claims_of(document, context_.id_master)) {
      const auto [owner, fresh] = world_.claims.emplace(keyed.claim, name);
      if (!fresh && owner->second != name) {
        error(index, keyed.key, others_own(owner->second) ? "is taken already" : claim_taken(keyed, owner->second));
        free = false;
      }
      taken.push_back(std::move(keyed.claim));
    }
    return free;
  }

  [[nodiscard]] bool others_own(const Name& owner) const {
    return !context_.rights.only_tenant.empty() && !world_.documents.contains(owner);
  }

  void record(std::size_t index, Write write, const std::string& generated) {
    v1::ApplyResult& result = plan_.results[index];
    result.set_kind(write.name.kind);
    result.set_id(write.name.id);
    result.set_generated_secret(generated);
    const auto before = world_.documents.find(write.name);
    if (before == world_.documents.end()) {
      write.action = "created";
      write.changed_keys = changed_keys({}, write.document);
    } else {
      write.changed_keys = changed_keys(before->second.document, write.document);
      write.action = write.changed_keys.empty() ? "unchanged" : "updated";
    }
    result.set_action(write.action);
    for (Reference& reference : references_of(write.document)) write.references.push_back(std::move(reference.target));
    world_.documents[write.name] = {.document = write.document, .tenant = write.tenant, .fixed = write.fixed};
    add_to_company(write.name, write.document);
    if (write.action != "unchanged") plan_.writes.push_back(std::move(write));
  }

  const std::vector<v1::Document>& documents_;
  World world_;
  const PlanContext& context_;
  std::map<std::pair<std::string, bool>, std::set<Name>> company_;  // by pool and whether they are devices
  std::set<Name> seen_;
  std::set<Name> others_;  // names that another tenant's documents have or had
  std::set<Name> broken_;
  std::map<std::size_t, std::vector<v1::ApplyError>> errors_;  // by document
  Plan plan_;
};

}  // namespace

Needs needs_of(const std::vector<v1::Document>& documents, const IdMaster& id_master) {
  Needs needs;
  for (const v1::Document& document : documents) {
    if (documents::kind_of(document).empty()) continue;
    needs.documents.insert(name_of(document));
    if (document.has_register_()) needs.pools.emplace(document.register_().pool());
    for (Reference& reference : references_of(document)) needs.documents.insert(std::move(reference.target));
    for (KeyedClaim& keyed : claims_of(document, id_master)) needs.claims.insert(std::move(keyed.claim));
  }
  return needs;
}

Plan plan(const std::vector<v1::Document>& documents, World world, const PlanContext& context) {
  return Planner(documents, std::move(world), context).run();
}

std::string fixed_to_text(const Fixed& fixed) {
  std::string text;
  for (const auto& [what, value] : fixed) text += what + "=" + value + "\n";
  return text;
}

Fixed fixed_from_text(std::string_view text) {
  Fixed fixed;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const auto equals = line.find('=');
    if (equals != std::string_view::npos) fixed.emplace(line.substr(0, equals), line.substr(equals + 1));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return fixed;
}

}  // namespace kassaflow::registry
