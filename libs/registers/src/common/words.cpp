#include "kassaflow/base/words.hpp"

#include "kassaflow/registers/driver.hpp"

namespace kassaflow::registers {

namespace {

constexpr Words<Fact, 5> kFacts{{
    {"printed", Fact::printed},
    {"not_printed", Fact::not_printed},
    {"pending", Fact::pending},
    {"absent", Fact::absent},
    {"unknown", Fact::unknown},
}};
constexpr Words<Cause, 8> kCauses{{
    {"none", Cause::none},
    {"data", Cause::data},
    {"register_fault", Cause::register_fault},
    {"transient", Cause::transient},
    {"shift_expired", Cause::shift_expired},
    {"shift_closed", Cause::shift_closed},
    {"test_register", Cause::test_register},
    {"ambiguous", Cause::ambiguous},
}};

}  // namespace

std::string_view to_string(Fact fact) { return word_of(kFacts, fact); }
std::string_view to_string(Cause cause) { return word_of(kCauses, cause); }
Fact fact_from(std::string_view word) { return value_of(kFacts, word).value_or(Fact::unknown); }
Cause cause_from(std::string_view word) { return value_of(kCauses, word).value_or(Cause::none); }

}  // namespace kassaflow::registers
