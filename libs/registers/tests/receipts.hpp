#pragma once
// Receipts, tills and answers the tests of this library share.

#include <ostream>
#include <string>

#include "kassaflow/registers/driver.hpp"

namespace kassaflow::registers {

inline void PrintTo(Fact fact, std::ostream* out) { *out << to_string(fact); }
inline void PrintTo(Cause cause, std::ostream* out) { *out << to_string(cause); }

}  // namespace kassaflow::registers

namespace kassaflow::registers::tests {

inline const std::string kCreItem = "11111111-2222-3333-4444-555555555555";
inline const std::string kKey = "5f0c6c55-7a52-8c39-8c34-9f6f5f3e2a01";
inline const std::string kFn = "7380440800000001";
inline const std::string kQr = "t=20260301T120041&s=1000.00&fn=7380440800000001&i=1204&fp=3115223344&n=1";
inline constexpr std::int64_t kQrTime_s = 1'772'355'641;  // 2026-03-01 12:00:41 in Moscow

inline fiscal::Line mug() {
  fiscal::Line line;
  line.name = "Кружка 0.3 л";
  line.price = fiscal::Kopecks(50000);
  line.quantity = fiscal::Quantity(2000);
  line.sum = fiscal::Kopecks(100000);
  return line;
}

inline fiscal::Receipt mugs() {
  fiscal::Receipt receipt;
  receipt.lines = {mug()};
  receipt.payments.cashless = receipt.total = fiscal::Kopecks(100000);
  receipt.buyer_contact = "buyer@example.ru";
  return receipt;
}

inline fiscal::Till till() {
  fiscal::Till till;
  till.inn = "7701234567";
  till.taxation = fiscal::Taxation::usn_income;
  till.payment_address = "https://shop.example.ru";
  till.timezone = "Europe/Moscow";
  till.cashier_name = "Иванова А.А.";
  return till;
}

}  // namespace kassaflow::registers::tests
