#include "scope.hpp"

#include "kassaflow/configuration/documents.hpp"

namespace kassaflow::registry {
namespace {

// Accepts callbacks and posts: knows how to recognise them, not how to speak to registers or portals.
std::optional<v1::Document> for_ingress(const v1::Document& document, const IdMaster& id_master) {
  v1::Document out = document;
  if (out.has_register_()) {
    v1::Register& entry = *out.mutable_register_();
    const v1::ItkassaRegister& itkassa = document.register_().itkassa();
    if (!itkassa.callback_key().empty()) {
      entry.set_callback_token(id_master.callback_token(entry.tenant(), itkassa.callback_key()));
    }
    if (entry.has_itkassa()) entry.mutable_itkassa()->clear_api_key();
    if (entry.has_bit()) entry.mutable_bit()->clear_kkt_token();
  }
  if (out.has_installation()) {
    v1::Installation& entry = *out.mutable_installation();
    entry.clear_portal_webhook();
    entry.set_id_key(id_master.id_key(entry.tenant(), entry.id()));
  }
  return out;
}

// Speaks to registers; never hears of portals.
std::optional<v1::Document> for_fiscalizer(const v1::Document& document) {
  if (document.has_installation() || document.has_cashbox()) return std::nullopt;
  v1::Document out = document;
  if (out.has_register_() && out.register_().has_itkassa()) {
    out.mutable_register_()->mutable_itkassa()->clear_callback_key();
  }
  return out;
}

// Answers CHECK_URL and pushes; registers are none of its business.
std::optional<v1::Document> for_status(const v1::Document& document) {
  if (document.has_register_()) return std::nullopt;
  return document.has_cashbox() ? configuration::without_credentials(document) : document;
}

}  // namespace

bool is_known_service(std::string_view service) {
  return service == "ingress" || service == "fiscalizer" || service == "status";
}

std::optional<v1::Document> scoped(const v1::Document& document, std::string_view service, const IdMaster& id_master) {
  if (document.has_tenant()) return std::nullopt;
  if (service == "ingress") return for_ingress(document, id_master);
  if (service == "fiscalizer") return for_fiscalizer(document);
  if (service == "status") return for_status(document);
  return std::nullopt;
}

}  // namespace kassaflow::registry
