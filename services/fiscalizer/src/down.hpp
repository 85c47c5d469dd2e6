#pragma once
// Why a register takes no receipts: the label `cause` of kassaflow_register_down. Pure.

#include <cstdint>
#include <string_view>

#include "kassaflow/base/words.hpp"
#include "kassaflow/registers/driver.hpp"

namespace kassaflow::fiscalizer {

enum class Down : std::uint8_t {
  probing,          // it has not answered yet whether it is there
  unreachable,      // no connection to it, or to its cloud
  answer,           // what it answers to the probe is not understood
  credentials,      // its cloud does not take them
  disabled,         // switched off in its cloud
  storage,          // the term of its fiscal storage is over
  licence,          // its cloud's is over
  missing,          // its cloud has no such register
  fault,            // it refuses for a reason of its own: paper, storage, licence; protocols do not tell them apart
  transient,        // it refuses for a reason that passes
  lost_answer,      // its answer to a document was lost
  document,         // its document in the configuration does not say which register it is
  pool,             // its pool is not in force here
  retired,          // it is being deleted
  test_register,    // its document says another kind than it is
  foreign_storage,  // it names a storage that is another register's
  two_uncertain,    // two documents without an answer
  shift,            // its shift cannot be opened or closed
  stopping,         // this worker drives it no more
};
inline constexpr Words<Down, 19> kDowns{{{"probing", Down::probing},
                                         {"unreachable", Down::unreachable},
                                         {"answer", Down::answer},
                                         {"credentials", Down::credentials},
                                         {"disabled", Down::disabled},
                                         {"storage", Down::storage},
                                         {"licence", Down::licence},
                                         {"missing", Down::missing},
                                         {"fault", Down::fault},
                                         {"transient", Down::transient},
                                         {"lost_answer", Down::lost_answer},
                                         {"document", Down::document},
                                         {"pool", Down::pool},
                                         {"retired", Down::retired},
                                         {"test_register", Down::test_register},
                                         {"foreign_storage", Down::foreign_storage},
                                         {"two_uncertain", Down::two_uncertain},
                                         {"shift", Down::shift},
                                         {"stopping", Down::stopping}}};

// Of a probe that says that the register is not up.
[[nodiscard]] constexpr Down down_of(registers::Health::Why why) {
  using Why = registers::Health::Why;
  switch (why) {
    case Why::unreachable:
      return Down::unreachable;
    case Why::answer:
      return Down::answer;
    case Why::credentials:
      return Down::credentials;
    case Why::disabled:
      return Down::disabled;
    case Why::storage:
      return Down::storage;
    case Why::licence:
      return Down::licence;
    case Why::missing:
      return Down::missing;
  }
  never();
}

}  // namespace kassaflow::fiscalizer
