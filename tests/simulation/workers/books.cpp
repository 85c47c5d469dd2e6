#include "books.hpp"

#include <algorithm>

#include "kassaflow/records/convert.hpp"

namespace kassaflow::simulation {

using receipts::PortalWord;
using receipts::State;

namespace {

constexpr std::int64_t kFirstTotal = 10'000;
// The registers of a pool, each of which may begin one while another has taken the receipt and gives it back.
constexpr int kPassed = 6;

std::string name_of(const Document& document) {
  return document.fn + "/" + std::to_string(document.fd) + " by " +
         (document.origin.key.empty() ? "hand" : document.origin.key);
}

std::string names_of(const std::vector<const Document*>& documents) {
  std::string list;
  for (const auto* one : documents) list += " " + name_of(*one);
  return list;
}

}  // namespace

Books::Books(World& world) : world_(world) {
  world_.on_outcome = [this](const v1::ReceiptOutcome& outcome) { see(outcome); };
  world_.memory.on_opened = [this](const auto& opened, const auto& queued) { see_opened(opened, queued); };
}

std::string Books::digest_of(int number, int content) {
  return "digest of " + std::to_string(number) + " " + std::to_string(content);
}

void Books::read_ledgers() {
  for (const auto& [name, till] : world_.tills) {
    for (auto& row = read_[name]; row < till.at.ledger().size(); ++row) {
      const auto& document = till.at.ledger()[row];
      const auto total = document.content.total_kopecks - kFirstTotal;
      if (document.kind == Document::Kind::receipt && total > 0) {
        documents_[static_cast<int>(total / 10)].push_back(&document);
      }
    }
  }
}

const std::vector<const Document*>& Books::documents_of(const Known& receipt) {
  read_ledgers();
  return documents_[receipt.number];
}

std::vector<const Document*> Books::own_documents_of(const Known& receipt) {
  auto documents = documents_of(receipt);
  std::erase_if(documents, [&](const auto* one) { return receipt.denied.contains(one->origin.key); });
  return documents;
}

const Document* Books::document_of(const ReceiptId& receipt, std::uint32_t attempt) const {
  for (const auto* protocol : registers::protocols()) {
    const auto key = protocol->attempt_key(receipt.str(), attempt);
    for (const auto& [name, till] : world_.tills) {
      if (const auto found = till.at.signed_for(key); !found.empty()) return found.front();
    }
  }
  return nullptr;
}

// As status does: only a higher revision counts. What is told to the portal must be true then.
void Books::see(const v1::ReceiptOutcome& outcome) {
  const auto found = receipts_.find(ReceiptId(outcome.receipt_id()));
  if (found == receipts_.end()) {
    // A stranger's, taken in by a worker that did not know whose the pool is; a lane that knows holds it (I5).
    if (outcome.state() == v1::RECEIPT_STATE_DONE || outcome.tenant() != kOtherTenant)
      world_.wrong("a stranger prints nothing", 0,
                   "receipt " + outcome.receipt_id() + " is nobody's, and was taken in");
    return;
  }
  auto& known = found->second;
  known.covered.insert(outcome.covered_post_ids().begin(), outcome.covered_post_ids().end());
  if (outcome.revision() <= known.revision) return;
  known.revision = outcome.revision();
  known.state = records::from_record(outcome.state()).value();
  for (const auto& attempt : outcome.attempts()) known.attempts = std::max(known.attempts, attempt.number());
  if (known.was_done && known.state != State::done) wrong("done is terminal", known, "was done and is not any more");
  if (known.state == State::failed && !own_documents_of(known).empty()) {
    wrong("failed is not printed", known, "has failed and is printed:" + names_of(own_documents_of(known)));
  }
  if (known.state != State::done) return;
  known.was_done = true;
  if (known.misattributed) return;
  const auto& documents = documents_of(known);
  const auto& told = outcome.fiscal();
  const bool has_number = !told.fn().empty() && told.fd() > 0;
  const auto its = std::ranges::find_if(
      documents, [&](const auto* document) { return document->fn == told.fn() && document->fd == told.fd(); });
  if (documents.empty() || (has_number && its == documents.end())) {
    wrong("done by its document", known,
          "is done by " + told.fn() + "/" + std::to_string(told.fd()) + ", which no ledger has for it");
  } else if (has_number && known.posts.size() > 1) {
    const auto content = static_cast<int>((*its)->content.total_kopecks % 10);
    if (outcome.content_digest() != digest_of(known.number, content)) {
      wrong("the content that is printed", known,
            "is done by " + name_of(**its) + " with content " + std::to_string(content) +
                ", and the journal's is: " + outcome.content_digest());
    }
  }
}

// I8: receipts of a pool are begun in the order in which they were posted. One that a lane has taken and gives back, or
// begins a little later, is passed by what the pool's other lanes begin meanwhile. Whose place is another one since,
// by a later post or a person, is left out.
void Books::see_opened(const ReceiptId& opened, const std::vector<ReceiptId>& queued) {
  const auto keeps_its_place = [](const Known& receipt) { return receipt.posts.size() == 1 && !receipt.decided; };
  const auto begun = receipts_.find(opened);
  if (begun == receipts_.end() || !keeps_its_place(begun->second)) return;
  for (const auto& id : queued) {
    const auto found = receipts_.find(id);
    if (found == receipts_.end()) continue;
    auto& waits = found->second;
    if (waits.number >= begun->second.number || !keeps_its_place(waits)) continue;
    auto& most = world_.report.figures.passed;
    most = std::max(most, ++waits.passed);
    if (waits.passed == kPassed + 1) {
      wrong("in their order", waits, "waits, and " + std::to_string(waits.passed) + " that came later were begun");
    }
  }
}

void Books::told(Known& receipt, PortalWord word, std::size_t posts) {
  if (word == PortalWord::wait) return;
  if (word == PortalWord::error) {
    const bool covered = std::all_of(receipt.posts.begin(), receipt.posts.begin() + static_cast<std::ptrdiff_t>(posts),
                                     [&](const auto& post) { return receipt.covered.contains(post); });
    if (!covered) wrong("ERROR over a post", receipt, "was called failed over a post that no outcome has named");
    if (!own_documents_of(receipt).empty()) {
      wrong("ERROR is not printed", receipt,
            "was called failed, and is printed:" + names_of(own_documents_of(receipt)));
    }
  }
  if (receipt.told == PortalWord::done && word != PortalWord::done) {
    wrong("DONE is terminal", receipt, "was told DONE, and then something else");
  }
  if (word == PortalWord::done && documents_of(receipt).empty() && !receipt.misattributed) {
    wrong("DONE is printed", receipt, "was called done, and no ledger has it");
  }
  receipt.told = word;
  receipt.posts_when_told = posts;
}

bool Books::portal_knows(const Known& receipt) {
  if (receipt.state == State::done) return receipt.told == PortalWord::done;
  return receipt.state == State::failed && receipt.told == PortalWord::error &&
         receipt.posts_when_told == receipt.posts.size();
}

bool Books::all_ended() {
  if (awaited_ != nullptr && !portal_knows(*awaited_)) return false;
  const auto awaited = std::ranges::find_if_not(receipts_, [](const auto& one) { return portal_knows(one.second); });
  awaited_ = awaited == receipts_.end() ? nullptr : &awaited->second;
  return awaited_ == nullptr;
}

void Books::show_ledgers() const {
  for (const auto& [name, till] : world_.tills) {
    for (const auto& one : till.at.ledger()) {
      const auto at = world_.passed() - (world_.clock.now() - one.at);
      world_.say(name + " has " + name_of(one) + " of " + std::to_string(at / std::chrono::milliseconds(1)) +
                 " ms over " + std::to_string(one.content.total_kopecks));
    }
  }
}

void Books::judge() {
  if (world_.plan.story) show_ledgers();
  for (auto& [id, receipt] : receipts_) {
    const auto all = documents_of(receipt).size();
    const auto documents = own_documents_of(receipt);
    world_.report.figures.documents += static_cast<int>(all);
    if (all > 1 || (all != 1 && receipt.state == State::done) || (all > 0 && receipt.state == State::failed)) {
      ++world_.report.figures.misled;  // or worse: see below
    }
    if (documents.size() > 1) {
      wrong("printed once", receipt,
            "is printed " + std::to_string(documents.size()) + " times:" + names_of(documents));
    }
    if (receipt.state == State::failed && !documents.empty()) {
      wrong("failed is not printed", receipt, "has failed and is printed:" + names_of(documents));
    }
    if (receipt.told == PortalWord::error && receipt.posts.size() == receipt.posts_when_told && !documents.empty()) {
      wrong("ERROR is not printed", receipt, "was called failed, and was printed then:" + names_of(documents));
    }
    if (receipt.state != State::done && receipt.state != State::failed) {
      wrong("everything ends", receipt, "is still " + std::string(to_string(receipt.state)));
    } else if (!portal_knows(receipt)) {
      wrong("everything is told", receipt,
            "is " + std::string(to_string(receipt.state)) + ", and the portal has not heard it");
    }
  }
}

}  // namespace kassaflow::simulation
