#include "kassaflow/configuration/documents.hpp"

#include <google/protobuf/message.h>
#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::configuration {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr Key kTenantKeys[] = {{"id", "id"}, {"name", "name"}};

constexpr Key kPoolKeys[] = {
    {"id", "id"},
    {"tenant", "tenant"},
    {"inn", "inn"},
    {"taxation", "taxation"},
    {"ffd", "ffd"},
    {"paymentAddress", "payment_address"},
    {"timezone", "timezone"},
    {"cashier.name", "cashier.name"},
    {"cashier.inn", "cashier.inn"},
};

constexpr Key kRegisterKeys[] = {
    {"id", "id"},
    {"pool", "pool"},
    {"protocol", "protocol"},
    {"endpoint", "endpoint"},
    {"registrationNumber", "registration_number"},
    {"exclusive", "exclusive", Shape::flag},
    {"test", "test", Shape::flag},
    {"itkassa.creItemId", "itkassa.cre_item_id"},
    {"itkassa.organizationId", "itkassa.organization_id"},
    {"itkassa.apiKey", "itkassa.api_key", Shape::text, true},
    {"itkassa.callbackKey", "itkassa.callback_key", Shape::text, true},
    {"bit.kktToken", "bit.kkt_token", Shape::text, true},
    {"bit.deduplication", "bit.deduplication"},
    {"virtual.delayMs", "virtual.delay_ms"},
    {"virtual.refuseKopecks", "virtual.refuse_kopecks"},
};

constexpr Key kInstallationKeys[] = {
    {"id", "id"},
    {"tenant", "tenant"},
    {"secret", "secret", Shape::text, true},
    {"portal.webhook", "portal_webhook", Shape::text, true},
    {"vat", "vat", Shape::text_by_number},
    {"markedWithoutCode", "marked_without_code"},
};

constexpr Key kCashboxKeys[] = {
    {"id", "id"},
    {"installation", "installation"},
    {"number", "number"},
    {"pool", "pool"},
    {"requires", "required_params", Shape::text_by_name, true},
};

// The message of the document's kind; documents are never passed here without one.
const Message& content(const v1::Document& document) {
  const auto* oneof = v1::Document::descriptor()->FindOneofByName("kind");
  const FieldDescriptor* field = v1::Document::GetReflection()->GetOneofFieldDescriptor(document, oneof);
  if (field == nullptr) throw std::invalid_argument("empty configuration document");
  return v1::Document::GetReflection()->GetMessage(document, field);
}

Message& mutable_content(v1::Document& document) { return const_cast<Message&>(content(document)); }

const FieldDescriptor& field_of(const Message& message, std::string_view name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(std::string(name));
  if (field == nullptr) throw std::logic_error("no field " + std::string(name));
  return *field;
}

struct Place {
  const Message* message;
  const FieldDescriptor* field;
};

Place find(const v1::Document& document, const Key& key) {
  const Message* message = &content(document);
  const auto dot = key.field.find('.');
  if (dot == std::string_view::npos) return {message, &field_of(*message, key.field)};
  message = &message->GetReflection()->GetMessage(*message, &field_of(*message, key.field.substr(0, dot)));
  return {message, &field_of(*message, key.field.substr(dot + 1))};
}

struct MutablePlace {
  Message* message;
  const FieldDescriptor* field;
};

MutablePlace find_mutable(v1::Document& document, const Key& key) {
  Message* message = &mutable_content(document);
  const auto dot = key.field.find('.');
  if (dot == std::string_view::npos) return {message, &field_of(*message, key.field)};
  message = message->GetReflection()->MutableMessage(message, &field_of(*message, key.field.substr(0, dot)));
  return {message, &field_of(*message, key.field.substr(dot + 1))};
}

bool is_map(const Key& key) { return key.shape == Shape::text_by_number || key.shape == Shape::text_by_name; }

}  // namespace

std::string_view normalise_kind(std::string_view word) {
  std::string lower(word);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string_view kind : kKinds) {
    const std::string plural = std::string(kind) + (kind == "cashbox" ? "es" : "s");
    if (lower == kind || lower == plural) return kind;
  }
  return {};
}

std::span<const Key> keys_of(std::string_view kind) {
  if (kind == "tenant") return kTenantKeys;
  if (kind == "pool") return kPoolKeys;
  if (kind == "register") return kRegisterKeys;
  if (kind == "installation") return kInstallationKeys;
  if (kind == "cashbox") return kCashboxKeys;
  return {};
}

