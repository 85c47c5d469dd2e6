#include "contents.hpp"

namespace kassaflow::fiscalizer::journal {

int erase_contents(Transaction& tx, std::chrono::milliseconds age) {
  if (tx.trust(false).stage != Stage::open) return 0;  // what is taken back may need it
  const auto ended = tx.ended_before(age.count(), kErasedTogether);
  tx.erase_contents(ended);
  return static_cast<int>(ended.size());
}

}  // namespace kassaflow::fiscalizer::journal
