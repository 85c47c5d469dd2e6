#include "rules.hpp"

#include <algorithm>

#include "kassaflow/documents/documents.hpp"
#include "kassaflow/documents/marks.hpp"
#include "kassaflow/documents/words.hpp"
#include "kassaflow/fiscal/inn.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/fiscal/timezone.hpp"
#include "kassaflow/fiscal/vat.hpp"
#include "kassaflow/registers/document_checks.hpp"
#include "kassaflow/registers/protocol.hpp"
#include "kassaflow/rpc/token.hpp"
#include "kassaflow/text/ascii.hpp"
#include "kassaflow/text/hex.hpp"
#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::registry {
namespace {

bool is_path_safe(char c) { return ascii::is_letter_or_digit(c) || c == '-' || c == '_'; }
bool is_hex(char c) { return kHexDigits.find(c) != std::string_view::npos; }
bool is_text(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; }

class Checker : public registers::DocumentChecks {
 public:
  explicit Checker(bool allow_private_endpoints) : allow_private_(allow_private_endpoints) {}

  void text(std::string_view value, std::string_view key, std::size_t limit) {
    if (!present(value, key)) return;
    require(fiscal::characters(value) <= limit && fiscal::is_utf8(value) && std::ranges::all_of(value, is_text), key,
            "must be 1 to " + std::to_string(limit) + " characters in one line");
  }

  template <class Enum>
  void word(Enum value, std::string_view key) {
    const std::string wrong = documents::wrong_with(value);
    require(wrong.empty(), key, wrong);
  }

  void id(std::string_view value, std::string_view key) {
    if (!present(value, key)) return;
    require(documents::is_id(value), key,
            "must be 1 to 63 lower-case letters, digits and hyphens, not beginning with a hyphen");
  }

  void url(std::string_view value, std::string_view key) {
    const std::string wrong = check_url(value, allow_private_);
    require(wrong.empty(), key, wrong);
  }

  // Who knows it posts as the portal, so it has the 128 bits that nobody guesses, counted as a generator writes them: 4
  // a hexadecimal digit, 6 a character of any kind. Where private endpoints are allowed no tenant is a stranger, and
  // tests type 64 bits.
  void secret(std::string_view value) {
    const std::size_t least = allow_private_ ? 16 : std::ranges::all_of(value, ascii::is_hex) ? 32 : 22;
    const std::string wanted = allow_private_
                                   ? "16 to 128 letters, digits, hyphens and underscores"
                                   : "22 to 128 letters, digits, hyphens and underscores at random, or 32 to "
                                     "128 hexadecimal digits: 128 bits";
    require(value.size() >= least && value.size() <= 128 && std::ranges::all_of(value, is_path_safe), "secret",
            "must be " + wanted + "; left out, it stays as it is or is made");
  }

  void tenant(const v1::Tenant& tenant) { text(tenant.name(), "name", 256); }

  void pool(const v1::Pool& pool) {
    id(pool.tenant(), "tenant");
    // The check digits are left to the tax service: examples and test registers carry made-up numbers.
    if (present(pool.inn(), "inn")) {
      require(fiscal::is_inn(pool.inn()), "inn", "must be 10 or 12 digits");
    }
    word(pool.taxation(), "taxation");
    word(pool.ffd(), "ffd");
    text(pool.payment_address(), "paymentAddress", 256);
    if (present(pool.timezone(), "timezone")) {
      require(fiscal::is_timezone(pool.timezone()), "timezone", "is not a known time zone, such as Europe/Moscow");
    }
    if (!pool.cashier().name().empty()) text(pool.cashier().name(), "cashier.name", 64);
    if (!pool.cashier().inn().empty()) {
      require(pool.cashier().inn().size() == 12 && ascii::all_digits(pool.cashier().inn()), "cashier.inn",
              "must be 12 digits");
    }
  }

