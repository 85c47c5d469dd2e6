#pragma once
// A secret is a type that cannot be printed: it has no conversion, no stream operator and no formatter.

#include <string>
#include <string_view>
#include <utility>

namespace kassaflow {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  // The one way to the bytes; name it where they leave (a header, a comparison, an encryption).
  [[nodiscard]] const std::string& reveal() const noexcept { return value_; }
  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

  // Constant time in the length of `given`; false when lengths differ.
  [[nodiscard]] bool matches(std::string_view given) const noexcept {
    if (given.size() != value_.size()) return false;
    unsigned char difference = 0;
    for (std::size_t i = 0; i < given.size(); ++i) {
      difference = static_cast<unsigned char>(
          difference | (static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(value_[i])));
    }
    return difference == 0;
  }

 private:
  std::string value_;
};

}  // namespace kassaflow
