#include "scope.hpp"

#include "kassaflow/documents/marks.hpp"
#include "kassaflow/registers/protocol.hpp"

namespace kassaflow::registry {
namespace {

// What is derived whenever it is sent, and stored nowhere.
void derive(v1::Document& document, const IdMaster& id_master) {
  if (document.has_register_()) {
    v1::Register& entry = *document.mutable_register_();
    const registers::Protocol* protocol = registers::find_protocol(entry);
    const registers::Callbacks* callbacks = protocol == nullptr ? nullptr : protocol->callbacks();
    const std::string key = callbacks == nullptr ? std::string() : callbacks->key(entry);
    const TenantId tenant(entry.tenant());
    if (!key.empty()) entry.set_callback_token(id_master.callback_token(tenant, key));
    const std::string& former = entry.former_callback_key();
    if (!former.empty()) entry.set_former_callback_token(id_master.callback_token(tenant, former));
  }
  if (document.has_installation()) {
    v1::Installation& entry = *document.mutable_installation();
    entry.set_id_key(id_master.id_key(TenantId(entry.tenant()), InstallationId(entry.id())));
  }
}

}  // namespace

std::optional<v1::Document> scoped(const v1::Document& document, v1::Service service, const IdMaster& id_master) {
  v1::Document sent = document;
  derive(sent, id_master);
  documents::keep_sent_to(service, sent);
  return sent.kind_case() == v1::Document::KIND_NOT_SET ? std::nullopt : std::optional(std::move(sent));
}

}  // namespace kassaflow::registry