  void register_(const v1::Register& entry) {
    id(entry.pool(), "pool");
    const registers::Protocol* protocol = registers::find_protocol(entry);
    if (protocol != nullptr && protocol->endpoint() == registers::Endpoint::none) {
      require(entry.endpoint().empty(), "endpoint", "does not belong to protocol " + std::string(protocol->name()));
    } else if (present(entry.endpoint(), "endpoint")) {
      url(entry.endpoint(), "endpoint");
    }
    if (!entry.registration_number().empty()) {
      require(entry.registration_number().size() == 16 && ascii::all_digits(entry.registration_number()),
              "registrationNumber", "must be 16 digits");
    }
    if (protocol == nullptr) return require(false, "protocol", "is missing");
    add(protocol->check(entry));
  }

  void installation(const v1::Installation& entry) {
    id(entry.tenant(), "tenant");
    if (!entry.secret().empty()) secret(entry.secret());
    if (!entry.portal_webhook().empty()) url(entry.portal_webhook(), "portal.webhook");
    require(entry.vat_size() > 0, "vat", "is missing: say which rate each VAT record id of the portal is, 0 included");
    require(entry.vat_size() <= 1000, "vat", "must have at most 1000 entries");
    for (const auto& [record, word] : entry.vat()) {
      const std::string key = "vat." + std::to_string(record);
      require(record >= 0, key, "must be the id of a VAT record of the portal");
      require(fiscal::parse_vat(word).has_value(), key, "must be none, \"0\", \"5\", \"7\", \"10\", \"20\" or \"22\"");
    }
    word(entry.marked_without_code(), "markedWithoutCode");
  }

  void token(const v1::Token& entry) {
    word(entry.scope(), "scope");
    const bool of_tenant = entry.scope() == v1::SCOPE_TENANT_ADMIN || entry.scope() == v1::SCOPE_TENANT_VIEWER;
    if (of_tenant) {
      id(entry.tenant(), "tenant");
    } else {
      require(entry.tenant().empty(), "tenant", "belongs to the scopes tenant-admin and tenant-viewer");
    }
    require(entry.hash().size() == 64 && std::ranges::all_of(entry.hash(), is_hex), "hash",
            "must be the SHA-256 of the token, 64 lower-case hexadecimal digits; `kassactl tokens create` makes both");
    require(rpc::parse_time(entry.expires()).has_value(), "expires",
            "must be a time in UTC, such as 2027-01-31T00:00:00Z");
  }

  void cashbox(const v1::Cashbox& entry) {
    id(entry.installation(), "installation");
    text(entry.number(), "number", 64);
    id(entry.pool(), "pool");
    require(entry.required_params_size() <= 32, "requires", "must have at most 32 entries");
    for (const auto& [name, value] : entry.required_params()) {
      const std::string key = "requires." + name;
      require(!name.empty() && name.size() <= 128 && std::ranges::all_of(name, registers::is_visible), key,
              "must be a path of cashbox_params");
      require(!value.empty() && value.size() <= 1024, key, "must have 1 to 1024 bytes");
    }
  }

 private:
  bool allow_private_;
};

}  // namespace

std::vector<Problem> check(const v1::Document& document, bool allow_private_endpoints) {
  Checker checker(allow_private_endpoints);
  if (documents::kind_of(document).empty()) return {{"kind", "is missing or unknown to this registry"}};
  checker.id(documents::id_of(document), "id");
  // Left out, it would be a setting that somebody believes to be in force.
  checker.require(!documents::has_unknown_fields(document), "",
                  "holds a key that this registry does not know: its version and the client's differ");
  switch (document.kind_case()) {
    case v1::Document::kTenant:
      checker.tenant(document.tenant());
      break;
    case v1::Document::kPool:
      checker.pool(document.pool());
      break;
    case v1::Document::kRegister:
      checker.register_(document.register_());
      break;
    case v1::Document::kInstallation:
      checker.installation(document.installation());
      break;
    case v1::Document::kCashbox:
      checker.cashbox(document.cashbox());
      break;
    case v1::Document::kToken:
      checker.token(document.token());
      break;
    case v1::Document::KIND_NOT_SET:
      break;
  }
  return std::move(checker).problems();
}

}  // namespace kassaflow::registry
