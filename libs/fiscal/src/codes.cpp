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

std::optional<SettlementType> settlement_type_from_code(std::int64_t code) {
  return when<SettlementType>(between(code, 1, 4), code);
}

std::optional<Taxation> taxation_from_code(std::int64_t code) {
  return when<Taxation>(code == 1 || code == 2 || code == 4 || code == 16 || code == 32, code);
}

std::optional<Vat> vat_from_code(std::int64_t code) { return when<Vat>(between(code, 1, 12), code); }

std::optional<PaymentMethod> payment_method_from_code(std::int64_t code) {
  return when<PaymentMethod>(between(code, 1, 7), code);
}

std::optional<PaymentSubject> subject_from_code(std::int64_t code) {
  return when<PaymentSubject>(between(code, 1, 27) || between(code, 30, 33), code);
}

std::optional<Ffd> ffd_from_code(std::int64_t code) { return when<Ffd>(code == 2 || code == 4, code); }

bool allowed(PaymentSubject subject, Ffd ffd) {
  const auto number = code(subject);
  if (!subject_from_code(number)) return false;
  return ffd == Ffd::v1_2 ? number != kComposite : number < kPaidOutByBankAgent;
}

bool is_coded(PaymentSubject subject) {
  return subject == PaymentSubject::marked || subject == PaymentSubject::marked_excise;
}

PaymentSubject payment_subject_for(PaymentSubject subject, Ffd ffd) {
  if (ffd == Ffd::v1_2) return subject;
  switch (subject) {
    case PaymentSubject::marked_excise_without_code:
    case PaymentSubject::marked_excise:
      return PaymentSubject::excise;
    case PaymentSubject::marked_without_code:
    case PaymentSubject::marked:
      return PaymentSubject::commodity;
    default:
      return subject;
  }
}

}  // namespace kassaflow::fiscal
