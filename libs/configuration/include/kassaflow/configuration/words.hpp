#pragma once
// What the words of configuration documents mean by the law. nullopt: not set, or a word of a newer registry. Pure.
// VAT words are fiscal::parse_vat's.

#include <optional>

#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/fiscal/receipt.hpp"
#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::configuration {

[[nodiscard]] std::optional<fiscal::Taxation> meaning_of(v1::Taxation word);
[[nodiscard]] std::optional<fiscal::Ffd> meaning_of(v1::Ffd word);
[[nodiscard]] std::optional<MarkedWithoutCode> meaning_of(v1::MarkedWithoutCode word);

}  // namespace kassaflow::configuration
