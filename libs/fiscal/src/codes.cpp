#include "kassaflow/fiscal/codes.hpp"

namespace kassaflow::fiscal {
namespace {

constexpr std::uint8_t kComposite = 12;
constexpr std::uint8_t kPaidOutByBankAgent = 27;

template <class Code>
std::optional<Code> when(bool known, std::int64_t code) {
  if (!known) return std::nullopt;
  return static_cast<Code>(code);
}

bool between(std::int64_t code, std::int64_t first, std::int64_t last) { return code >= first && code <= last; }

}  // namespace

std::optional<Sign> sign_from_code(std::int64_t code) { return when<Sign>(between(code, 1, 4), code); }

std::optional<Taxation> taxation_from_code(std::int64_t code) {
  return when<Taxation>(code == 1 || code == 2 || code == 4 || code == 16 || code == 32, code);
}

std::optional<Vat> vat_from_code(std::int64_t code) { return when<Vat>(between(code, 1, 12), code); }

std::optional<Method> method_from_code(std::int64_t code) { return when<Method>(between(code, 1, 7), code); }

std::optional<Subject> subject_from_code(std::int64_t code) {
  return when<Subject>(between(code, 1, 27) || between(code, 30, 33), code);
}

std::optional<Ffd> ffd_from_code(std::int64_t code) { return when<Ffd>(code == 2 || code == 4, code); }

bool allowed(Subject subject, Ffd ffd) {
  const auto number = code(subject);
  if (!subject_from_code(number)) return false;
  return ffd == Ffd::v1_2 ? number != kComposite : number < kPaidOutByBankAgent;
}

bool is_coded(Subject subject) { return subject == Subject::marked || subject == Subject::marked_excise; }

Subject subject_for(Subject subject, Ffd ffd) {
  if (ffd == Ffd::v1_2) return subject;
  switch (subject) {
    case Subject::marked_excise_without_code:
    case Subject::marked_excise:
      return Subject::excise;
    case Subject::marked_without_code:
    case Subject::marked:
      return Subject::commodity;
    default:
      return subject;
  }
}

}  // namespace kassaflow::fiscal
