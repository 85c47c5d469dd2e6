#pragma once
// Digest of what was posted (exactly-once.md 13): two posts of one receipt have the same content exactly when their
// digests of one version are the same. Pure.

#include <cstdint>
#include <string>

#include "kassaflow/bitrix24/form.hpp"

namespace kassaflow::bitrix24 {

// Stored with every digest. A change of the canonical form is a new version; digests of different versions say nothing.
inline constexpr std::uint32_t kDigestVersion = 1;

// 32 bytes: SHA-256 over type, lines (name, price, sum, quantity, VAT id, object, method, codes, measure, supplier),
// payments and total, with numbers in one spelling. Not in it: uuid, date_create, the buyer's contact, cashbox
// settings, unknown keys.
[[nodiscard]] std::string content_digest(const Form& form);

}  // namespace kassaflow::bitrix24
