#include <iterator>

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
constexpr Words<Cause, 8> kCauseWords{{
    {"none", Cause::none},
    {"data", Cause::data},
    {"register_fault", Cause::register_fault},
    {"transient", Cause::transient},
    {"shift_expired", Cause::shift_expired},
    {"shift_closed", Cause::shift_closed},
    {"test_register", Cause::test_register},
    {"ambiguous", Cause::ambiguous},
}};

static_assert(kCauseWords.size() == std::size(kCauses));

}  // namespace

std::string_view to_string(Fact fact) { return word_of(kFacts, fact); }
std::string_view to_string(Cause cause) { return word_of(kCauseWords, cause); }
Fact fact_from(std::string_view word) { return value_of(kFacts, word).value_or(Fact::unknown); }
Cause cause_from(std::string_view word) { return value_of(kCauseWords, word).value_or(Cause::none); }

}  // namespace kassaflow::registers
