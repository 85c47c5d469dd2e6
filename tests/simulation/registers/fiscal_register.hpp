#pragma once
// A cash register with its fiscal storage, and the ledger of all it ever signed: the judge of every simulation. A
// storage numbers its documents without gaps; a shift lasts 24 hours by the virtual clock (ffd.md §6).
//
// Numbers, signs and times follow from the name and the clock alone. One thread.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "agenda.hpp"

namespace kassaflow::simulation {

struct Item {
  std::string name;
  std::int64_t total_kopecks = 0;
};

// What a protocol made of the bytes.
struct Receipt {
  int settlement_type = 1;  // [1054]
  std::int64_t total_kopecks = 0;
  std::vector<Item> items;
};

// Who asked for a document; all empty: the cashier, by hand.
struct Origin {
  std::string key;        // idempotency key, order id
  std::string remote_id;  // the name the cloud knows it by
};

// A row of the ledger.
struct Document {
  enum class Kind : std::uint8_t { receipt, open_shift, close_shift };

  std::string fn;
  std::uint64_t fd = 0;
  std::string fp;  // ten digits
  Kind kind = Kind::receipt;
  Receipt content;  // of a receipt
  Origin origin;
  std::uint32_t shift = 0;
  std::uint32_t receipt_number = 0;  // within the shift
  Clock::time_point at;
  std::int64_t printed_at_s = 0;
  std::string qr;  // of a receipt (itkassa.md §12)
};

class FiscalRegister {
 public:
  enum class Shift : std::uint8_t { closed, open, expired };
  using Signed = tl::expected<const Document*, Shift>;  // the error: in which state of the shift it cannot be

  // `test`: without legal force, the storage is an emulator's.
  FiscalRegister(Clock& clock, std::string name, bool test = false);

  Signed print(Receipt receipt, Origin origin);
  Signed open_shift(Origin origin);
  Signed close_shift(Origin origin);

  // What people do. The cashier opens and closes the shift where it takes that.
  void print_by_hand(std::int64_t total_kopecks);
  void open_shift_by_hand() { (void)open_shift({}); }
  void close_shift_by_hand() { (void)close_shift({}); }
  // Another storage is put in, its numbers begin with 1; the shift is closed before, as the law wants.
  void replace_storage();
  void set_online(bool online);
  void set_paper(bool paper) { paper_ = paper; }
  // Called when the link is back; one listener.
  void when_online(std::function<void()> listener) { when_online_ = std::move(listener); }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& fn() const { return fn_; }
  [[nodiscard]] const std::string& registration_number() const { return registration_number_; }
  [[nodiscard]] bool test() const { return test_; }
  [[nodiscard]] std::uint64_t last_fd() const { return last_fd_; }
  [[nodiscard]] std::uint32_t shift_number() const { return shift_number_; }
  [[nodiscard]] Shift shift() const;
  [[nodiscard]] bool online() const { return online_; }
  [[nodiscard]] bool has_paper() const { return paper_; }

  // In the order of signing; rows never move.
  [[nodiscard]] const std::deque<Document>& ledger() const { return ledger_; }
  [[nodiscard]] std::vector<const Document*> signed_for(std::string_view key) const;
  // Null: no storage of this register ever signed it.
  [[nodiscard]] const Document* find(std::string_view fn, std::uint64_t fd) const;

 private:
  const Document* sign(Document::Kind kind, Receipt receipt, Origin origin);
  void insert_storage();

  Clock& clock_;
  std::string name_;
  bool test_;
  std::string registration_number_;
  std::string fn_;
  int storages_ = 0;  // put in so far
  std::uint64_t last_fd_ = 0;
  std::uint32_t shift_number_ = 0;
  std::uint32_t receipts_in_shift_ = 0;
  bool shift_open_ = false;
  Clock::time_point shift_opened_at_{};
  bool online_ = true;
  bool paper_ = true;
  std::function<void()> when_online_ = [] {};
  std::deque<Document> ledger_;
  std::map<std::string, std::vector<const Document*>, std::less<>> by_key_;
  std::map<std::string, std::size_t, std::less<>> first_of_storage_;  // its first row
};

// Of a receipt's money: "1234.50".
[[nodiscard]] std::string rubles(std::int64_t kopecks);

// Unix time on the register's wall, as strftime writes it: registers stand in Moscow, UTC+3.
[[nodiscard]] std::string local_time(std::int64_t unix_s, const char* format);
[[nodiscard]] std::string utc_time(std::int64_t unix_s, const char* format);

}  // namespace kassaflow::simulation
