#include "people.hpp"

#include "kassaflow/async/pause.hpp"

namespace kassaflow::simulation {

namespace people = fiscalizer::people;
using receipts::AttemptOutcome;
using receipts::State;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kByHand_kopecks = 5;

// An attempt's key, as its register knows it.
std::string key_of(const World& world, const ReceiptId& receipt, const fiscalizer::AttemptRow& attempt) {
  const auto& till = world.tills.at(attempt.register_id.str());
  return registers::find_protocol(till.bit ? "bit" : "itkassa")->attempt_key(receipt.str(), attempt.number);
}

}  // namespace

People::People(World& world, Books& books)
    : world_(world),
      books_(books),
      cashiers_(world.plan.seed, "cashiers"),
      hardware_(world.plan.seed, "hardware"),
      dice_(world.plan.seed, "operators"),
      whom_(world.plan.seed, "whom they ask") {}

// --- at the registers ---

asio::awaitable<void> People::cashier(FiscalRegister& at) {
  while (world_.posting) {
    co_await async::pause_for(world_.clock, 1min + cashiers_.up_to(20min));
    const auto by_hand = cashiers_.below(4);
    const auto breaks = hardware_.below(6);
    const auto how_long = hardware_.up_to(10min);
    if (world_.suffers(Kind::cashiers)) {
      if (by_hand == 0) {
        world_.say("a cashier prints at " + at.name());
        at.print_by_hand(kByHand_kopecks);
      } else if (by_hand == 1) {
        world_.say("a cashier closes the shift of " + at.name());
        at.close_shift_by_hand();
      } else if (by_hand == 2) {
        world_.say("a cashier opens the shift of " + at.name());
        at.open_shift_by_hand();
      }
    }
    if (!world_.suffers(Kind::hardware)) continue;
    if (breaks == 0) {
      world_.say("the storage of " + at.name() + " is replaced");
      at.replace_storage();
    } else if (breaks == 1) {
      world_.say(at.name() + " goes offline");
      at.set_online(false);
      world_.agenda.after(how_long, [&at] { at.set_online(true); });
    } else if (breaks == 2) {
      world_.say(at.name() + " has no paper");
      at.set_paper(false);
      world_.agenda.after(how_long, [&at] { at.set_paper(true); });
    }
  }
}

// --- with kassactl ---

people::Times People::times() const { return {world_.settings.longest_quiet(), world_.settings.longest_answer()}; }

// What is refused leaves nothing behind. Whoever carries it out tells its own lanes; the others find it in the journal.
bool People::decide(const std::string& what, const Decision& body) {
  const auto askable = world_.running();
  if (askable.empty()) return false;
  auto& worker = *askable[whom_.below(static_cast<std::uint32_t>(askable.size()))];
  Result<people::Done> decided = kassaflow::fail(people::kRefused, "nobody answers");
  const auto stored = worker.store().transact_blocking([&](Transaction& tx) {
    decided = body(tx);
    if (!decided) throw std::runtime_error(decided.error().message);
  });
  world_.say("a person says: " + what + (decided ? "" : ", and is refused: " + decided.error().message) +
             (decided && !stored ? ", and hears no answer" : ""));
  if (!decided || !stored) return false;
  worker.worker().decided(decided->register_id);
  return true;
}

std::vector<std::uint32_t> People::unanswered(const ReceiptId& receipt) {
  std::vector<std::uint32_t> numbers;
  world_.memory.transact([&](Transaction& tx) {
    for (const auto& [id, attempt] : tx.lock_attempts({}, {receipt})) numbers.push_back(attempt.number);
  });
  return numbers;
}

void People::resolve_printed(Known& receipt, std::uint32_t attempt, const Document& document) {
  v1::FiscalDocument typed;
  typed.set_fn(document.fn);
  typed.set_fd(document.fd);
  typed.set_fp(document.fp);
  const auto what = "attempt " + std::to_string(attempt) + " of " + receipt.id.str() + " is printed as " + document.fn +
                    "/" + std::to_string(document.fd);
  receipt.decided = true;
  const bool its_own = books_.document_of(receipt.id, attempt) == &document;
  decide(what, [&](Transaction& tx) {
    auto done = people::resolve_printed(tx, {receipt.id, {"person", {}, {}}, attempt}, typed);
    if (done && !its_own) receipt.misattributed = true;
    return done;
  });
}

