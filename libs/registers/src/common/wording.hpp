#pragma once
// What the words of a register may prove. "Certainly not printed" is a closed list of whole phrases that are known to
// come before the fiscal storage signs; a text says one of them only when every other word of it is known to add
// nothing (exactly-once.md 8). All else leaves the outcome open. Pure. libs/registers/corpus holds the sentences this
// is held to.

#include <cstdint>
#include <string_view>

namespace kassaflow::registers {

enum class Meaning : std::uint8_t {
  unclear,         // not known
  document,        // a word says that a document exists, or that the work was done
  ambiguous,       // printer, paper, link, power, mailing, OFD: says nothing about the storage
  duplicate,       // this order is known already: says nothing about how it ended
  shift_expired,   // from here on certain: not printed
  shift_closed,    //
  shift_open,      // openShift: the state is as wanted
  register_fault,  // storage used up, licence, token, packet: a person must see to the register
  data,            // the receipt itself
};

// Who refuses decides how far back the refusal lies. Each hears what the register hears, and more.
enum class Speaker : std::uint8_t {
  register_itself,   // one command's error: firmware, storage, the driver in front of them
  coded_register,    // the same, beside a number of the table that stands for this meaning
  refused_packet,    // BIT's driver refuses the packet before any command runs (bit-driver.md §7 1)
  refusing_service,  // itkassa refuses a request (itkassa.md §8 "API", "Server validation")
};

// No refusal is found in a text of more words than are read (WordSequence::whole).
[[nodiscard]] Meaning meaning_of(std::string_view utf8, Speaker speaker);

// True for the meanings that prove that nothing was printed.
[[nodiscard]] bool is_refusal(Meaning meaning);

// True when a word, not negated, says that a document exists or that the work was done, or when there are more words
// than are read.
[[nodiscard]] bool says_document(std::string_view utf8);
// True when a text speaks of what is to come ("истекает через", "скоро").
[[nodiscard]] bool says_future(std::string_view utf8);
// True when a text told as success speaks of a failure; errs towards true.
[[nodiscard]] bool denies_success(std::string_view utf8);
// True when the whole text says that there is no such document, and nothing else (itkassa's answer to a question).
[[nodiscard]] bool says_not_found(std::string_view utf8);

}  // namespace kassaflow::registers
