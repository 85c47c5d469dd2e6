#pragma once
// The books: what was posted, what was said of it to whom, and what the ledgers have. Here stands what must be true
// (I1, I2, I3), whoever is to blame: only what a person said wrongly is the person's.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "kassaflow/receipts/machine.hpp"
#include "world.hpp"

namespace kassaflow::simulation {

// A receipt as the merchant's portal and the merchant know it, and what people said of it.
struct Known {
  int number = 0;
  ReceiptId id;
  int cashbox = 0;
  int content = 0;  // which one was posted last; the total tells it, too
  std::int64_t date_create_s = 0;
  std::vector<std::string> posts;  // their ids; accepted

  // What the journal has said.
  std::uint64_t revision = 0;
  receipts::State state = receipts::State::queued;
  std::uint32_t attempts = 0;
  std::set<std::string> covered;  // posts that an outcome has named
  bool was_done = false;

  // What the portal was told, and how many posts there were then.
  receipts::PortalWord told = receipts::PortalWord::wait;
  std::size_t posts_when_told = 0;

  int passed = 0;        // how many that came later were begun before it
  bool decided = false;  // a person decided about it

  // A person's words.
  std::set<std::string> denied;  // keys of attempts that were not printed, it was said
  bool misattributed = false;    // it was printed as another document, it was said
};

class Books {
 public:
  explicit Books(World& world);

  [[nodiscard]] std::map<ReceiptId, Known>& receipts() { return receipts_; }
  [[nodiscard]] Known& at(int number) { return receipts_.at(ReceiptId(receipt_uuid(number))); }
  [[nodiscard]] static std::int64_t total_of(int number, int content) { return 10'000 + 10 * number + content; }
  [[nodiscard]] static std::string digest_of(int number, int content);
  // Of the receipt, in any ledger.
  [[nodiscard]] const std::vector<const Document*>& documents_of(const Known& receipt);
  // Signed for that attempt; null: none is.
  [[nodiscard]] const Document* document_of(const ReceiptId& receipt, std::uint32_t attempt) const;

  // An answer to CHECK_URL, or a push. `posts`: how many had been accepted when the portal asked.
  void told(Known& receipt, receipts::PortalWord word, std::size_t posts);

  // It is done or failed, and the portal was told so.
  [[nodiscard]] static bool portal_knows(const Known& receipt);
  [[nodiscard]] bool all_ended();
  // At the end.
  void judge();

 private:
  void see(const v1::ReceiptOutcome& outcome);
  void see_opened(const ReceiptId& opened, const std::vector<ReceiptId>& queued);
  void read_ledgers();
  void show_ledgers() const;
  void wrong(std::string_view rule, const Known& receipt, const std::string& what) {
    world_.wrong(rule, receipt.number, "receipt " + std::to_string(receipt.number) + " " + what);
  }
  // Of documents that nobody denied.
  [[nodiscard]] std::vector<const Document*> own_documents_of(const Known& receipt);

  World& world_;
  std::map<ReceiptId, Known> receipts_;
  const Known* awaited_ = nullptr;           // one that had not ended when it was last looked
  std::map<std::string, std::size_t> read_;  // rows of the ledgers, by register
  std::map<int, std::vector<const Document*>> documents_;
};

}  // namespace kassaflow::simulation
