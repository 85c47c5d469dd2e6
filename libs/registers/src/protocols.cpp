#include <array>

#include "bit/protocol.hpp"
#include "itkassa/protocol.hpp"
#include "kassaflow/documents/documents.hpp"
#include "kassaflow/registers/driver.hpp"
#include "kassaflow/registers/protocol.hpp"
#include "kassaflow/v1/registry.pb.h"
#include "virtual/protocol.hpp"

namespace kassaflow::registers {

std::span<const Protocol* const> protocols() {
  static const std::array kProtocols{
      &itkassa::protocol(),
      &bit::protocol(),
      &virtual_register::protocol(),
  };
  return kProtocols;
}

const Protocol* find_protocol(std::string_view name) {
  for (const Protocol* protocol : protocols()) {
    if (protocol->name() == name) return protocol;
  }
  return nullptr;
}

const Protocol* find_protocol(const v1::Register& document) { return find_protocol(documents::protocol_of(document)); }

Durations standard_durations() {
  Durations durations;
  for (const Protocol* protocol : protocols()) {
    for (const auto& setting : protocol->duration_settings()) durations.emplace(setting.name, setting.standard);
  }
  return durations;
}

Result<RegisterSettings> read_settings(const v1::Register& document) {
  RegisterSettings settings;
  settings.protocol = find_protocol(document);
  if (settings.protocol == nullptr) {
    return fail(kUnknownProtocol,
                "register " + document.id() + ": it says no protocol that this version of the program speaks");
  }
  settings.id = RegisterId(document.id());
  settings.tenant = TenantId(document.tenant());
  settings.own = settings.protocol->read(document);
  settings.identity = RegisterIdentity(settings.protocol->identity(document).value);
  settings.endpoint = document.endpoint();
  settings.registration_number = document.registration_number();
  settings.exclusive = document.exclusive();
  settings.test = document.test();
  return settings;
}

}  // namespace kassaflow::registers
