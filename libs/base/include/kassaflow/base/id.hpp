#pragma once
// Ids as types of their own: a pool's does not pass for a register's. Nothing is converted by itself; where an id
// comes in (a message, a row, a setting) it is named by its type, where it goes out (a message, SQL, a log line) by
// str().

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace kassaflow {

template <class Tag>
class Id {
 public:
  Id() = default;  // empty
  explicit Id(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] const std::string& str() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

  friend bool operator==(const Id&, const Id&) = default;
  friend std::strong_ordering operator<=>(const Id&, const Id&) = default;

 private:
  std::string text_;
};

// Of the documents that operators write.
using TenantId = Id<struct TenantTag>;
using PoolId = Id<struct PoolTag>;
using RegisterId = Id<struct RegisterTag>;
using InstallationId = Id<struct InstallationTag>;
using CashboxId = Id<struct CashboxTag>;

using RegisterIdentity = Id<struct RegisterIdentityTag>;  // the physical register over all tenants (exactly-once.md 9)
using ReceiptId = Id<struct ReceiptTag>;                  // a UUID (receipts/id.hpp)
using WorkerId = Id<struct WorkerTag>;                    // one process of the fiscalizer

}  // namespace kassaflow

template <class Tag>
struct std::hash<kassaflow::Id<Tag>> {
  std::size_t operator()(const kassaflow::Id<Tag>& id) const noexcept { return std::hash<std::string>()(id.str()); }
};
