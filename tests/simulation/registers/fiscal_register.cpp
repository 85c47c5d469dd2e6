#include "fiscal_register.hpp"

#include <array>
#include <ctime>

#include "kassaflow/base/sha256.hpp"

namespace kassaflow::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto kShiftLongest = 24h;
constexpr std::int64_t kMoscow_s = 3 * 3600;
// The beginnings of storages' numbers: a maker's of real ones, and that of emulators.
constexpr std::string_view kRealStorage = "7380440";
constexpr std::string_view kEmulator = "9999";

// `count` digits that follow from the text alone.
std::string digits_of(const std::string& text, std::size_t count) {
  const Sha256 hash = sha256(text);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8U | hash.at(i);
  std::string digits = std::to_string(value);
  digits.insert(0, 20 - digits.size(), '0');
  return digits.substr(digits.size() - count);
}

// [1077] is an unsigned number of 32 bits, written with ten digits.
std::string sign_of(const std::string& fn, std::uint64_t fd) {
  const Sha256 hash = sha256(fn + "/" + std::to_string(fd));
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8U | hash.at(i);
  const std::string digits = std::to_string(value | 1U);  // zeros are no sign
  return std::string(10 - digits.size(), '0') + digits;
}

std::string qr_of(const Document& document) {
  return "t=" + local_time(document.printed_at_s, "%Y%m%dT%H%M%S") + "&s=" + rubles(document.content.total_kopecks) +
         "&fn=" + document.fn + "&i=" + std::to_string(document.fd) + "&fp=" + document.fp +
         "&n=" + std::to_string(document.content.settlement_type);
}

}  // namespace

FiscalRegister::FiscalRegister(Clock& clock, std::string name, bool test)
    : clock_(clock), name_(std::move(name)), test_(test), registration_number_("000" + digits_of("rnm/" + name_, 13)) {
  insert_storage();
}

void FiscalRegister::insert_storage() {
  const std::string_view beginning = test_ ? kEmulator : kRealStorage;
  fn_ = std::string(beginning) + digits_of(name_ + "/" + std::to_string(storages_++), 16 - beginning.size());
  last_fd_ = 0;
  shift_number_ = receipts_in_shift_ = 0;
  first_of_storage_[fn_] = ledger_.size();
}

FiscalRegister::Shift FiscalRegister::shift() const {
  if (!shift_open_) return Shift::closed;
  return clock_.now() - shift_opened_at_ > kShiftLongest ? Shift::expired : Shift::open;
}

FiscalRegister::Signed FiscalRegister::print(Receipt receipt, Origin origin) {
  if (shift() != Shift::open) return tl::unexpected(shift());
  ++receipts_in_shift_;
  return sign(Document::Kind::receipt, std::move(receipt), std::move(origin));
}

FiscalRegister::Signed FiscalRegister::open_shift(Origin origin) {
  if (shift_open_) return tl::unexpected(Shift::open);
  shift_open_ = true;
  shift_opened_at_ = clock_.now();
  ++shift_number_;
  receipts_in_shift_ = 0;
  return sign(Document::Kind::open_shift, {}, std::move(origin));
}

FiscalRegister::Signed FiscalRegister::close_shift(Origin origin) {
  if (!shift_open_) return tl::unexpected(Shift::closed);
  shift_open_ = false;
  return sign(Document::Kind::close_shift, {}, std::move(origin));
}

void FiscalRegister::print_by_hand(std::int64_t total_kopecks) {
  if (shift() == Shift::expired) close_shift_by_hand();
  if (shift() == Shift::closed) open_shift_by_hand();
  (void)print({1, total_kopecks, {{"за наличные", total_kopecks}}}, {});
}

void FiscalRegister::replace_storage() {
  close_shift_by_hand();
  insert_storage();
}

void FiscalRegister::set_online(bool online) {
  const bool came_back = online && !online_;
  online_ = online;
  if (came_back) when_online_();
}

const Document* FiscalRegister::sign(Document::Kind kind, Receipt receipt, Origin origin) {
  Document& document = ledger_.emplace_back();
  document.fn = fn_;
  document.fd = ++last_fd_;
  document.fp = sign_of(fn_, last_fd_);
  document.kind = kind;
  document.content = std::move(receipt);
  document.origin = std::move(origin);
  document.shift = shift_number_;
  document.receipt_number = receipts_in_shift_;
  document.at = clock_.now();
  document.printed_at_s = clock_.unix_s();
  if (kind == Document::Kind::receipt) document.qr = qr_of(document);
  if (!document.origin.key.empty()) by_key_[document.origin.key].push_back(&document);
  return &document;
}

std::vector<const Document*> FiscalRegister::signed_for(std::string_view key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? std::vector<const Document*>() : found->second;
}

const Document* FiscalRegister::find(std::string_view fn, std::uint64_t fd) const {
  const auto first = first_of_storage_.find(fn);
  if (first == first_of_storage_.end() || fd == 0) return nullptr;
  const std::size_t row = first->second + fd - 1;
  return row < ledger_.size() && ledger_[row].fn == fn ? &ledger_[row] : nullptr;
}

std::string rubles(std::int64_t kopecks) {
  const std::string cents = std::to_string(kopecks % 100);
  return std::to_string(kopecks / 100) + (cents.size() == 1 ? ".0" : ".") + cents;
}

std::string utc_time(std::int64_t unix_s, const char* format) {
  const std::time_t time = unix_s;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

std::string local_time(std::int64_t unix_s, const char* format) { return utc_time(unix_s + kMoscow_s, format); }

}  // namespace kassaflow::simulation
