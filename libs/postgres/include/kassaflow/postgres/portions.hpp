#pragma once
// A batch for a database that may refuse some of it for its values (exactly-once.md 18). It is stored in one
// transaction; when that is refused for values (kData), each half is, and so on, until what is refused stands alone.
// That one is set aside, in a transaction of its own, and all the others are stored. No other failure sets anything
// aside: the database is away, or busy, or full, and the batch is offered again later.
//
//   Portions portions{std::span(batch)};
//   while (const auto* portion = portions.next()) {
//     if (!portions.settle(store(*portion))) return later;  // *portion is gone
//   }
//
// One refused item of n costs 2 log2(n) transactions. Pure; the batch outlives it.

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kassaflow/base/result.hpp"
#include "kassaflow/postgres/database.hpp"

namespace kassaflow::postgres {

enum class Handling : std::uint8_t {
  take_in,
  set_aside,  // one item alone, which was refused
  keep_bare,  // the same, when setting it aside was refused as well: without anything that is read off it
};

template <class Item>
struct Portion {
  std::span<const Item> items;  // in the order of the batch; never empty
  Handling handling = Handling::take_in;
  std::string refusal = {};  // why the item is not taken in: the first line of what the database said
};

template <class Item>
class Portions {
 public:
  explicit Portions(std::span<const Item> batch) {
    if (!batch.empty()) waiting_.push_back({batch, Handling::take_in, {}});
  }

  // What is stored next; nullptr: all of it is. Valid until settle().
  [[nodiscard]] const Portion<Item>* next() const { return waiting_.empty() ? nullptr : &waiting_.back(); }

  // How storing next() went. False: not for the values of an item; the rest of the batch waits.
  template <class Value>
  [[nodiscard]] bool settle(const Result<Value>& stored) {
    const auto portion = std::move(waiting_.back());
    waiting_.pop_back();
    if (stored) return true;
    if (stored.error().code != kData || portion.handling == Handling::keep_bare) return false;
    if (portion.items.size() > 1) {
      const auto half = portion.items.size() / 2;
      waiting_.push_back({portion.items.subspan(half), Handling::take_in, {}});
      waiting_.push_back({portion.items.first(half), Handling::take_in, {}});
    } else if (portion.handling == Handling::take_in) {
      const auto& message = stored.error().message;
      waiting_.push_back({portion.items, Handling::set_aside, message.substr(0, message.find('\n'))});
    } else {
      waiting_.push_back({portion.items, Handling::keep_bare, portion.refusal});
    }
    return true;
  }

 private:
  std::vector<Portion<Item>> waiting_;  // the next one last
};

}  // namespace kassaflow::postgres