v1::Document make_document(std::string_view kind) {
  v1::Document document;
  if (kind == "tenant") {
    document.mutable_tenant();
  } else if (kind == "pool") {
    document.mutable_pool();
  } else if (kind == "register") {
    document.mutable_register_()->set_exclusive(true);
  } else if (kind == "installation") {
    document.mutable_installation()->set_marked_without_code("refuse");
  } else if (kind == "cashbox") {
    document.mutable_cashbox();
  } else {
    throw std::invalid_argument("no kind " + std::string(kind));
  }
  return document;
}

std::string_view kind_of(const v1::Document& document) {
  switch (document.kind_case()) {
    case v1::Document::kTenant:
      return "tenant";
    case v1::Document::kPool:
      return "pool";
    case v1::Document::kRegister:
      return "register";
    case v1::Document::kInstallation:
      return "installation";
    case v1::Document::kCashbox:
      return "cashbox";
    case v1::Document::KIND_NOT_SET:
      break;
  }
  return {};
}

std::string id_of(const v1::Document& document) {
  return kind_of(document).empty() ? std::string() : get_text(document, Key{"id", "id"});
}

void set_text(v1::Document& document, const Key& key, const std::string& value) {
  const MutablePlace place = find_mutable(document, key);
  place.message->GetReflection()->SetString(place.message, place.field, value);
}

void set_flag(v1::Document& document, const Key& key, bool value) {
  const MutablePlace place = find_mutable(document, key);
  place.message->GetReflection()->SetBool(place.message, place.field, value);
}

void set_entry(v1::Document& document, const Key&, std::int32_t name, const std::string& value) {
  (*document.mutable_installation()->mutable_vat())[name] = value;
}

void set_entry(v1::Document& document, const Key&, const std::string& name, const std::string& value) {
  (*document.mutable_cashbox()->mutable_required_params())[name] = value;
}

std::string get_text(const v1::Document& document, const Key& key) {
  const Place place = find(document, key);
  return place.message->GetReflection()->GetString(*place.message, place.field);
}

bool get_flag(const v1::Document& document, const Key& key) {
  const Place place = find(document, key);
  return place.message->GetReflection()->GetBool(*place.message, place.field);
}

std::map<std::string, std::string> get_entries(const v1::Document& document, const Key& key) {
  std::map<std::string, std::string> entries;
  if (key.shape == Shape::text_by_number) {
    for (const auto& [name, value] : document.installation().vat()) entries.emplace(std::to_string(name), value);
  } else {
    for (const auto& [name, value] : document.cashbox().required_params()) entries.emplace(name, value);
  }
  return entries;
}

std::map<std::string, std::string> flatten(const v1::Document& document) {
  std::map<std::string, std::string> flat;
  for (const Key& key : keys_of(kind_of(document))) {
    if (key.shape == Shape::flag) {
      flat.emplace(key.path, get_flag(document, key) ? "true" : "false");
    } else if (is_map(key)) {
      for (const auto& [name, value] : get_entries(document, key)) {
        flat.emplace(std::string(key.path) + "." + name, value);
      }
    } else if (std::string value = get_text(document, key); !value.empty()) {
      flat.emplace(key.path, std::move(value));
    }
  }
  return flat;
}

v1::Document without_credentials(const v1::Document& document) {
  v1::Document open = document;
  for (const Key& key : keys_of(kind_of(document))) {
    if (!key.credential) continue;
    if (is_map(key)) {
      for (const auto& [name, value] : get_entries(document, key)) set_entry(open, key, name, std::string());
    } else if (!get_text(document, key).empty()) {
      set_text(open, key, "");
    }
  }
  return open;
}

v1::Document only_credentials(const v1::Document& document) {
  v1::Document secrets;
  const std::string_view kind = kind_of(document);
  for (const Key& key : keys_of(kind)) {
    if (!key.credential) continue;
    if (is_map(key)) {
      for (const auto& [name, value] : get_entries(document, key)) set_entry(secrets, key, name, value);
    } else if (const std::string value = get_text(document, key); !value.empty()) {
      if (kind_of(secrets).empty()) {
        secrets = make_document(kind);
        mutable_content(secrets).Clear();
      }
      set_text(secrets, key, value);
    }
  }
  return secrets;
}

}  // namespace kassaflow::configuration
