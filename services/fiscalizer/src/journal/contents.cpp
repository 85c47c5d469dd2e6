#include "contents.hpp"

namespace kassaflow::fiscalizer::journal {

int erase_contents(Transaction& tx, std::chrono::milliseconds age) {
  if (tx.trust(false).stage != Stage::open) return 0;  // what is taken back may need it
  const auto ended = tx.ended_before(age.count(), kErasedTogether);
  tx.erase_contents(ended);
  return static_cast<int>(ended.size());
}

int forget_set_aside(Transaction& tx, std::chrono::milliseconds age) {
  return tx.forget_kept(age.count(), kForgottenTogether);
}

}  // namespace kassaflow::fiscalizer::journal
