#pragma once
// Receipts to break, and tables of what breaks them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kassaflow/fiscal/rules.hpp"
#include "kassaflow/fiscal/text.hpp"

namespace kassaflow::fiscal {

inline Receipt sale() {
  Line line;
  line.name = "Чай \"Ассам\" 100 г";
  line.price = Kopecks(22500);
  line.quantity = Quantity(2000);
  line.sum = Kopecks(45000);
  line.vat = Vat::vat_22;
  line.measure = 0;
  Receipt receipt;
  receipt.lines = {line};
  receipt.payments.cashless = Kopecks(45000);
  receipt.total = Kopecks(45000);
  receipt.buyer_contact = "ivan@example.ru";
  return receipt;
}

inline Receipt marked_sale() {
  Receipt receipt = sale();
  auto& line = receipt.lines[0];
  line.quantity = Quantity(1000);
  line.sum = receipt.total = receipt.payments.cashless = line.price;
  line.subject = PaymentSubject::marked;
  line.marking_code =
      "010460043993125621JgXJ5.T-9m3xA\x1D"
      "93dGVz";
  line.product_code = "DM......JgXJ5.T-9m3xA";
  return receipt;
}

inline Receipt of_method(PaymentMethod method, PaymentSubject subject = PaymentSubject::payment, Vat vat = Vat::none) {
  Receipt receipt = sale();
  receipt.lines[0].method = method;
  receipt.lines[0].subject = subject;
  receipt.lines[0].vat = vat;
  if (method == PaymentMethod::credit) std::swap(receipt.payments.cashless, receipt.payments.credit);
  return receipt;
}

// Where a rule is broken: the line, absent for the receipt itself, and the attribute.
using Place = std::pair<std::optional<std::size_t>, Attribute>;
inline Place of(std::size_t line, Attribute attribute) { return {line, attribute}; }
inline Place of(Attribute attribute) { return {std::nullopt, attribute}; }

inline std::vector<Place> broken_attributes(const Receipt& receipt, Ffd ffd) {
  std::vector<Place> places;
  for (const auto& violation : validate(receipt, ffd)) {
    EXPECT_TRUE(is_utf8(violation.message));
    EXPECT_TRUE(violation.message.ends_with('.')) << violation.message;
    places.emplace_back(violation.index, violation.attribute);
  }
  return places;
}

struct Case {
  const char* what;
  std::function<void(Receipt&)> change;
  std::vector<Place> broken;
  Ffd ffd = Ffd::v1_2;
  std::function<Receipt()> base = sale;
};

inline void check(const std::vector<Case>& cases) {
  for (const auto& row : cases) {
    Receipt receipt = row.base();
    EXPECT_THAT(broken_attributes(receipt, row.ffd), testing::IsEmpty()) << "before: " << row.what;
    row.change(receipt);
    EXPECT_THAT(broken_attributes(receipt, row.ffd), testing::UnorderedElementsAreArray(row.broken)) << row.what;
  }
}

}  // namespace kassaflow::fiscal
