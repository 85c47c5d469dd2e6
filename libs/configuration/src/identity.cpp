#include "kassaflow/configuration/identity.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "kassaflow/documents/documents.hpp"
#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::configuration {

std::string register_identity(const v1::Register& document) {
  const std::string protocol(documents::protocol_of(document));
  if (document.has_itkassa()) {
    std::string id = document.itkassa().cre_item_id();
    std::ranges::transform(id, id.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return "itkassa:" + id;
  }
  if (!document.registration_number().empty()) return protocol + ":" + document.registration_number();
  return protocol + ":token:" + token_hash(document.bit().kkt_token());
}

std::string token_hash(std::string_view token) {
  constexpr std::string_view context =
      "kassaflow register token";  // keeps the hash apart from others of the same token
  std::array<unsigned char, 16> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(token.data()), token.size(),
                     reinterpret_cast<const unsigned char*>(context.data()), context.size());
  std::array<char, 2 * hash.size() + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
  return hex.data();
}

}  // namespace kassaflow::configuration
