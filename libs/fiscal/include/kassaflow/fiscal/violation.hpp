#pragma once
// What is wrong with a receipt, in the law's terms. Whoever took the receipt in knows by which name its sender calls an
// attribute (libs/bitrix24).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace kassaflow::fiscal {

enum class Attribute : std::uint8_t {
  settlement_type,  // [1054]
  lines,            // [1059] as a whole: none or too many
  name,             // [1030]
  price,            // [1079]
  quantity,         // [1023]
  sum,              // [1043]
  vat,              // [1199]
  method,           // [1214]
  subject,          // [1212]
  measure,          // [2108]
  marking_code,     // [2000]
  product_code,     // [1162]
  supplier_name,    // [1225]
  supplier_inn,     // [1226]
  supplier_phone,   // [1171]
  payments,         // [1031], [1081], [1215], [1216], [1217]
  total,            // [1020]
  contact,          // [1008]
};

struct Violation {
  Attribute attribute;
  std::optional<std::size_t>
      index;            // from 0: of the line, of the payment with Attribute::payments; absent = the receipt
  std::string message;  // Russian, for the merchant, complete without attribute and index
  bool operator==(const Violation&) const = default;
};

}  // namespace kassaflow::fiscal
