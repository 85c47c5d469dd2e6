#include "decisions.hpp"

namespace kassaflow::fiscalizer::journal {

namespace {
constexpr int kNewsLimit = 100;   // of a kind, at once
constexpr int kAskedLimit = 200;  // uncertain attempts a register is asked about, the latest
}  // namespace

RegisterMemory remember(Transaction& tx, const RegisterId& register_id, const RegisterIdentity& identity,
                        bool askable) {
  RegisterMemory memory{tx.register_of(identity),
                        tx.retired_at(register_id),
                        tx.open_attempt_of(identity),
                        tx.questions_of(identity),
                        {}};
  if (askable) memory.asked = tx.asked_of(identity, kAskedLimit);
  return memory;
}

News news(Transaction& tx, const std::vector<int>& shards, const std::vector<std::int64_t>& unanswered) {
  return {tx.undecided(shards, kNewsLimit), tx.called_back(shards, kNewsLimit), tx.answered(unanswered)};
}

}  // namespace kassaflow::fiscalizer::journal
