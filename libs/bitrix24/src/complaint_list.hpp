#pragma once
// Collects what is wrong with a post, with a limit.

#include <string>
#include <string_view>
#include <utility>

#include "kassaflow/bitrix24/mapping.hpp"

namespace kassaflow::bitrix24 {

class ComplaintList {
 public:
  static constexpr std::size_t kLimit = 100;

  void add(std::string text) {
    if (complaints_.size() < kLimit) complaints_.push_back(std::move(text));
  }
  void add_field(std::string_view field, std::string_view text) {
    add("Поле " + std::string(field) + ": " + std::string(text));
  }
  // "Позиция 2, поле items[1].price: …". The manager counts from 1, the post from 0.
  void add_item(std::size_t index, std::string_view field, std::string_view text) {
    add("Позиция " + std::to_string(index + 1) + ", поле items[" + std::to_string(index) + "]" +
        (field.empty() ? "" : ".") + std::string(field) + ": " + std::string(text));
  }
  void add_payment(std::size_t index, std::string_view field, std::string_view text) {
    add("Оплата " + std::to_string(index + 1) + ", поле payments[" + std::to_string(index) + "]." + std::string(field) +
        ": " + std::string(text));
  }
  [[nodiscard]] bool empty() const { return complaints_.empty(); }
  [[nodiscard]] Complaints take() { return std::move(complaints_); }

 private:
  Complaints complaints_;
};

// Something the portal sent, safe and short enough to be shown.
[[nodiscard]] std::string quoted(std::string_view sent);

}  // namespace kassaflow::bitrix24