void People::resolve_not_printed(Known& receipt, std::uint32_t attempt) {
  receipt.decided = true;
  const auto* const document = books_.document_of(receipt.id, attempt);
  decide("attempt " + std::to_string(attempt) + " of " + receipt.id.str() + " is not printed", [&](Transaction& tx) {
    // What the journal can see of the document: its register has told a later number of the same storage.
    bool contradicted = false;
    std::string key;
    for (const auto& [id, row] : tx.lock_attempts({}, {receipt.id})) {
      if (row.number != attempt) continue;
      key = key_of(world_, receipt.id, row);
      const auto known = tx.register_of(row.identity);
      contradicted = document != nullptr && !row.fn_before.empty() && known.fn == row.fn_before &&
                     document->fn == row.fn_before && row.fd_before < document->fd && document->fd <= known.highest_fd;
    }
    auto done = people::resolve_not_printed(tx, {receipt.id, {"person", {}, {}}, attempt}, times());
    if (!done) return done;
    receipt.denied.insert(key);
    if (contradicted && done->note.find("hold the receipt") == std::string::npos) {
      world_.wrong("a denial is contradicted", receipt.number,
                   "receipt " + std::to_string(receipt.number) + ": a person's \"not printed\" of attempt " +
                       std::to_string(attempt) + " is against the numbers of its register, and nobody said so");
    }
    return done;
  });
}

// With the person's word that nothing was printed.
void People::fail(Known& receipt) {
  receipt.decided = true;
  decide(receipt.id.str() + " has failed", [&](Transaction& tx) {
    std::set<std::string> keys;
    for (const auto& [id, row] : tx.lock_attempts({}, {receipt.id})) keys.insert(key_of(world_, receipt.id, row));
    auto done = people::fail_receipt(tx, {receipt.id, {"person", {}, {}}}, "Покупатель передумал", true, times());
    if (done) receipt.denied.merge(keys);
    return done;
  });
}

void People::retry(const ReceiptId& receipt) {
  books_.receipts().at(receipt).decided = true;
  decide(receipt.str() + " is to be tried again",
         [&](Transaction& tx) { return people::retry(tx, {receipt, {"person", {}, {}}}); });
}

const Document* People::printed_by_hand() {
  std::vector<const Document*> found;
  for (const auto& [name, till] : world_.tills) {
    for (const auto& document : till.at.ledger()) {
      if (document.content.total_kopecks == kByHand_kopecks) found.push_back(&document);
    }
  }
  return found.empty() ? nullptr : dice_.one_of(found);
}

asio::awaitable<void> People::meddle() {
  while (world_.posting) {
    co_await async::pause_for(world_.clock, 5s + dice_.up_to(60s));
    if (!world_.suffers(Kind::people) || world_.is_night() || books_.receipts().empty()) continue;
    const auto count = static_cast<std::uint32_t>(books_.receipts().size());
    // One that stands, or any.
    auto* receipt = &books_.at(1 + static_cast<int>(dice_.below(count)));
    const bool stands = dice_.below(4) != 0;
    for (auto& [id, known] : books_.receipts()) {
      if (stands && (known.state == State::uncertain || known.state == State::held) && dice_.below(3) == 0) {
        receipt = &known;
      }
    }
    const auto what = dice_.below(10);
    if (what == 0) {
      receipt->decided = true;
      decide(receipt->id.str() + " is held",
             [&](Transaction& tx) { return people::hold(tx, {receipt->id, {"person", {}, {}}}, "Проверяем"); });
    } else if (what <= 2) {
      retry(receipt->id);
    } else if (what == 3) {
      fail(*receipt);
    } else if (auto attempts = unanswered(receipt->id); !attempts.empty()) {
      const auto attempt = dice_.one_of(attempts);
      const auto* document = books_.document_of(receipt->id, attempt);
      const bool lies = dice_.below(10) == 0;
      if (lies && document == nullptr)
        document = printed_by_hand();
      else if (lies)
        document = nullptr;
      if (document != nullptr) {
        resolve_printed(*receipt, attempt, *document);
      } else {
        resolve_not_printed(*receipt, attempt);
      }
    }
  }
}

void People::answer_questions() {
  std::vector<std::pair<ReceiptId, std::uint32_t>> asked;
  std::vector<ReceiptId> held;
  world_.memory.transact([&](Transaction& tx) {
    std::set<ReceiptId> ids;
    for (const auto& [id, known] : books_.receipts()) ids.insert(id);
    for (const auto& [id, row] : tx.lock_receipts(ids)) {
      if (row.state == State::held) held.push_back(id);
      for (const auto& [attempt, one] : tx.lock_attempts({}, {id})) {
        // An open one of an uncertain receipt is asked about on and on: the cloud has forgotten it.
        if (one.outcome != AttemptOutcome::open || row.state == State::uncertain) asked.emplace_back(id, one.number);
      }
    }
  });
  for (const auto& [id, number] : asked) {
    auto& receipt = books_.receipts().at(id);
    if (const auto* document = books_.document_of(id, number)) {
      resolve_printed(receipt, number, *document);
    } else {
      resolve_not_printed(receipt, number);
    }
    ++world_.report.figures.resolved;
  }
  for (const auto& id : held) retry(id);
}

}  // namespace kassaflow::simulation
