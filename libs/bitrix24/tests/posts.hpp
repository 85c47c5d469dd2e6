#pragma once
// Posts to test with.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kassaflow/bitrix24/form.hpp"
#include "kassaflow/bitrix24/mapping.hpp"

namespace kassaflow::bitrix24 {

// The body of one of the portal's own requests.
inline std::string fixture(const std::string& name) {
  std::ifstream file(std::string(KASSAFLOW_FIXTURES) + "/" + name + ".http", std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t end = text.find("\r\n\r\n");
  EXPECT_NE(end, std::string::npos) << name;
  return end == std::string::npos ? "" : text.substr(end + 4);
}

inline std::string encoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

// A post as pairs, to be changed one by one. It begins as a sale of two pieces for 450.00 paid by card.
class PostBuilder {
 public:
  PostBuilder() {
    for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
             {"type", "sell"},
             {"calculated_sign", "income"},
             {"unique_id", "85"},
             {"currency", "RUB"},
             {"items[0][name]", "Чай"},
             {"items[0][price]", "225"},
             {"items[0][sum]", "450"},
             {"items[0][currency]", "RUB"},
             {"items[0][quantity]", "2"},
             {"items[0][measure_code]", "796"},
             {"items[0][vat]", "2"},
             {"items[0][payment_object]", "commodity"},
             {"items[0][payment_method]", "full_payment"},
             {"date_create", "1780300800"},
             {"payments[0][type]", "cashless"},
             {"payments[0][sum]", "450"},
             {"payments[0][currency]", "RUB"},
             {"client_email", "ivan@example.ru"},
             {"total_sum", "450"},
             {"uuid", "check|b24-demo.bitrix24.ru|85|1780300800"},
             {"operation", "income"},
             {"number_kkm", "box-1"},
             {"cashbox_params[GATEWAY][TOKEN]", "kx"},
         }) {
      set(key, value);
    }
  }
  PostBuilder& set(const std::string& key, const std::string& value) {
    for (auto& pair : pairs_) {
      if (pair.first != key) continue;
      pair.second = value;
      return *this;
    }
    pairs_.emplace_back(key, value);
    return *this;
  }
  PostBuilder& drop(const std::string& key) {
    std::erase_if(pairs_, [&](const auto& pair) { return pair.first == key; });
    return *this;
  }
  // Every amount of the one line: price, sum, payment and total.
  PostBuilder& amounts(const std::string& price, const std::string& quantity, const std::string& sum) {
    return set("items[0][price]", price)
        .set("items[0][quantity]", quantity)
        .set("items[0][sum]", sum)
        .set("payments[0][sum]", sum)
        .set("total_sum", sum);
  }
  PostBuilder& type(const std::string& name, const std::string& sign) {
    return set("type", name).set("calculated_sign", sign).set("operation", sign);
  }
  [[nodiscard]] std::string body() const {
    std::string out;
    for (const auto& [key, value] : pairs_) out += (out.empty() ? "" : "&") + encoded(key) + "=" + encoded(value);
    return out;
  }
  [[nodiscard]] Form form() const { return std::move(*Form::parse(body())); }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

// The VAT records of the fixtures' portal.
inline const std::map<std::int32_t, fiscal::Vat> kVat = {{0, fiscal::Vat::none},
                                                         {1, fiscal::Vat::none},
                                                         {2, fiscal::Vat::vat_10},
                                                         {3, fiscal::Vat::vat_22},
                                                         {4, fiscal::Vat::vat_0}};

inline MappingSettings settings(fiscal::Ffd ffd = fiscal::Ffd::v1_05,
                                MarkedWithoutCode marked = MarkedWithoutCode::refuse) {
  return {.vat = kVat, .marked_without_code = marked, .ffd = ffd};
}

inline std::string joined(const Complaints& complaints) {
  std::string out;
  for (const std::string& complaint : complaints) out += (out.empty() ? "" : "\n") + complaint;
  return out;
}

inline fiscal::Receipt mapped(const Form& form, const MappingSettings& how = settings()) {
  auto receipt = map_receipt(form, how);
  EXPECT_TRUE(receipt.has_value()) << (receipt ? "" : joined(receipt.error()));
  return receipt ? std::move(*receipt) : fiscal::Receipt{};
}

inline std::string refused(const Form& form, const MappingSettings& how = settings()) {
  const auto receipt = map_receipt(form, how);
  EXPECT_FALSE(receipt.has_value());
  return receipt ? "" : joined(receipt.error());
}

}  // namespace kassaflow::bitrix24
