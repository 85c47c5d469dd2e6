#pragma once
// The keys of a post: PHP's bracket nesting, and which of them the gateway reads.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace kassaflow::bitrix24 {

// `a[b][]` as a, b and an empty segment.
struct FormPath {
  static constexpr std::size_t kMaxSegments = 16;
  std::array<std::string_view, kMaxSegments> segment;
  std::size_t size = 0;
  bool too_deep = false;  // there are more segments than `depth_limit`
};

// As PHP: what follows a closed bracket without opening another is ignored, a bracket that is never closed belongs to
// the name. `key` is not empty.
[[nodiscard]] FormPath split_key(std::string_view key, std::size_t depth_limit);

// What the pair is to us.
enum class Role : std::uint8_t {
  ignored,  // a key of another build, of a customised portal or of an object left in the post (bitrix24.md §5.8)
  bytes,    // read as it is: numbers, codes, marking codes
  text,     // shown or printed: UTF-8 after parsing, without what was broken
  word,     // compared, or read as a number: UTF-8 after parsing, and what was broken equals nothing
};
[[nodiscard]] Role role_of(const FormPath& path);

// bitrix24.md §5.1, §5.2, §5.4: the names that form, mapping and digest ask for, beside the `name` of an item or a
// supplier. Add a name here before you read it.
using Names = std::initializer_list<std::string_view>;
inline constexpr Names kTopTexts = {"client_email", "client_phone", "uuid", "number_kkm"};
inline constexpr Names kTopWords = {"type",        "calculated_sign", "unique_id", "currency",
                                    "date_create", "total_sum",       "operation"};
inline constexpr Names kItem = {
    "price",          "sum",          "currency",       "quantity",          "measure_code", "vat", "vat_sum",
    "payment_object", "marking_code", "payment_method", "nomenclature_code", "supplier_info"};
inline constexpr Names kSupplier = {"inn", "phones"};
inline constexpr Names kPayment = {"type", "sum", "currency"};

// The number PHP would store a decimal key as; -1 for a string key.
[[nodiscard]] std::int64_t as_index(std::string_view key);

}  // namespace kassaflow::bitrix24
