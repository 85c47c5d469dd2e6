#pragma once
// The domain receipt: what the portal asked to print, in the law's terms. Plain values, no I/O.
// Numbers of enumerators are the FFD codes (protocols/ffd.md §3); tags stand in brackets.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kassaflow/fiscal/money.hpp"

namespace kassaflow::fiscal {

enum class SettlementType : std::uint8_t { income = 1, income_return = 2, expense = 3, expense_return = 4 };  // [1054]

enum class Taxation : std::uint8_t {
  osn = 1,
  usn_income = 2,
  usn_income_outcome = 4,
  esn = 16,
  patent = 32
};  // [1055]

enum class Vat : std::uint8_t {  // [1199]
  vat_20 = 1,
  vat_10 = 2,
  vat_20_120 = 3,
  vat_10_110 = 4,
  vat_0 = 5,
  none = 6,
  vat_5 = 7,
  vat_7 = 8,
  vat_5_105 = 9,
  vat_7_107 = 10,
  vat_22 = 11,
  vat_22_122 = 12,
};

enum class PaymentMethod : std::uint8_t {  // [1214]
  full_prepayment = 1,
  prepayment = 2,
  advance = 3,
  full_payment = 4,
  partial_payment = 5,
  credit = 6,
  credit_payment = 7,
};

// [1212] 1..27, 30..33; named are those with rules of their own. A receipt names marked goods as FFD 1.2 does, whatever
// its register's format: payment_subject_for (codes.hpp) downgrades them when they are rendered.
enum class PaymentSubject : std::uint8_t {
  commodity = 1,
  excise = 2,
  job = 3,
  service = 4,
  payment = 10,
  another = 13,
  marked_excise_without_code = 30,
  marked_excise = 31,
  marked_without_code = 32,
  marked = 33,
};

enum class Ffd : std::uint8_t { v1_05 = 2, v1_2 = 4 };  // [1209]

struct Supplier {                   // [1224]
  std::string name;                 // [1225]
  std::string inn;                  // [1226]
  std::vector<std::string> phones;  // [1171]
  bool operator==(const Supplier&) const = default;
};

struct Line {                                          // [1059]
  std::string name;                                    // [1030] UTF-8 whose characters exist in CP866, 1..128 of them
  Kopecks price;                                       // [1079] per unit, discounts applied
  Quantity quantity;                                   // [1023] > 0
  Kopecks sum;                                         // [1043]
  Vat vat = Vat::none;                                 // [1199]
  PaymentMethod method = PaymentMethod::full_payment;  // [1214]
  PaymentSubject subject = PaymentSubject::commodity;  // [1212]
  std::optional<std::uint8_t> measure;                 // [2108], told whether or not the register's format has it
  std::string marking_code;                            // [2000] bytes as scanned, empty = none
  std::string product_code;                            // [1162] bytes, empty = none
  std::optional<Supplier> supplier;                    // an agent line when set, [1222] = 64
  bool operator==(const Line&) const = default;
};

struct Payments {
  Kopecks cash;               // [1031]
  Kopecks cashless;           // [1081]
  Kopecks advance;            // [1215]
  Kopecks credit;             // [1216]
  Kopecks counter_provision;  // [1217]
  [[nodiscard]] Kopecks total() const { return cash + cashless + advance + credit + counter_provision; }
  bool operator==(const Payments&) const = default;
};

// What is odd about a receipt and does not keep it from being printed.
struct Warning {
  std::string kind;      // a closed set of words, the label of a metric: "contact_unusable", …
  std::size_t line = 0;  // from 1, 0 = the whole receipt
  std::string text;      // Russian, for the merchant, complete without line
  bool operator==(const Warning&) const = default;
};

struct Receipt {
  SettlementType settlement_type = SettlementType::income;
  std::vector<Line> lines;
  Payments payments;
  Kopecks total;              // [1020]
  std::string buyer_contact;  // [1008] e-mail or +7XXXXXXXXXX; empty when there is none that can be used
  std::vector<Warning> warnings;
  bool operator==(const Receipt&) const = default;
};

// What the portal does not send and the pool's owner has set: needed to render a receipt for a register.
struct Till {
  std::string inn;  // [1018]
  Taxation taxation = Taxation::osn;
  Ffd ffd = Ffd::v1_05;
  std::string payment_address;  // [1187]
  std::string timezone;         // IANA name of the register's clock, "Europe/Moscow"
  std::string cashier_name;     // [1021]
  std::string cashier_inn;      // [1203]
};

// What a register signed; absent means the register did not tell (exactly-once.md 19).
struct FiscalDocument {
  std::string fn;                               // [1041]
  std::uint64_t fd = 0;                         // [1040], 0 = unknown
  std::string fp;                               // [1077] ten digits, with leading zeros; empty = unknown
  std::string registration_number;              // [1037]
  std::optional<std::uint32_t> shift;           // [1038]
  std::optional<std::uint32_t> receipt_number;  // [1042]
  std::int64_t printed_at_s = 0;                // [1012] Unix seconds UTC, 0 = unknown
  bool printed_at_is_gateway_clock = false;
  bool test = false;  // of a test register: without legal force
  bool operator==(const FiscalDocument&) const = default;
};

}  // namespace kassaflow::fiscal
